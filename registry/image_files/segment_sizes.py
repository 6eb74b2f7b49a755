"""What the parts of a TIFF promise that are images themselves: their sizes, read before they are decoded.

A strip of 300 bytes may hold a JPEG of 65535x65535 pixels, whatever the size of the TIFF.
"""

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from registry.image_files import UnreadableImage
from registry.image_files.pillow_files import JP2_SIZES, check_scans

if TYPE_CHECKING:
    from collections.abc import Callable

Sides = tuple[int, int]
"""Width and height."""


def jpeg_size(content: bytes) -> Sides:
    """Return the size in the first frame header of a JPEG, of any process (ITU-T T.81, B.2.2)."""
    place = 2
    while content[place] == 0xFF:
        marker = content[place + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _number(content, place + 7, 2), _number(content, place + 5, 2)
        place += 2 + _number(content, place + 2, 2)
    raise ValueError("a JPEG without a frame")


def jpeg_2000_size(content: bytes) -> Sides:
    """Return the size of the image in a codestream (ITU-T T.800, A.5.1): the far corner less the near one."""
    place = content.index(JP2_SIZES) + 8
    right, bottom, left, top = (_number(content, place + 4 * i, 4) for i in range(4))
    return right - left, bottom - top


def png_size(content: bytes) -> Sides:
    """Return the size of a PNG, whose first chunk it is in."""
    if content[12:16] != b"IHDR":
        raise ValueError("a PNG without a header")
    return _number(content, 16, 4), _number(content, 20, 4)


def webp_size(content: bytes) -> Sides:
    """Return the size of a WebP."""
    return Image.open(BytesIO(content), formats=("WEBP",)).size


def lerc_size(content: bytes) -> Sides:
    """Return the size in the header of LERC 2, which may be packed once more and then does not tell."""
    if content[:6] != b"Lerc2 ":
        raise ValueError("LERC packed once more")
    place = 14 if int.from_bytes(content[6:10], "little") >= 3 else 10  # version 3 added a checksum
    return _number(content, place + 4, 4, "little"), _number(content, place, 4, "little")


def _number(content: bytes, place: int, length: int, order: str = "big") -> int:
    return int.from_bytes(content[place : place + length], order)  # type: ignore[arg-type]


SIZES: "dict[int, Callable[[bytes], Sides]]" = {
    **dict.fromkeys((6, 7, 34892, 33007), jpeg_size),
    **dict.fromkeys((33003, 33004, 33005, 34712), jpeg_2000_size),
    **dict.fromkeys((34927, 50001), webp_size),
    34933: png_size,
    34887: lerc_size,
}
"""By the number of the compression."""
UNKNOWN = {22610: "JPEG XR", 34934: "JPEG XR", 50002: "JPEG XL", 52546: "JPEG XL"}
"""Compressions whose parts do not tell their size to us."""


def segment_size(name: str, compression: int, content: bytes) -> Sides | None:
    """Return the size that a part of a TIFF has by its own header; None: its compression has none.

    Raises:
        UnreadableImage: it has one that cannot be read, so that decoding it could take any amount of memory.
    """
    if what := UNKNOWN.get(compression):
        raise UnreadableImage(f"{name}: TIFF compressed as {what} is not read; save it with LZW or deflate")
    if compression not in SIZES:
        return None
    if SIZES[compression] is jpeg_size:
        check_scans(name, content)
    return SIZES[compression](content)
