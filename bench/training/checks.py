"""What of a recipe cannot be trained here, found out before anything is. Imports no torch by itself."""

from typing import Literal

from registry.errors import BenchError
from registry.recipe import RECONSTRUCTION, Recipe

Stage = Literal["pretext", "training"]
"""An autoencoder's training on pictures alone, and the one on labels."""

NO_LABELS = f"an autoencoder has no labels to learn; give one of the losses {', '.join(RECONSTRUCTION)}"
SAM2_ONLY = (
    "the loss 'focal_dice_iou' belongs to SAM2's own training; give this model loss: cross_entropy or "
    "dice_cross_entropy"
)


def pictures_only(loss: str) -> str:
    """Return the words for a loss of reconstructions where labels are to be learned."""
    return (
        f"the loss '{loss}' compares pictures, and this model learns labels; give loss: cross_entropy or "
        "dice_cross_entropy"
    )


def check_recipe(recipe: Recipe, stage: Stage, device: str, devices: int, *, own_loss: bool = False) -> None:
    """Refuse a recipe that cannot be trained in this stage on `devices` devices from `device` (cpu, cuda, cuda:N) on.

    own_loss: the model's own recipe has the loss focal_dice_iou, so its training can compute it. A recipe of no
    epochs trains nothing, and nothing of it is refused.

    Raises:
        BenchError: the loss is not one of the stage or not one of the model; as `check_devices`.
    """
    if not recipe.epochs:
        return
    compares = recipe.loss in RECONSTRUCTION
    if stage == "pretext" and not compares:
        raise BenchError(NO_LABELS)
    if stage == "training" and compares:
        raise BenchError(pictures_only(recipe.loss))
    if recipe.loss == "focal_dice_iou" and not own_loss:
        raise BenchError(SAM2_ONLY)
    check_devices(recipe, device, devices)


def check_devices(recipe: Recipe, device: str, devices: int) -> None:
    """Refuse a recipe that so many devices cannot train.

    Raises:
        BenchError: fp16 on a CPU; fewer CUDA devices than are to share the work; a batch that cannot be shared.
    """
    first = first_cuda(device)
    if recipe.precision == "fp16" and first is None:
        raise BenchError("precision fp16 trains on CUDA only; give precision: bf16 or fp32")
    if devices == 1:
        return
    if first is not None:
        _check_number(first, device, devices)
    if recipe.batch_size % (devices * recipe.accumulate):
        raise BenchError(
            f"batch_size {recipe.batch_size} cannot be shared by {devices} devices with accumulate "
            f"{recipe.accumulate}; give a multiple of {devices * recipe.accumulate}"
        )


def _check_number(first: int, device: str, devices: int) -> None:
    import torch

    if first + devices > (there := torch.cuda.device_count()):
        raise BenchError(f"{devices} devices from {device}: this machine shows {there} CUDA devices")


def first_cuda(device: str) -> int | None:
    """Return the number of the first CUDA device; None: the CPU."""
    kind, _, number = device.partition(":")
    return int(number or 0) if kind == "cuda" else None
