"""The recipe's optimiser, and the learning rates that follow from the epoch alone."""

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from registry.errors import BenchError
from registry.recipe import Recipe

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
}


def optimizer(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Return the recipe's optimiser for the parameters that require gradients; `sgd` is Nesterov's.

    Raises:
        BenchError: all parameters are frozen.
    """
    trained = [p for p in parameters if p.requires_grad]
    if not trained:
        raise BenchError("all weights of this model are frozen, so there is nothing to train; give train: {epochs: 0}")
    more: dict[str, Any] = {}
    if recipe.optimizer == "sgd":
        more = {"momentum": recipe.momentum, "nesterov": recipe.momentum > 0}
    return OPTIMIZERS[recipe.optimizer](trained, recipe.learning_rate, weight_decay=recipe.weight_decay, **more)


def one_cycle(recipe: Recipe, optimised: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.OneCycleLR:
    """Return a cycle of `steps` steps; it moves Adam's first beta too, but leaves the recipe's momentum alone."""
    cycled = recipe.optimizer != "sgd"
    return torch.optim.lr_scheduler.OneCycleLR(
        optimised, recipe.learning_rate, total_steps=steps, cycle_momentum=cycled
    )


def plateau(recipe: Recipe, optimised: torch.optim.Optimizer) -> torch.optim.lr_scheduler.ReduceLROnPlateau:
    """Return a schedule that lowers the rate when the validation loss no longer falls."""
    return torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimised, patience=recipe.plateau_patience, factor=recipe.plateau_factor
    )


def rate(recipe: Recipe, epoch: int) -> float | None:
    """Return the learning rate of an epoch (from 0); None where it depends on more than that.

    Of E epochs, e done: `poly` is (1 - e/E) ** power, `cosine` (1 + cos(pi e/E)) / 2, each times the initial rate.
    E is always `epochs`, also where `minutes` will end the training before.
    """
    done = epoch / recipe.epochs
    if recipe.schedule == "poly":
        return recipe.learning_rate * math.pow(1 - done, recipe.poly_power)
    if recipe.schedule == "cosine":
        return recipe.learning_rate * (1 + math.cos(math.pi * done)) / 2
    return None
