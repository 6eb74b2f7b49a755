"""Random transforms of training images (albumentations), the mask's labels checked after each of them."""

import random
from functools import partial
from typing import TYPE_CHECKING, Any

import albumentations as A
import numpy as np

from bench.data.integrity import check_labels
from bench.suite.profiles import AugmentationStep, Transform, augmentation_by_class, for_class
from registry.recipe import Augmentation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


class Square(A.CoarseDropout):  # type: ignore[misc]  # albumentations is untyped
    """Black squares inside the image, their edges drawn from the range of heights; the mask keeps its labels."""

    def calculate_hole_dimensions(self, *arguments: Any, **options: Any) -> tuple["Pixels", "Pixels"]:
        """Return one edge as the height and as the width."""
        heights, _ = super().calculate_hole_dimensions(*arguments, **options)
        return heights, heights


class Augmenter:
    """Transforms an image and its mask together, each call a function of its seed and the image's class alone.

    `crop` works on the native image and may bring it to height x width; `warp` works at that size. `foreground` is
    the image's class, which selects the profile where the augmentation has profiles.
    """

    def __init__(self, augmentation: Augmentation, height: int, width: int, classes: int) -> None:
        self.augmentation = augmentation
        by_class = augmentation_by_class(augmentation, height, width)
        self._crops = [composed(one.native, classes) for one in by_class]
        self._warps = [composed(one.sized, classes) for one in by_class]

    def crop(self, image: "Pixels", mask: "Pixels", seed: int, foreground: int = 0) -> tuple["Pixels", "Pixels"]:
        """Return a random crop of a native image uint8 [H, W, 3] and mask uint8 [H, W], or both unchanged."""
        return _apply(for_class(self._crops, foreground), image, mask, 2 * seed)

    def warp(self, image: "Pixels", mask: "Pixels", seed: int, foreground: int = 0) -> tuple["Pixels", "Pixels"]:
        """Return image and mask after flips, movements, bends and changes of light at random, at their own size."""
        return _apply(for_class(self._warps, foreground), image, mask, 2 * seed + 1)


def _apply(steps: A.Compose, image: "Pixels", mask: "Pixels", stream: int) -> tuple["Pixels", "Pixels"]:
    # One stream for all transforms: `set_random_seed` would begin the same one in each of them, and one draw
    # would decide them all.
    steps.set_random_state(np.random.default_rng(stream), random.Random(stream))
    out = steps(image=image, mask=mask)
    return out["image"], out["mask"]


def composed(steps: tuple[AugmentationStep, ...], classes: int) -> A.Compose:
    """Return the steps in order, the mask's labels checked behind each transform."""
    transforms: list[Any] = []
    for step in steps:
        if len(step.choices) == 1:
            transforms += _with_check(step.choices[0], step.chance, classes)
        else:
            transforms.append(
                A.OneOf([A.Sequential(_with_check(one, 1.0, classes), p=1) for one in step.choices], step.chance)
            )
    return A.Compose(transforms)


def _with_check(transform: Transform, chance: float, classes: int) -> list[Any]:
    kind = Square if transform.kind == "Square" else getattr(A, transform.kind)
    check = partial(_check, classes=classes, after=transform.kind)
    return [kind(**transform.options, p=chance), A.Lambda(mask=check, name=f"labels after {transform.kind}")]


def _check(mask: "Pixels", *, classes: int, after: str, **_: Any) -> "Pixels":
    check_labels(mask, classes, f"a training mask after {after}")
    return mask
