"""What happens around Lightning's loop: curves, best weights, the budget, resumable state, progress."""

import os
import time
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from safetensors.torch import save_file

from bench.screen import Task
from bench.storage import mending_os_errors

CURVES = ("epoch", "train_loss", "val_loss", "val_iou", "learning_rate")


class Journal(Callback):
    """Keeps the curves, the best weights so far and the time spent; stops at the budget of minutes."""

    def __init__(self, folder: Path, minutes: float | None, task: Task) -> None:
        self.folder, self.minutes, self.task = folder, minutes, task
        self.curves: dict[str, list[float]] = {name: [] for name in CURVES}
        self.spent, self.stopped_by = 0.0, "epochs"
        self._begin = time.monotonic()

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
        """Return what a resumed training needs to know."""
        return {"curves": self.curves, "spent": self.spent}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an interrupted training."""
        self.curves, self.spent = state["curves"], state["spent"]
        self.task.advance(len(self.curves["epoch"]))

    def on_train_epoch_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Start the clock of an epoch."""
        self._begin = time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Write the epoch down (Lightning has validated by now), keep the best weights, look at the budget."""
        metrics = {name: value.item() for name, value in trainer.callback_metrics.items()}
        metrics |= {
            "epoch": trainer.current_epoch + 1,
            "learning_rate": trainer.optimizers[0].param_groups[0]["lr"],
        }
        for name, curve in self.curves.items():
            curve.append(metrics[name])
        self.spent += time.monotonic() - self._begin
        with mending_os_errors(self.folder):
            if self.best_epoch == len(self.curves["epoch"]):
                self._write(self.best, lambda path: save_file(_weights(module), path))
            self._write(self.resumable, trainer.save_checkpoint)
        if self.minutes is not None and self.spent >= 60 * self.minutes:
            self.stopped_by = "minutes"
            trainer.should_stop = True
        self.task.advance(1, f"val mIoU {metrics['val_iou']:.3f}, loss {metrics['val_loss']:.3f}")

    def _write(self, path: Path, write: Any) -> None:
        temporary = path.with_suffix(".tmp")
        write(temporary)
        os.replace(temporary, path)  # noqa: PTH105 - a killed run must leave the old file or the new one


def _weights(module: lightning.LightningModule) -> dict[str, torch.Tensor]:
    network = module.network
    assert isinstance(network, torch.nn.Module)
    return {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
