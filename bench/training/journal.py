"""What happens around Lightning's loop: curves, best weights, the budget, resumable state, progress."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import lightning
import torch
from lightning.pytorch.callbacks import Callback

from bench.host.screen import Counted
from bench.plan.checkpoints import contents, save_checkpoint
from bench.training.state_file import DamagedStateError, read_state
from registry.recipe import RECONSTRUCTION, Recipe

CURVES = ("epoch", "train_loss", "val_loss", "val_iou", "val_dice", "learning_rate")
MONITORS = {"iou": "val_iou", "foreground_dice": "val_dice", "loss": "val_loss"}

Measured = Mapping[str, float | None]
"""What an epoch measured, by the names in CURVES; None where a value is not finite."""
Follow = Callable[[Measured], None]


class Progress(Protocol):
    """Where finished epochs are reported: a bar, or another process."""

    def advance(self, n: int = 1, note: str | None = None, measured: Measured | None = None) -> None:
        """Add `n` finished epochs; `note`: how the last one went, `measured`: what it adds to the curves."""


class Followed:
    """A bar, and whoever follows the curves."""

    def __init__(self, bar: Counted, follow: Follow | None) -> None:
        self.bar, self.follow = bar, follow

    def advance(self, n: int = 1, note: str | None = None, measured: Measured | None = None) -> None:
        """See `Progress.advance`."""
        self.bar.advance(n, note)
        if measured is not None and self.follow:
            self.follow(measured)


class Journal(Callback):
    """Keeps the curves, the best weights so far and the time spent; stops at the budget or for lack of progress.

    Lightning's own early stopping is not used: it acts after this callback has saved the state.
    In a training on several devices each process has a journal, and that of rank 0 writes.
    """

    def __init__(self, folder: Path, recipe: Recipe, task: Progress) -> None:
        self.folder, self.recipe, self.task = folder, recipe, task
        self.curves: dict[str, list[Any]] = {name: [] for name in _curves(recipe)}
        self.spent = 0.0
        self._begin = time.monotonic()
        self._plateau: torch.optim.lr_scheduler.ReduceLROnPlateau | None = None
        self._resumed: dict[str, Any] | None = None

    @property
    def resumable(self) -> Path:
        """The state after the last finished epoch."""
        return self.folder / "last.ckpt"

    @property
    def best(self) -> Path:
        """The weights of the best epoch, by its number: a kill may come after this file and before `resumable`."""
        return self.folder / f"best-{self.best_epoch}.safetensors"

    @property
    def finished(self) -> int:
        """The number of finished epochs, and so the epoch (from 0) that comes next or is under way."""
        return len(self.curves["epoch"])

    @property
    def scores(self) -> list[float]:
        """The monitored score of each epoch, larger is better; a value that is not finite is the worst."""
        sign = -1 if self.recipe.monitor == "loss" else 1
        return [-math.inf if v is None else sign * v for v in self.curves[MONITORS[self.recipe.monitor]]]

    @property
    def best_epoch(self) -> int:
        """The epoch (from 1) of the best weights; the earliest on a tie."""
        scores = self.scores
        return scores.index(max(scores)) + 1 if scores else 0

    @property
    def epochs_without_progress(self) -> int:
        """How many epochs have passed since the monitored value last grew by more than min_delta."""
        best, waited = -math.inf, 0
        for score in self.scores:
            if score - self.recipe.min_delta > best:
                best, waited = score, 0
            else:
                waited += 1
        return waited

    @property
    def stopped_by(self) -> str:
        """What ends the training, or would if it ended now."""
        patience, minutes = self.recipe.early_stopping, self.recipe.minutes
        if patience is not None and self.epochs_without_progress >= patience:
            return "early stopping"
        return "minutes" if minutes is not None and self.spent >= 60 * minutes else "epochs"

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed training needs to know besides the weights and the optimiser."""
        plateau = self._plateau.state_dict() if self._plateau else None
        return {"curves": self.curves, "spent": self.spent, "plateau": plateau}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an interrupted training."""
        self.curves, self.spent, self._resumed = state["curves"], state["spent"], state

    def reload(self) -> None:
        """Read the state that an interrupted training, or one in other processes, has written.

        Raises:
            DamagedStateError, DamagedCheckpointError: the state or the best weights are not what was written, or do
                not belong together.
        """
        try:
            self.load_state_dict(read_state(self.resumable)["callbacks"][self.state_key])
        except (KeyError, TypeError) as error:
            raise DamagedStateError(f"{self.resumable} is the state of another kind of training") from error
        before = self.folder / "best.safetensors"  # its name in earlier versions
        if before.is_file():
            before.replace(self.best)
        if not self.best.exists():
            raise DamagedStateError(f"{self.resumable} belongs to {self.best.name}, which is gone")
        if contents(self.best).record.get("epoch", self.best_epoch) != self.best_epoch:
            raise DamagedStateError(f"{self.best} has the weights of another epoch")

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Bring the schedule to where it was, before the first epoch of this process."""
        self._plateau = getattr(module, "plateau", None)
        if self._resumed is not None:
            if self._plateau:
                self._plateau.load_state_dict(self._resumed["plateau"])
            if trainer.is_global_zero:
                self.task.advance(self.finished)
                for i in range(self.finished):
                    self.task.advance(0, None, self._measured(i))
        trainer.should_stop = self.stopped_by != "epochs"

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Start the clock of an epoch."""
        assert trainer.current_epoch == self.finished  # the order follows this count, random numbers that one
        self._begin = time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Record the epoch (Lightning has validated by now) and keep all that the next one starts from."""
        metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
        metrics |= {"epoch": trainer.current_epoch + 1, "learning_rate": trainer.optimizers[0].param_groups[0]["lr"]}
        for name, curve in self.curves.items():
            curve.append(metrics[name] if math.isfinite(metrics[name]) else None)
        if self._plateau:
            self._plateau.step(metrics["val_loss"])
        # All devices stop at the same epoch: by the clock of the first one.
        self.spent = trainer.strategy.broadcast(self.spent + time.monotonic() - self._begin)
        trainer.should_stop = self.stopped_by != "epochs"
        self._keep(trainer, module)
        if trainer.is_global_zero:
            shown = {"val mIoU": "val_iou", "loss": "val_loss"}
            self.task.advance(
                1, ", ".join(f"{k} {metrics[v]:.3f}" for k, v in shown.items() if v in metrics), self._measured(-1)
            )

    def _measured(self, i: int) -> Measured:
        return {name: curve[i] for name, curve in self.curves.items()}

    def _keep(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        if trainer.is_global_zero and self.best_epoch == self.finished:
            network = module.network
            assert isinstance(network, torch.nn.Module)
            save_checkpoint(network, self.best, {"epoch": self.best_epoch})
        trainer.save_checkpoint(self.resumable)  # by rank 0; all ranks meet here
        if trainer.is_global_zero:  # not before: until then the state names the earlier best epoch
            for path in set(self.folder.glob("best-*.safetensors")) - {self.best}:
                path.unlink()


def _curves(recipe: Recipe) -> list[str]:
    """Return the names of what is measured in every epoch: a reconstruction has no labels to score."""
    return [name for name in CURVES if recipe.loss not in RECONSTRUCTION or name not in ("val_iou", "val_dice")]
