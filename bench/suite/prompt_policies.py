"""Prompts drawn from the clean ground truth: each image has one, whatever the model, the order or the perturbation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.host.files import digest
from registry.labels import BOX_FROM_GROUND_TRUTH, NO_GROUND_TRUTH, POINT_FROM_GROUND_TRUTH
from registry.prompts import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from bench.data import Sample

VERSION = 1
"""Raised whenever a policy would draw another prompt for the same image."""


@dataclass(frozen=True)
class Policy:
    """One way to prompt: how much of the ground truth it gives away, and the prompt in words.

    place: (sample, key of 16 bytes) -> the prompt; None: this image has no prompt.
    """

    supervision: str
    summary: str
    place: "Callable[[Sample, bytes], Prompt | None]"


def draw(policy: str, sample: "Sample", seed: int) -> Prompt | None:
    """Return the prompt of one image under `policy`, a name in `POLICIES`.

    Args:
        policy: its name.
        sample: the image as decoded, before any perturbation, with its whole mask.
        seed: the suite's.

    The object is the pixels of the image's foreground class; the border (255) does not belong to it. A prompt from
    the ground truth is None for an image without an object. The key of the random numbers is BLAKE2b-128
    of the seed, the image's hash, "prompt", the policy's name and `VERSION`.
    """
    key = bytes.fromhex(digest(seed, sample.image_hash, "prompt", policy, VERSION))
    return POLICIES[policy].place(sample, key)


def _click(x: float, y: float) -> Prompt:
    return Prompt(points=((x, y),), labels=(1,))


def _object_pixels(sample: "Sample") -> "tuple[NDArray[np.intp], NDArray[np.intp]] | None":
    """Return rows and columns of the object's pixels, row by row; None: there is no object."""
    import numpy as np

    rows, columns = np.nonzero(sample.mask == sample.foreground)
    return (rows, columns) if sample.foreground and len(rows) else None


def _image_center(sample: "Sample", _: bytes) -> Prompt:
    height, width = sample.mask.shape
    return _click(width // 2 + 0.5, height // 2 + 0.5)


def _full_box(sample: "Sample", _: bytes) -> Prompt:
    height, width = sample.mask.shape
    return Prompt(box=(0.0, 0.0, float(width), float(height)))


def _gt_centroid(sample: "Sample", _: bytes) -> Prompt | None:
    """Return the mean of the pixels' centres; it may lie outside an object that is not convex."""
    if (pixels := _object_pixels(sample)) is None:
        return None
    rows, columns = pixels
    return _click(float(columns.mean()) + 0.5, float(rows.mean()) + 0.5)


def _gt_random_pixel(sample: "Sample", key: bytes) -> Prompt | None:
    """Return the centre of one of the object's pixels, each as likely as the others but for a part in 2^64 / n."""
    from bench.perturb.streams import Stream

    if (pixels := _object_pixels(sample)) is None:
        return None
    rows, columns = pixels
    low, high = (int(word) & 0xFFFFFFFF for word in Stream([key]).words((2,))[0])
    chosen = (low | high << 32) * len(rows) >> 64
    return _click(float(columns[chosen]) + 0.5, float(rows[chosen]) + 0.5)


def _gt_box(sample: "Sample", _: bytes) -> Prompt | None:
    if (pixels := _object_pixels(sample)) is None:
        return None
    rows, columns = pixels
    left, top = float(columns.min()), float(rows.min())
    return Prompt(box=(left, top, float(columns.max()) + 1, float(rows.max()) + 1))


POLICIES: dict[str, Policy] = {
    "none": Policy(NO_GROUND_TRUTH, "no prompt", lambda *_: None),
    "zero_heatmap": Policy(NO_GROUND_TRUTH, "an empty prompt: a heat map of zeros", lambda *_: Prompt()),
    "image_center": Policy(NO_GROUND_TRUTH, "one click on the image's middle pixel", _image_center),
    "gt_centroid": Policy(POINT_FROM_GROUND_TRUTH, "one click on the mean of the object's pixels", _gt_centroid),
    "gt_random_pixel": Policy(POINT_FROM_GROUND_TRUTH, "one click on a random pixel of the object", _gt_random_pixel),
    "gt_box": Policy(BOX_FROM_GROUND_TRUTH, "the smallest box around the object's pixels", _gt_box),
    "full_box": Policy(NO_GROUND_TRUTH, "a box around the whole image", _full_box),
}
"""Every policy; an entry's `prompts` and a suite's `prompt` name them."""
