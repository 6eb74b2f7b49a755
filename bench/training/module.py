"""The Lightning module: weighted cross-entropy, the recipe's optimiser and schedule, validation mIoU."""

from typing import Any

import lightning
import torch
from torch import Tensor
from torch.nn import functional as F

from bench.counts import confusion
from bench.data import IGNORE
from registry.adapter import TorchSegmenter
from registry.recipe import Recipe

OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


class Training(lightning.LightningModule):
    """Trains the segmenter's network on (input [N, 3, h, w], labels [N, h, w])."""

    def __init__(self, segmenter: TorchSegmenter, recipe: Recipe, classes: int) -> None:
        super().__init__()
        self.network, self.recipe, self.classes = segmenter.network, recipe, classes
        self.canonical = segmenter.canonical
        given = [*recipe.class_weights, *[recipe.class_weights[-1]] * classes][:classes]
        self.register_buffer("weights", torch.tensor(given), persistent=False)
        self._matrix: Tensor | None = None
        self.plateau: torch.optim.lr_scheduler.ReduceLROnPlateau | None = None

    def loss(self, inputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weighted mean cross-entropy over the labelled pixels, and the logits in the data's order."""
        logits = self.canonical(self.network(inputs.contiguous(memory_format=torch.channels_last))).float()
        weights = self.get_buffer("weights")
        total = F.cross_entropy(logits, labels, weights, ignore_index=IGNORE, reduction="sum")
        # The mean over no pixel at all (a batch of border only) is 0, not NaN.
        return total / weights[labels[labels != IGNORE]].sum().clamp_min(1e-9), logits

    def training_step(self, batch: tuple[Tensor, Tensor], _: int) -> Tensor:
        """Return the loss of one batch."""
        loss, _logits = self.loss(*batch)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[0]))
        return loss

    def on_validation_epoch_start(self) -> None:
        """Start counting anew."""
        self._matrix = None

    def validation_step(self, batch: tuple[Tensor, Tensor], _: int) -> None:
        """Count one batch."""
        loss, logits = self.loss(*batch)
        truth = batch[1].to(torch.uint8).flatten(0, 1)
        matrix = confusion(truth, logits.argmax(1).to(torch.uint8).flatten(0, 1), self.classes)
        self._matrix = matrix if self._matrix is None else self._matrix + matrix
        self.log("val_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[0]))

    def on_validation_epoch_end(self) -> None:
        """Log the mIoU over all validation pictures, at the network's input size, border ignored."""
        assert self._matrix is not None
        inner = self._matrix[: self.classes].double()
        union = inner.sum(0) + inner.sum(1) - inner.diag()
        present = union > 0
        self.log("val_iou", (inner.diag()[present] / union[present]).mean().float())

    def configure_optimizers(self) -> Any:
        """Return the recipe's optimiser, and a schedule that steps with it.

        A plateau's schedule is kept in `plateau` and stepped at the end of an epoch by the journal:
        Lightning would step it after the callbacks, too late for the state that they save.
        """
        recipe, rate = self.recipe, self.recipe.learning_rate
        optimizer = OPTIMIZERS[recipe.optimizer](self.network.parameters(), rate, weight_decay=recipe.weight_decay)
        if recipe.schedule == "one_cycle":
            steps = int(self.trainer.estimated_stepping_batches)
            one_cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": one_cycle, "interval": "step"}}
        if recipe.schedule == "plateau":
            self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
                optimizer, patience=recipe.plateau_patience, factor=recipe.plateau_factor
            )
        return optimizer
