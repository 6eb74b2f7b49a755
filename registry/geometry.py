"""Image to network input and back: one place, on any device."""

from typing import TYPE_CHECKING

from torch.nn import functional as F

from registry.segmenter import Geometry, Size

if TYPE_CHECKING:
    from torch import Tensor


def content(geometry: Geometry, size: Size) -> tuple[int, int, int, int]:
    """Return top, left, height and width of an image of `size` inside the network's input.

    >>> content(Geometry(100, 100, "letterbox"), Size(50, 200))
    (37, 0, 25, 100)
    """
    if geometry.mode == "stretch":
        return 0, 0, geometry.height, geometry.width
    scale = min(geometry.height / size.height, geometry.width / size.width)
    height = min(geometry.height, max(1, round(size.height * scale)))
    width = min(geometry.width, max(1, round(size.width * scale)))
    return (geometry.height - height) // 2, (geometry.width - width) // 2, height, width


def resize(image: "Tensor", height: int, width: int) -> "Tensor":
    """Resize float [C, H, W] bilinearly, with anti-aliasing where it shrinks."""
    if image.shape[-2:] == (height, width):
        return image
    return F.interpolate(image[None], (height, width), mode="bilinear", antialias=True)[0]


def to_input(image: "Tensor", geometry: Geometry) -> "Tensor":
    """Bring uint8 [3, H, W] to float [3, h, w] in 0..255; padding is black."""
    top, left, height, width = content(geometry, Size(*image.shape[-2:]))
    inner = resize(image.float(), height, width)
    if (height, width) == (geometry.height, geometry.width):
        return inner
    canvas = inner.new_zeros(len(inner), geometry.height, geometry.width)
    canvas[:, top : top + height, left : left + width] = inner
    return canvas


def mask_to_input(mask: "Tensor", geometry: Geometry, ignore: int = 255) -> "Tensor":
    """Bring a label map uint8 [H, W] to the network's input by nearest neighbour; padding is ignored."""
    top, left, height, width = content(geometry, Size(*mask.shape[-2:]))
    inner = F.interpolate(mask[None, None].float(), (height, width), mode="nearest-exact")[0, 0].to(mask.dtype)
    canvas = mask.new_full((geometry.height, geometry.width), ignore)
    canvas[top : top + height, left : left + width] = inner
    return canvas


def from_input(scores: "Tensor", geometry: Geometry, seen: Size, wanted: Size) -> "Tensor":
    """Undo the geometry: scores [C, h, w] of an image of size `seen` become float32 [C, H, W] of `wanted`.

    The padding is cut off first; then the scores, not the labels, are resized bilinearly.
    """
    rows, columns = scores.shape[-2:]
    top, left, height, width = content(Geometry(rows, columns, geometry.mode), seen)
    inner = scores[:, top : top + height, left : left + width].float()
    if inner.shape[-2:] == tuple(wanted):
        return inner
    return F.interpolate(inner[None], tuple(wanted), mode="bilinear", align_corners=False)[0]
