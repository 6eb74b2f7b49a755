"""Random transforms of training pictures (albumentations), the mask's labels checked after each of them.

The transforms are those of the Edinburgh report: horizontal flip, rotation, random resized crop,
elastic transform, grid distortion. It gives no strengths; those below are our choice.
"""

from functools import partial
from typing import TYPE_CHECKING, Any

import albumentations as A
import cv2

from bench.data._integrity import check_labels
from registry.recipe import Augmentation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]

_NEAREST = {"mask_interpolation": cv2.INTER_NEAREST}
_REFLECTED = {"border_mode": cv2.BORDER_REFLECT_101, **_NEAREST}


class Augmenter:
    """Transforms a picture and its mask together, each call a function of its seed alone.

    `crop` works on the native picture and may bring it to height x width; `warp` works at that size.
    """

    def __init__(self, chances: Augmentation, height: int, width: int, classes: int) -> None:
        crop = A.RandomResizedCrop(
            (height, width), scale=(0.5, 1.0), area_for_downscale="image", p=chances.crop, **_NEAREST
        )
        warps = [
            A.HorizontalFlip(p=chances.flip),
            A.Rotate((-15, 15), p=chances.rotate, **_REFLECTED),
            A.ElasticTransform(alpha=40, sigma=6, p=chances.elastic, **_REFLECTED),
            A.GridDistortion(num_steps=5, distort_limit=0.2, p=chances.grid, **_REFLECTED),
        ]
        self._crop = _checked([crop], classes)
        self._warp = _checked(warps, classes)

    def crop(self, image: "Picture", mask: "Picture", seed: int) -> tuple["Picture", "Picture"]:
        """Return a random crop of a native picture uint8 [H, W, 3] and mask uint8 [H, W], or both unchanged."""
        return _apply(self._crop, image, mask, seed)

    def warp(self, image: "Picture", mask: "Picture", seed: int) -> tuple["Picture", "Picture"]:
        """Return picture and mask flipped, rotated and distorted at random, at their own size."""
        return _apply(self._warp, image, mask, seed)


def _checked(transforms: list[Any], classes: int) -> A.Compose:
    """Return the transforms in order, the mask's labels checked behind each one."""
    steps: list[Any] = []
    for transform in transforms:
        check = partial(_check, classes=classes, after=type(transform).__name__)
        steps += [transform, A.Lambda(mask=check, name=f"labels after {type(transform).__name__}")]
    return A.Compose(steps)


def _check(mask: "Picture", *, classes: int, after: str, **_: Any) -> "Picture":
    check_labels(mask, classes, f"a training mask after {after}")
    return mask


def _apply(steps: A.Compose, image: "Picture", mask: "Picture", seed: int) -> tuple["Picture", "Picture"]:
    steps.set_random_seed(seed)
    out = steps(image=image, mask=mask)
    return out["image"], out["mask"]
