"""Image files to arrays: by content, whatever the extension, to RGB uint8 by stated rules.

* grey: three equal channels; palette: its colours; CMYK, YCbCr and other spaces: Pillow's conversion
* 16 bits: v / 257, rounded to nearest; so 0 -> 0 and 65535 -> 255
* transparency: composited over white
* EXIF orientation: applied
* animations and multi-page files: the first frame
* 32-bit integers and floats have no stated range: unreadable
"""

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from bench.data.interface import UnreadableImage

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

# `max_pixels` is the limit here, and it is checked before decoding. Pillow's own would warn from 89 million
# pixels on and refuse from 179 million, whatever the user allows.
Image.MAX_IMAGE_PIXELS = None

# What Pillow's decoders raise on damaged files.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
)
# MPO comes with JPEG. No EPS or the like, which would start another program.
FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
ORIENTATION, BITS_PER_SAMPLE = 274, 258  # tag numbers of EXIF and TIFF
PNG_BIT_DEPTH = 24  # its offset: the signature (8), length and name of IHDR (8), width and height (8)


def read_image(path: "Path", max_pixels: int) -> "NDArray[np.uint8]":
    """Return the image at `path` as RGB uint8 [H, W, 3].

    Raises:
        UnreadableImage: missing, empty, damaged, truncated, above `max_pixels`, or 32 bits a channel.
    """
    content = _content(path)
    image = _decoded(path, content, max_pixels)
    pixels = _from_deep(path, content, image) if _is_deep(content, image) else _from_pillow(path, image)
    return np.array(oriented(pixels, _orientation(image)), order="C")  # a copy: Pillow's is read-only


def read_mask(path: "Path", max_pixels: int, *, colours: bool = False) -> "NDArray[np.uint8]":
    """Return a mask's stored values, uint8: palette indices or grey values [H, W], else colours [H, W, 3].

    With `colours` a palette is expanded and grey repeated, so that the result is always [H, W, 3].

    Raises:
        UnreadableImage: as for `read_image`, or a label above 255.
    """
    image = _decoded(path, _content(path), max_pixels)
    if colours or image.mode not in ("1", "L", "P", "LA", "PA", "I", "I;16", "I;16B"):
        return np.array(image.convert("RGB"))
    values = np.asarray(image.getchannel(0) if len(image.getbands()) > 1 else image)
    if values.size and (values.min() < 0 or values.max() > 255):
        raise UnreadableImage(f"{path.name}: a label of {values.max()} does not fit into 0..255")
    return values.astype(np.uint8)


def mask_palette(path: "Path", max_pixels: int) -> "NDArray[np.uint8] | None":
    """Return the colours [n, 3] of a palette mask's indices 0..n-1; None for a mask of another type.

    Raises:
        UnreadableImage: as for `read_image`.
    """
    palette = _decoded(path, _content(path), max_pixels).getpalette("RGB")
    return None if palette is None else np.array(palette, np.uint8).reshape(-1, 3)


def _content(path: "Path") -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableImage(f"{path.name}: {(error.strerror or 'unreadable').lower()}") from error
    if not content:
        raise UnreadableImage(f"{path.name}: the file is empty")
    return content


def _decoded(path: "Path", content: bytes, max_pixels: int) -> Image.Image:
    """Return the image, fully decoded; its size is checked before that."""
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
        width, height = image.size
        if width * height <= max_pixels:
            image.load()
            return image
    except UnidentifiedImageError:
        raise UnreadableImage(f"{path.name}: not an image") from None
    except DAMAGE as error:
        raise UnreadableImage(f"{path.name}: damaged, {' '.join(str(error).split())[:120]}") from error
    raise UnreadableImage(f"{path.name}: {width}x{height} is above max_pixels = {max_pixels}")


def _is_deep(content: bytes, image: Image.Image) -> bool:
    """Return whether the file has 16 bits a channel, which Pillow would cut to the high byte."""
    if image.format == "PNG":
        return content[PNG_BIT_DEPTH] == 16
    tags: Any = getattr(image, "tag_v2", {})
    return image.mode.startswith("I;16") or max(tags.get(BITS_PER_SAMPLE, (8,))) > 8


def _from_deep(path: "Path", content: bytes, image: Image.Image) -> "NDArray[np.uint8]":
    """Return a 16-bit image as RGB, by v / 257 rounded to nearest: (v + 128) // 257."""
    import cv2

    if image.mode.startswith("I;16"):
        values: Any = np.asarray(image)
    else:
        values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype.kind != "u" or values.dtype.itemsize != 2:
        raise UnreadableImage(f"{path.name}: 32-bit pixels have no stated range")
    narrow: NDArray[np.uint8] = ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if narrow.ndim == 2:
        return np.repeat(narrow[..., None], 3, axis=2)
    if narrow.shape[2] == 4:
        return _over_white(narrow[..., [2, 1, 0, 3]])  # OpenCV keeps blue first
    return narrow[..., ::-1]


def _from_pillow(path: "Path", image: Image.Image) -> "NDArray[np.uint8]":
    if image.mode in ("I", "F"):
        raise UnreadableImage(f"{path.name}: 32-bit pixels have no stated range")
    if image.has_transparency_data:
        return _over_white(np.asarray(image.convert("RGBA")))
    return np.asarray(image.convert("RGB"))


def _over_white(rgba: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Return colour x alpha + white x (1 - alpha), rounded to nearest."""
    wide = rgba.astype(np.uint16)  # 255 x 255 + 127 still fits
    alpha = wide[..., 3:]
    over: NDArray[np.uint8] = ((wide[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
    return over


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; damaged metadata do not cost the image."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except DAMAGE:
        return 1


def oriented(pixels: "NDArray[np.uint8]", orientation: int) -> "NDArray[np.uint8]":
    """Return `pixels` turned as EXIF orientation 1..8 demands; other values mean "as stored".

    The orientation names where the stored row 0 and column 0 belong (EXIF 2.3, tag 0x0112).
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
