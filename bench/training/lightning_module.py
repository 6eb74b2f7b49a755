"""The Lightning module: one pass of the segmenter, the recipe's optimiser and schedule, validation scores."""

from typing import Any

import lightning
import torch
from torch import Tensor

from bench.host.files import digest
from bench.metrics.counts import confusion
from bench.training import optimisation
from bench.training.frozen_features import FrozenFeatures, applies, room
from bench.training.losses import objective
from registry.adapter import Batch, Pass, TorchSegmenter
from registry.recipe import RECONSTRUCTION, Recipe

Loaded = tuple[Tensor, Tensor, Tensor]
"""Inputs float [N, 3, h, w], labels int64 [N, h, w] and the images' places int64 [N]."""


class TrainingModule(lightning.LightningModule):
    """Trains the segmenter's network; random numbers follow from the seed, the epoch and the batch."""

    def __init__(self, segmenter: TorchSegmenter, recipe: Recipe, seed: int = 0, *, background: bool = True) -> None:
        super().__init__()
        self.segmenter, self.network, self.recipe, self.seed = segmenter, segmenter.network, recipe, seed
        self.objective, self.background = objective(recipe), background
        self.plateau: torch.optim.lr_scheduler.ReduceLROnPlateau | None = None
        self._matrix: Tensor | None = None
        self._frozen: FrozenFeatures | None = None

    def setup(self, stage: str) -> None:
        """Keep the frozen part's features, where they are the same in every epoch."""
        if applies(self.network, self.recipe):
            self._frozen = FrozenFeatures(self.network, room(self.trainer.world_size))

    def on_train_epoch_start(self) -> None:
        """Set the learning rate, where it follows from the epoch."""
        rate = optimisation.rate(self.recipe, self.current_epoch)
        if rate is not None:
            for group in self.trainer.optimizers[0].param_groups:
                group["lr"] = rate

    def training_step(self, batch: Loaded, number: int) -> Tensor:
        """Return the loss of one batch; it depends on no process's past, so a resumed training draws the same."""
        part = number * self.trainer.world_size + self.global_rank
        torch.manual_seed(_seed("network", self.seed, self.current_epoch, part))
        generator = torch.Generator().manual_seed(_seed(self.seed, self.current_epoch, part))
        loss = self._pass(batch, generator).loss
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(batch[0]), sync_dist=True)
        return loss

    def on_validation_epoch_start(self) -> None:
        """Start counting anew."""
        self._matrix = None
        self._losses = torch.zeros(2, device=self.device)

    def validation_step(self, batch: Loaded, _: int) -> None:
        """Count one batch; a reconstruction has a loss alone."""
        mine = own(batch, self.global_rank, self.trainer.world_size)
        n = len(mine[0])
        if not n:
            return
        loss, logits, labels = self._pass(mine, None)
        self._losses += torch.stack([loss * n, torch.full_like(loss, n)])
        if self.recipe.loss in RECONSTRUCTION:
            return
        ground_truth = labels.to(torch.uint8).flatten(0, 1)
        matrix = confusion(ground_truth, logits.argmax(1).to(torch.uint8).flatten(0, 1), logits.shape[1])
        self._matrix = matrix if self._matrix is None else self._matrix + matrix

    def on_validation_epoch_end(self) -> None:
        """Log loss and scores over all validation images of all devices, at the network's input size.

        val_loss is the mean over the images, each with the loss of its batch. val_iou is the mean over the classes,
        val_dice the mean over those other than the background, border ignored; a class that is neither in the
        ground truth nor predicted is left out.
        """
        # Not by Lightning's `sync_dist`: it takes the mean of the processes' numbers of images as an integer.
        total, n = self.trainer.strategy.reduce(self._losses, reduce_op="sum")
        self.log("val_loss", total / n)
        if self._matrix is None:
            return
        inner = self.trainer.strategy.reduce(self._matrix, reduce_op="sum")[:-1].double()
        hits, both = inner.diag(), inner.sum(0) + inner.sum(1)
        union = both - hits
        present = union > 0
        self.log("val_iou", (hits[present] / union[present]).mean().float())
        self.log("val_dice", (2 * hits[present] / both[present])[int(self.background and present[0]) :].mean().float())

    def configure_optimizers(self) -> Any:
        """Return the recipe's optimiser, and a schedule that steps with it.

        A plateau's schedule is kept in `plateau` and stepped at the end of an epoch by the journal:
        Lightning would step it after the callbacks, too late for the state that they save.
        """
        optimizer = optimisation.optimizer(self.recipe, self.network.parameters())
        if self.recipe.schedule == "one_cycle":
            schedule = optimisation.one_cycle(self.recipe, optimizer, int(self.trainer.estimated_stepping_batches))
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
        if self.recipe.schedule == "plateau":
            self.plateau = optimisation.plateau(self.recipe, optimizer)
        return optimizer

    def _pass(self, batch: Loaded, generator: torch.Generator | None) -> Pass:
        inputs, labels, index = batch
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        known = self._frozen(inputs, index, self.training) if self._frozen else None
        return self.segmenter.training_pass(Batch(inputs, labels, index, generator, known), self.objective)


def own(batch: Loaded, rank: int, world: int) -> Loaded:
    """Return the part of a validation batch that belongs to process `rank` of `world`: every world-th image.

    The sampler adds others, so that all processes take equally many steps.
    """
    if world == 1:
        return batch
    mine = batch[2] % world == rank
    inputs, labels, index = (part[mine] for part in batch)
    return inputs, labels, index


def _seed(*parts: int | str) -> int:
    """Return a seed that torch takes, a function of the parts."""
    return int(digest(*parts)[:15], 16)
