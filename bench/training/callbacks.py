"""What happens around Lightning's loop: curves, best weights, the budget, resumable state, progress."""

import time
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback

from bench.checkpoints import serialised
from bench.screen import Task
from bench.storage import atomic_path, write_atomic
from registry.recipe import Recipe

CURVES = ("epoch", "train_loss", "val_loss", "val_iou", "learning_rate")


class Journal(Callback):
    """Keeps the curves, the best weights so far and the time spent; stops at the budget or for lack of progress.

    Lightning's own early stopping is not used: it takes its step after this callback has saved the state.
    """

    def __init__(self, folder: Path, recipe: Recipe, task: Task) -> None:
        self.folder, self.recipe, self.task = folder, recipe, task
        self.curves: dict[str, list[float]] = {name: [] for name in CURVES}
        self.spent, self.stopped_by = 0.0, "epochs"
        self._begin = time.monotonic()
        self._plateau: torch.optim.lr_scheduler.ReduceLROnPlateau | None = None
        self._resumed: dict[str, Any] | None = None

    @property
    def resumable(self) -> Path:
        """The state after the last finished epoch."""
        return self.folder / "last.ckpt"

    @property
    def best(self) -> Path:
        """The weights of the epoch with the best validation mIoU."""
        return self.folder / "best.safetensors"

    @property
    def best_epoch(self) -> int:
        """The epoch (from 1) of the best weights; the earliest on a tie."""
        scores = self.curves["val_iou"]
        return scores.index(max(scores)) + 1 if scores else 0

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed training needs to know besides the weights and the optimiser."""
        plateau = self._plateau.state_dict() if self._plateau else None
        return {"curves": self.curves, "spent": self.spent, "plateau": plateau, "random": torch.get_rng_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an interrupted training."""
        self.curves, self.spent, self._resumed = state["curves"], state["spent"], state
        self.task.advance(len(self.curves["epoch"]))

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Bring schedule and random state to where they were, before the first epoch of this process."""
        self._plateau = getattr(module, "plateau", None)
        if self._resumed is not None:
            torch.set_rng_state(self._resumed["random"])
            if self._plateau:
                self._plateau.load_state_dict(self._resumed["plateau"])
        self._stop_if_due(trainer)

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Start the clock of an epoch."""
        self._begin = time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Write the epoch down (Lightning has validated by now) and keep all that the next one starts from."""
        metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
        metrics |= {"epoch": trainer.current_epoch + 1, "learning_rate": trainer.optimizers[0].param_groups[0]["lr"]}
        for name, curve in self.curves.items():
            curve.append(metrics[name])
        if self._plateau:
            self._plateau.step(metrics["val_loss"])
        if self.best_epoch == len(self.curves["epoch"]):
            network = module.network
            assert isinstance(network, torch.nn.Module)
            write_atomic(self.best, serialised(network))
        self.spent += time.monotonic() - self._begin
        self._stop_if_due(trainer)
        with atomic_path(self.resumable) as temporary:
            trainer.save_checkpoint(temporary)
        self.task.advance(1, f"val mIoU {metrics['val_iou']:.3f}, loss {metrics['val_loss']:.3f}")

    def _stop_if_due(self, trainer: lightning.Trainer) -> None:
        patience, minutes, epochs = self.recipe.early_stopping, self.recipe.minutes, len(self.curves["epoch"])
        if patience is not None and epochs - self.best_epoch >= patience:
            self.stopped_by = "early stopping"
        elif minutes is not None and self.spent >= 60 * minutes:
            self.stopped_by = "minutes"
        trainer.should_stop = self.stopped_by != "epochs"
