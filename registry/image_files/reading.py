"""Image files to arrays: by content, whatever the extension. docs/data.md has the rules as tables."""

from typing import TYPE_CHECKING, Any

import numpy as np

from registry.errors import BenchError
from registry.image_files import UnreadableImage
from registry.image_files.pillow_files import DAMAGE, read_with_pillow
from registry.image_files.stored import Stored, narrowed, oriented
from registry.image_files.tiff_files import SIGNATURES, read_tiff
from registry.regular_files import read_regular
from registry.remarks import remark

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BYTES_A_PIXEL, SMALL_FILE = 16, 1 << 28
"""No file has more bytes for each of its pixels, but for metadata, for which there is always room."""
TRANSPARENT = "the mask is not opaque everywhere; its alpha is ignored: save it without alpha to be sure"
WHITE_AS_ZERO = (
    "the mask is a TIFF with white as zero; its labels are the stored values (as tifffile reads it), and readers that "
    "invert (Pillow, OpenCV) get others: save it with black as zero, or list what is shown with `colours:`"
)
SHOWN_INVERTED = (
    "the mask is a TIFF with white as zero; its colours are those that are shown (Pillow, OpenCV), and tifffile "
    "returns the inverse: save it with black as zero to be sure"
)


def read_stored(path: "Path", max_pixels: int) -> Stored:
    """Return what the file at `path` holds, not turned; its size is checked before decoding.

    Raises:
        UnreadableImage: missing, empty, damaged, truncated, above `max_pixels`, of several images, no image.
    """
    content = _content(path, max_pixels)
    try:
        read = read_tiff if content[:4] in SIGNATURES else read_with_pillow
        return read(path.name, content, max_pixels)
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise UnreadableImage(f"{path.name}: damaged, {reason}") from error


def _content(path: "Path", max_pixels: int) -> bytes:
    try:
        content = read_regular(path, max(BYTES_A_PIXEL * max_pixels, SMALL_FILE))
    except OSError as error:
        raise UnreadableImage(f"{path.name}: {(error.strerror or 'unreadable').lower()}") from error
    if not content:
        raise UnreadableImage(f"{path.name}: the file is empty")
    return content


def read_image(path: "Path", max_pixels: int) -> "NDArray[np.uint8]":
    """Return the image at `path` as RGB uint8 [H, W, 3], upright, over white where it is transparent.

    Raises:
        UnreadableImage: as for `read_stored`, or samples without a stated range (32 bits, signed, float).
    """
    stored = read_stored(path, max_pixels)
    return upright(as_image(stored, path), stored.orientation)


def read_mask(path: "Path", max_pixels: int, *, colours: bool = False) -> "NDArray[np.uint8]":
    """Return a mask's labels uint8 [H, W], or its colours [H, W, 3] where it has some; upright by its own tag.

    Labels are the stored samples, palette indices, or the value of three equal channels. With `colours` a palette is
    expanded and grey repeated, so that the result is always [H, W, 3].

    Raises:
        UnreadableImage: as for `read_stored`.
        BenchError: what is stored cannot be labels: floats, below 0, above 255, changed by JPEG, a GIF in colours.
    """
    stored = read_stored(path, max_pixels)
    return upright(as_mask(stored, path, colours=colours), stored.orientation)


def upright(pixels: "NDArray[np.uint8]", orientation: int) -> "NDArray[np.uint8]":
    """Return a copy in order of memory, turned as its tag says (Pillow's arrays are read-only)."""
    return np.array(oriented(pixels, orientation), order="C")


def as_image(stored: Stored, path: "Path") -> "NDArray[np.uint8]":
    """Return what is shown, RGB uint8 [H, W, 3], over white, not turned.

    Raises:
        UnreadableImage: the samples have no stated range.
    """
    colours = _shown(stored, path)
    if stored.alpha is None:
        return colours
    return _over_white(colours, stored.alpha[..., None], premultiplied=stored.premultiplied)


def as_mask(stored: Stored, path: "Path", *, colours: bool) -> "NDArray[np.uint8]":
    """Return labels or colours as `read_mask` does, not turned.

    Raises:
        UnreadableImage: colours without a stated range.
        BenchError: what is stored cannot be labels.
    """
    if stored.alpha is not None and stored.palette is None and (stored.alpha < 255).any():
        remark(TRANSPARENT)
    if colours:
        if stored.white_is_zero:
            remark(SHOWN_INVERTED)
        return _exactly_shown(stored, path)
    if stored.white_is_zero and not stored.software.startswith("tifffile"):  # it writes True as black, for one
        remark(WHITE_AS_ZERO)
    return _labels(stored, path)


def _labels(stored: Stored, path: "Path") -> "NDArray[np.uint8]":
    """Return the stored numbers [H, W]; colours [H, W, 3] where channels differ."""
    values = stored.values
    if stored.inexact:
        raise BenchError(
            f"{path}: {stored.inexact}, so the mask holds no exact labels; give a PNG, or `colours:` and `tolerance:` "
            "to take the nearest colour"
        )
    if stored.renumbered and stored.palette is not None:
        values = _shown(stored, path)
    if values.ndim == 3:
        if (values[..., :1] != values[..., 1:]).any():
            return _exactly_shown(stored, path)
        values = values[..., 0]
    if values.dtype.kind not in "ui":
        raise BenchError(f"{path}: the mask holds {values.dtype} numbers; save its labels as whole numbers, 0 to 255")
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 255:
        raise BenchError(
            f"{path}: a label of {low if low < 0 else high} in the mask; labels are 0 to 255: save it as 8 bits, "
            "255 where no class counts"
        )
    return values.astype(np.uint8)


def _shown(stored: Stored, path: "Path") -> "NDArray[np.uint8]":
    """Return RGB uint8 [H, W, 3] without regard to alpha."""
    values, top = stored.values, stored.top
    if stored.palette is not None:
        palette = np.zeros((int(values.max()) + 1, 3), np.uint8)  # indices behind the palette's end are black
        palette[: len(stored.palette)] = stored.palette[: len(palette)]
        colours: NDArray[np.uint8] = palette[values]
        return colours
    if top is None:
        raise UnreadableImage(
            f"{path.name}: {values.dtype} pixels have no stated range; save 8 or 16 bits without sign"
        )
    narrow = narrowed(top - values if stored.white_is_zero else values, top)
    return narrow if narrow.ndim == 3 else np.repeat(narrow[..., None], 3, axis=2)


def _exactly_shown(stored: Stored, path: "Path") -> "NDArray[np.uint8]":
    """Return the colours of a mask, refusing those of 16 bits that rounding would change."""
    colours = _shown(stored, path)
    top = stored.top or 255
    if stored.palette is None and top > 255 and not stored.inexact:
        shown = top - stored.values if stored.white_is_zero else stored.values
        if (shown.astype(np.uint32) * 255 % top).any():
            raise BenchError(
                f"{path}: colours of {top.bit_length()} bits that are not colours of 8 bits; save the mask as 8-bit RGB"
            )
    return colours


def _over_white(
    colours: "NDArray[np.uint8]", opacity: "NDArray[np.uint8]", *, premultiplied: bool
) -> "NDArray[np.uint8]":
    """Return colour x alpha + white x (1 - alpha), rounded to nearest."""
    alpha: Any = opacity.astype(np.uint16)  # 255 x 255 + 127 still fits
    if premultiplied:
        over = np.minimum(colours + (255 - alpha), 255)
    else:
        over = (colours * alpha + 255 * (255 - alpha) + 127) // 255
    narrow: NDArray[np.uint8] = over.astype(np.uint8)
    return narrow
