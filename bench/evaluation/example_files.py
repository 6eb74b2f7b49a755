"""The image files of examples: image, ground truth, prediction, errors and confidence in one, small enough to show."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from bench.evaluation.preparation import PreparedImage
from bench.host.files import atomic_path
from bench.record.example_index import GAP, ExampleImage
from registry.labels import IGNORE
from registry.palette import ERRORS, IGNORE_COLOUR, class_colour, rgb

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Pixels = NDArray[np.uint8]

CLICKED = {1: (0, 160, 60), 0: (210, 30, 30)}
MAX_SIDE = 320  # pixels of a panel: enough to judge a mask by eye, small enough for a thousand of them
MAX_MAPS = 3
"""Classes of which each has a confidence map of its own; of more there is the winner's map alone."""
_WEBP = {"quality": 80, "method": 1}
"""Encoded by the hundred: a tenth larger than at the encoder's best, in half the time."""


def small_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return width and height at which an image of `shape` (height first) is stored: its longer side fits."""
    scale = min(1.0, MAX_SIDE / max(shape))
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


def small_mask(mask: "Pixels", native: tuple[int, ...]) -> "Pixels":
    """Return a label map uint8 [H, W] at the stored size of an image of size `native`, by nearest neighbour."""
    return np.asarray(cv2.resize(mask, small_size(native), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def small_photo(image: "Tensor", native: tuple[int, ...]) -> "Pixels":
    """Return a uint8 RGB tensor [3, H, W] as an array [h, w, 3] at the stored size of an image of size `native`."""
    return _small_array(image.permute(1, 2, 0).contiguous().cpu().numpy(), native)


def _small_array(pixels: "Pixels", native: tuple[int, ...]) -> "Pixels":
    return np.asarray(cv2.resize(pixels, small_size(native), interpolation=cv2.INTER_AREA), np.uint8)


def confidence_maps(shares: "Tensor | None", native: tuple[int, ...]) -> "Pixels | None":
    """Return confidence as uint8 [1, h, w] (255: certain) at the stored size: of the class that wins each pixel.

    Up to `MAX_MAPS` classes it is [1 + C, h, w]: the winner's, then each class's. None where there is nothing to
    see: the model has hard masks, or its shares are 0 and 1 alone.

    shares: class probabilities, float32 [C, H, W].
    """
    if shares is None or bool(((winner := shares.amax(0)) == 1).all()):
        return None
    planes = [winner, *(shares if len(shares) <= MAX_MAPS else ())]
    size = small_size(native)
    small = [cv2.resize(plane.cpu().numpy(), size, interpolation=cv2.INTER_AREA) for plane in planes]
    return np.asarray(np.clip(np.stack(small), 0, 1) * 255, np.uint8)


def write_example(
    folder: Path,
    stem: str,
    prepared: PreparedImage,
    labels: "Pixels",
    confidence: "Pixels | None",
    classes: Sequence[str],
    *,
    background: bool = True,
) -> ExampleImage:
    """Write one example below `folder` as one image, its panels side by side.

    labels: the prediction, uint8 [h, w] at the stored size; confidence: as `confidence_maps` returns it.
    background: whether class 0 is one.
    """
    mask = prepared.sample.mask
    ground_truth, photo = small_mask(mask, mask.shape), small_photo(prepared.image, mask.shape)
    colours = _class_colours(len(classes))
    panels = {
        "image": _with_prompt(photo, prepared),
        "ground truth": colours[ground_truth],
        "prediction": colours[labels],
        "errors": error_map(photo, ground_truth, labels, background=background),
    }
    if not np.array_equal(photo, clean := _small_array(prepared.sample.image, mask.shape)):
        panels = {"clean image": clean} | panels
    titles = ("confidence", *(f"confidence {name}" for name in classes))
    maps = () if confidence is None else confidence
    panels |= {title: _viridis(one) for title, one in zip(titles, maps, strict=False)}
    return ExampleImage(file=save_image(folder, stem, side_by_side(list(panels.values()))), panels=tuple(panels))


def side_by_side(panels: "Sequence[Pixels]") -> "Pixels":
    """Return images uint8 [h, w, 3] of one size as one, each with a white gap at its right."""
    gap = np.full((len(panels[0]), GAP, 3), 255, np.uint8)
    return np.concatenate([part for panel in panels for part in (panel, gap)], axis=1)


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


def save_image(folder: Path, stem: str, image: "Pixels") -> str:
    """Write an RGB image, uint8 [H, W, 3], as WebP and return its name relative to the run's folder."""
    # Atomic: under --fresh an image replaces one of a finished cell, and a killed run must not leave a part of it.
    # Not flushed: there are hundreds, and no number is read from them.
    with atomic_path(folder / f"{stem}.webp", flush=False) as temporary:
        Image.fromarray(image).save(temporary, "webp", **_WEBP)
    return f"{folder.name}/{stem}.webp"


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


def _viridis(share: "Pixels") -> "Pixels":
    return np.asarray(cv2.applyColorMap(share, cv2.COLORMAP_VIRIDIS)[..., ::-1], np.uint8)
