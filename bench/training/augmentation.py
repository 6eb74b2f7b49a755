"""Random transforms of training pictures (albumentations), the mask's labels checked after each of them."""

import random
from functools import partial
from typing import TYPE_CHECKING, Any

import albumentations as A
import numpy as np

from bench.data.integrity import check_labels
from bench.suite.profiles import Step, Transform, families, for_class
from registry.recipe import Augmentation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]


class Square(A.CoarseDropout):  # type: ignore[misc]  # albumentations is untyped
    """Black squares inside the picture, their edges drawn from the range of heights; the mask keeps its labels."""

    def calculate_hole_dimensions(self, *arguments: Any, **options: Any) -> tuple["Picture", "Picture"]:
        """Return one edge as the height and as the width."""
        heights, _ = super().calculate_hole_dimensions(*arguments, **options)
        return heights, heights


class Augmenter:
    """Transforms a picture and its mask together, each call a function of its seed and the picture's class alone.

    `crop` works on the native picture and may bring it to height x width; `warp` works at that size. `foreground` is
    the picture's class, which decides where the augmentation has profiles.
    """

    def __init__(self, augmentation: Augmentation, height: int, width: int, classes: int) -> None:
        self.augmentation = augmentation
        by_class = families(augmentation, height, width)
        self._crops = [_checked(family.native, classes) for family in by_class]
        self._warps = [_checked(family.sized, classes) for family in by_class]

    def crop(self, image: "Picture", mask: "Picture", seed: int, foreground: int = 0) -> tuple["Picture", "Picture"]:
        """Return a random crop of a native picture uint8 [H, W, 3] and mask uint8 [H, W], or both unchanged."""
        return _apply(for_class(self._crops, foreground), image, mask, 2 * seed)

    def warp(self, image: "Picture", mask: "Picture", seed: int, foreground: int = 0) -> tuple["Picture", "Picture"]:
        """Return picture and mask flipped, moved, bent and lit at random, at their own size."""
        return _apply(for_class(self._warps, foreground), image, mask, 2 * seed + 1)


def _apply(steps: A.Compose, image: "Picture", mask: "Picture", stream: int) -> tuple["Picture", "Picture"]:
    # One stream for all transforms: `set_random_seed` would begin the same one in each of them, and one draw
    # would decide them all.
    steps.set_random_state(np.random.default_rng(stream), random.Random(stream))
    out = steps(image=image, mask=mask)
    return out["image"], out["mask"]


def _checked(steps: tuple[Step, ...], classes: int) -> A.Compose:
    """Return the steps in order, the mask's labels checked behind each transform."""
    made: list[Any] = []
    for step in steps:
        if len(step.choices) == 1:
            made += _with_check(step.choices[0], step.chance, classes)
        else:
            made.append(
                A.OneOf([A.Sequential(_with_check(one, 1.0, classes), p=1) for one in step.choices], step.chance)
            )
    return A.Compose(made)


def _with_check(transform: Transform, chance: float, classes: int) -> list[Any]:
    kind = Square if transform.kind == "Square" else getattr(A, transform.kind)
    check = partial(_check, classes=classes, after=transform.kind)
    return [kind(**transform.options, p=chance), A.Lambda(mask=check, name=f"labels after {transform.kind}")]


def _check(mask: "Picture", *, classes: int, after: str, **_: Any) -> "Picture":
    check_labels(mask, classes, f"a training mask after {after}")
    return mask
