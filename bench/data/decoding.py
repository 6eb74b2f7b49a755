"""An image and its mask, both upright: which of them the camera's orientation tag is about."""

from typing import TYPE_CHECKING

import numpy as np

from registry.image_files.reading import as_image, as_mask, read_stored, upright
from registry.remarks import remark

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

TURNED = "only the image has an orientation tag that fits the sizes, so the mask is turned as the image is; check it"
UNSURE = (
    "the orientation tags of image and mask differ and the sizes cannot tell; each is turned by its own tag, none "
    "meaning as stored: check it, and give both the same tag or none"
)


def read_pair(
    image: "Path", mask: "Path", max_pixels: int, *, colours: bool = False
) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
    """Return an image as `read_image` does, and its mask as `read_mask` does.

    The mask is turned by its own tag. Where that does not give the image's size and the image's tag does, the image's
    tag counts. Doubtful cases are remarked.

    Raises:
        UnreadableImage, BenchError: as those two.
    """
    picture = read_stored(image, max_pixels)
    pixels = upright(as_image(picture, image), picture.orientation)
    stored = read_stored(mask, max_pixels)
    values = as_mask(stored, mask, colours=colours)
    own = upright(values, stored.orientation)
    if stored.orientation == picture.orientation:
        return pixels, own
    other, size = upright(values, picture.orientation), pixels.shape[:2]
    if other.shape[:2] != size or np.array_equal(own, other):
        return pixels, own
    if own.shape[:2] != size:
        remark(TURNED)
        return pixels, other
    remark(UNSURE)
    return pixels, own
