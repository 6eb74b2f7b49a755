"""What of a recipe cannot be trained here, found before any training starts. Imports no torch by itself."""

from typing import Literal

from bench.host.devices import first_cuda
from registry.errors import BenchError
from registry.recipe import RECONSTRUCTION, Recipe
from registry.segmenter import Geometry

Stage = Literal["pretext", "training"]
"""An autoencoder's training on images alone, and the one on labels."""

WINDOW = 11  # the side of the SSIM's Gaussian, in pixels
WINDOWED = ("mse_ssim", "mse_ssim_perceptual")
NO_LABELS = f"an autoencoder has no labels to learn; give one of the losses {', '.join(RECONSTRUCTION)}"
SAM2_ONLY = (
    "the loss 'focal_dice_iou' belongs to SAM2's own training; give this model loss: cross_entropy or "
    "dice_cross_entropy"
)


def images_only(loss: str) -> str:
    """Return the message for a loss of reconstructions where labels are to be learned."""
    return (
        f"the loss '{loss}' compares images, and this model learns labels; give loss: cross_entropy or "
        "dice_cross_entropy"
    )


def loss_fault(recipe: Recipe, stage: Stage, default: Recipe) -> str | None:
    """Return why the recipe's loss cannot train a model in this stage; None: it can.

    default: the model's own recipe; where its loss is focal_dice_iou, the model computes that and no other. A
    recipe of no epochs trains nothing, and nothing of it is wrong.
    """
    if not recipe.epochs:
        return None
    compares = recipe.loss in RECONSTRUCTION
    if stage == "pretext":
        return None if compares else NO_LABELS
    if compares:
        return images_only(recipe.loss)
    if default.loss != "focal_dice_iou":
        return SAM2_ONLY if recipe.loss == "focal_dice_iou" else None
    changed = [key for key in ("loss", "class_weights") if getattr(recipe, key) != getattr(default, key)]
    return f"SAM2's training has a loss of its own, focal_dice_iou; remove {' and '.join(changed)}" if changed else None


def check_shape(recipe: Recipe, classes: int, geometry: Geometry | None) -> None:
    """Refuse what of a recipe does not fit the number of classes or the size of the network's input.

    Raises:
        BenchError: more values than classes, or an input smaller than the window of the SSIM.
    """
    given = {"class_weights": recipe.class_weights, "augmentation.profiles": recipe.augmentation.profiles}
    for key, values in (given | {"augmentation.copies": recipe.augmentation.copies}).items():
        if not isinstance(values, str) and len(values) > classes:
            raise BenchError(f"{key} has {len(values)} values for {classes} classes; give {classes} at the most")
    if recipe.loss in WINDOWED and geometry and min(geometry[:2]) < WINDOW:
        raise BenchError(f"the loss '{recipe.loss}' needs inputs of {WINDOW} x {WINDOW} pixels or more; raise size")


def check_devices(recipe: Recipe, device: str, devices: int) -> None:
    """Refuse a recipe that so many devices cannot train.

    A recipe of no epochs trains nothing, and nothing of it is refused.

    Raises:
        BenchError: fp16 on a CPU; fewer CUDA devices than are to share the work; a batch that cannot be shared.
    """
    if not recipe.epochs:
        return
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
