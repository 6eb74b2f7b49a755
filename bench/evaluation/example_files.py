"""The image files of examples: input, ground truth, prediction, errors and confidence, small enough for a report."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from bench.evaluation.preparation import PreparedImage
from bench.host.files import atomic_path
from bench.record.example_index import ExampleFiles
from registry.labels import IGNORE
from registry.palette import ERRORS, IGNORE_COLOUR, class_colour, rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Pixels = NDArray[np.uint8]
    Format = tuple[str, dict[str, int]]

CLICKED = {1: (0, 160, 60), 0: (210, 30, 30)}
MAX_SIDE = 320  # pixels: enough to judge a mask by eye, small enough for a thousand of them
PHOTO, FLAT = (".webp", {"quality": 80, "method": 1}), (".png", {"compress_level": 3})
"""Encoded by the thousand: a tenth larger than at the encoders' best, in half the time."""


def small_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return width and height at which an image of `shape` (height first) is stored: its longer side fits."""
    scale = min(1.0, MAX_SIDE / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


def small_mask(mask: "Pixels", native: tuple[int, ...]) -> "Pixels":
    """Return a label map uint8 [H, W] at the stored size of an image of size `native`, by nearest neighbour."""
    return np.asarray(cv2.resize(mask, small_size(native), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def small_photo(image: "Tensor", native: tuple[int, ...]) -> "Pixels":
    """Return a uint8 RGB tensor [3, H, W] as an array [h, w, 3] at the stored size of an image of size `native`."""
    pixels = image.permute(1, 2, 0).contiguous().cpu().numpy()
    return np.asarray(cv2.resize(pixels, small_size(native), interpolation=cv2.INTER_AREA), np.uint8)


def small_shares(shares: "Tensor", native: tuple[int, ...]) -> "Pixels":
    """Return class probabilities float32 [C, H, W] as uint8 [C, h, w] (255: certain) at the stored size."""
    size = small_size(native)
    planes = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in shares.cpu().numpy()]
    return np.asarray(np.clip(np.stack(planes), 0, 1) * 255, np.uint8)


def write_example(
    folder: Path,
    stem: str,
    prepared: PreparedImage,
    labels: "Pixels",
    confidence: "Pixels | None",
    classes: Sequence[str],
    *,
    background: bool = True,
) -> ExampleFiles:
    """Write one example's images below `folder` and return their names.

    labels: the prediction, uint8 [h, w] at the stored size; confidence: uint8 [C, h, w], None for hard masks.
    background: whether class 0 is one.
    """
    mask = prepared.sample.mask
    ground_truth, photo = small_mask(mask, mask.shape), small_photo(prepared.image, mask.shape)
    colours = _class_colours(len(classes))
    names = enumerate(classes) if confidence is not None else ()
    return ExampleFiles(
        input=save_image(folder, f"{stem}-input", _with_prompt(photo, prepared), PHOTO),
        truth=save_image(folder, f"{stem}-truth", colours[ground_truth], FLAT),
        prediction=save_image(folder, f"{stem}-prediction", colours[labels], FLAT),
        error=save_image(folder, f"{stem}-error", error_map(photo, ground_truth, labels, background=background), PHOTO),
        confidence={
            name: save_image(folder, f"{stem}-confidence-{i}", _confidence_map(confidence[i]), PHOTO)
            for i, name in names
            if confidence is not None
        },
    )


def error_map(photo: "Pixels", ground_truth: "Pixels", labels: "Pixels", *, background: bool = True) -> "Pixels":
    """Blend the kinds of error half over the image; border pixels and true background stay as they are.

    photo: uint8 RGB [H, W, 3]; ground_truth, labels: uint8 [H, W]; 255 in ground_truth is the border.
    background: whether class 0 is one; else a pixel is correct or of the wrong class.
    """
    valid = ground_truth != IGNORE
    foreground, predicted = (np.full(m.shape, True) if not background else m != 0 for m in (ground_truth, labels))
    kinds = {
        "correct": valid & foreground & (labels == ground_truth),
        "false positive": valid & ~foreground & predicted,
        "false negative": valid & foreground & ~predicted,
        "wrong class": valid & foreground & predicted & (labels != ground_truth),
    }
    out = photo.copy()
    for name, where in kinds.items():
        out[where] = (out[where].astype(np.uint16) + np.array(rgb(ERRORS[name]), np.uint16)) // 2
    return out


def save_image(folder: Path, stem: str, image: "Pixels", file_format: "Format") -> str:
    """Write an RGB image, uint8 [H, W, 3], and return its name relative to the run's folder."""
    suffix, options = file_format
    # Atomic: under --fresh an image replaces one of a finished cell, and a killed run must not leave a part of it.
    # Not flushed: there are thousands, and no number is read from them.
    with atomic_path(folder / f"{stem}{suffix}", flush=False) as temporary:
        Image.fromarray(image).save(temporary, suffix[1:], **options)
    return f"{folder.name}/{stem}{suffix}"


def _class_colours(classes: int) -> "Pixels":
    """Return a look-up table uint8 [256, 3] from label to colour."""
    table = np.zeros((256, 3), np.uint8)
    table[:classes] = [rgb(class_colour(i)) for i in range(classes)]
    table[IGNORE] = rgb(IGNORE_COLOUR)
    return table


def _with_prompt(photo: "Pixels", prepared: PreparedImage) -> "Pixels":
    """Draw a prompt's points (on the object green, not on it red) and its box over a small image."""
    prompt, out = prepared.prompt, photo.copy()
    if prompt is None:
        return out
    scale = photo.shape[1] / prepared.image.shape[-1]
    if prompt.box is not None:
        left, top, right, bottom = (round(side * scale) for side in prompt.box)
        cv2.rectangle(out, (left, top), (right - 1, bottom - 1), CLICKED[1], 2)
    for (x, y), label in zip(prompt.points, prompt.labels, strict=True):
        cv2.circle(out, (int(x * scale), int(y * scale)), 6, (255, 255, 255), cv2.FILLED, cv2.LINE_AA)
        cv2.circle(out, (int(x * scale), int(y * scale)), 4, CLICKED[label], cv2.FILLED, cv2.LINE_AA)
    return out


def _confidence_map(share: "Pixels") -> "Pixels":
    return np.asarray(cv2.applyColorMap(share, cv2.COLORMAP_VIRIDIS)[..., ::-1], np.uint8)
