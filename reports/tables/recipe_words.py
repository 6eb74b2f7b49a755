"""A training's recipe in words, from the plain values that a checkpoint keeps."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.record.model_record import TrainingRecord

_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}
_LOSSES = {
    "cross_entropy": "cross-entropy",
    "dice_cross_entropy": "Dice + cross-entropy",
    "focal_dice_iou": "focal + Dice + predicted IoU",
    "mse": "mean squared error",
    "mse_ssim": "mean squared error + SSIM",
    "mse_ssim_perceptual": "mean squared error + SSIM + perceptual distance",
}
_MONITORS = {"iou": "mIoU", "foreground_dice": "foreground Dice", "loss": "loss"}
_DRAWN = ("flip", "rotate", "crop", "elastic", "grid")


def recipe_words(training: "TrainingRecord") -> dict[str, str]:
    """Return the parts of a recipe by name, in words; parts that the record does not hold are left out.

    Keys of the recipe that this version does not know are not in it: the page prints the whole recipe beside it.
    """
    parts = {name: words_of(training.recipe) for name, words_of in _PARTS.items()}
    return {name: text for name, text in parts.items() if text}


def _optimizer(recipe: dict[str, Any]) -> str:
    if "optimizer" not in recipe:
        return ""
    name = recipe["optimizer"]
    words = [_OPTIMIZERS.get(name, str(name))]
    keys = {"learning_rate": "learning rate", "weight_decay": "weight decay"}
    keys |= {"momentum": "Nesterov momentum"} if name == "sgd" else {}
    words += [f"{words} {recipe[key]:g}" for key, words in keys.items() if key in recipe]
    words += [f"gradients clipped to a norm of {recipe['gradient_clip']:g}"] if recipe.get("gradient_clip") else []
    return ", ".join(words)


def _schedule(recipe: dict[str, Any]) -> str:
    epochs = f" over {recipe.get('epochs', '?')} epochs"
    patience = f"times {recipe.get('plateau_factor', '?')} after {recipe.get('plateau_patience', '?')} epochs"
    known = {
        "plateau": f"{patience} without a better validation loss",
        "one_cycle": f"one cycle{epochs}",
        "poly": f"polynomial decay with power {recipe.get('poly_power', '?')}{epochs}",
        "cosine": f"cosine decay{epochs}",
        "constant": "constant",
    }
    return known.get(recipe.get("schedule", ""), str(recipe.get("schedule", "")))


def _loss(recipe: dict[str, Any]) -> str:
    weights = recipe.get("class_weights", (1.0,))
    # Before there was a choice of losses it was the cross-entropy.
    loss = recipe.get("loss", "cross_entropy" if "class_weights" in recipe else "")
    words = [_LOSSES.get(loss, str(loss))]
    if weights == "inverse_frequency":
        words.append("classes weighted by their inverse frequency in the batch")
    elif len(set(weights)) > 1:
        words.append(f"class weights {', '.join(f'{weight:g}' for weight in weights)}, the last one for all others")
    border = recipe.get("border", "ignore")
    words += [f"border pixels count as {border}"] if border != "ignore" else []
    return "; ".join(words)


def _batch(recipe: dict[str, Any]) -> str:
    if "batch_size" not in recipe:
        return ""
    parts = recipe.get("accumulate", 1)
    return f"{recipe['batch_size']} images{f' in {parts} parts' if parts > 1 else ''}, {recipe.get('precision', '')}"


def _kept(recipe: dict[str, Any]) -> str:
    if "epochs" not in recipe:
        return ""
    monitor = _MONITORS.get(recipe.get("monitor", "iou"), str(recipe.get("monitor")))
    patience = recipe.get("early_stopping")
    stops = f"; stops after {patience} epochs without a better one" if patience else ""
    return f"the epoch of the best validation {monitor}{stops}"


def _augmentation(recipe: dict[str, Any]) -> str:
    chosen = recipe.get("augmentation")
    if not isinstance(chosen, dict):
        return ""
    if chosen.get("profiles"):
        words = [f"profiles per class {', '.join(chosen['profiles'])}"]
    else:
        words = [f"{name} {chosen[name]:g}" for name in _DRAWN if chosen.get(name)]
    if chosen.get("copies"):
        words.append(f"copies per class {', '.join(map(str, chosen['copies']))}, besides the image itself")
    return ", ".join(words) or "none"


_PARTS: "dict[str, Callable[[dict[str, Any]], str]]" = {
    "Optimizer": _optimizer,
    "Learning rate": _schedule,
    "Loss": _loss,
    "Batch": _batch,
    "Kept": _kept,
    "Augmentation": _augmentation,
}
