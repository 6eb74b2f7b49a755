"""What an image file holds, before anybody decides what it means."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from registry.image_files import UnreadableImage

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Stored:
    """The samples of a file as they are stored: not turned, not inverted, not scaled."""

    values: "NDArray[Any]"
    """[H, W] grey samples or indices of `palette`; [H, W, 3] red, green, blue."""
    top: int | None = 255
    """The sample of full brightness, 2^bits - 1; None where the type has none: signed, 32 bits, float."""
    palette: "NDArray[np.uint8] | None" = None
    """The colours [n, 3] of the indices."""
    alpha: "NDArray[np.uint8] | None" = None
    """Opacity [H, W], 0..255."""
    premultiplied: bool = False
    """The colours are already multiplied by alpha (TIFF: associated alpha)."""
    white_is_zero: bool = False
    """A TIFF whose 0 is shown white."""
    orientation: int = 1
    """EXIF orientation 1..8; other values mean "as stored"."""
    inexact: str = ""
    """Why the samples may not be those that were written: "JPEG changes values"."""
    renumbered: bool = False
    """The format's writers number a palette anew (GIF)."""
    software: str = ""
    """The program that wrote it, where the file says so."""


def check_size(name: str, width: int, height: int, max_pixels: int) -> None:
    """Raise before anything is decoded.

    Raises:
        UnreadableImage: the image has more than `max_pixels`.
    """
    if width * height > max_pixels:
        raise UnreadableImage(f"{name}: {width}x{height} is above max_pixels = {max_pixels}")


def check_single(name: str, count: int, what: str) -> None:
    """Raise unless a file holds one image.

    Raises:
        UnreadableImage: it holds several; nobody can know which one counts.
    """
    if count != 1:
        raise UnreadableImage(f"{name}: it has {count} {what} where one image is expected; save the one that counts")


def narrowed(values: "NDArray[Any]", top: int) -> "NDArray[np.uint8]":
    """Return samples 0..top as 0..255: v x 255 / top, rounded to nearest (PNG specification, 12.5)."""
    if top == 255:
        return values.astype(np.uint8, copy=False)
    table = (np.arange(top + 1, dtype=np.uint32) * 255 + top // 2) // top
    narrow: NDArray[np.uint8] = table.astype(np.uint8)[values]
    return narrow


def oriented(pixels: "NDArray[Any]", orientation: int) -> "NDArray[Any]":
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
