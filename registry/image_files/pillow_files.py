"""Every format but TIFF, read by Pillow; PNG and JPEG 2000 of other depths by their own libraries.

Pillow cuts colours of 16 bits to the high byte, and in JPEG 2000 rounds the brightest of them to 0.
"""

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from registry.image_files import UnreadableImage
from registry.image_files.stored import Stored, check_single, check_size, narrowed

if TYPE_CHECKING:
    from numpy.typing import NDArray

# `max_pixels` is the limit here, and it is checked before decoding. Pillow's own would warn from 89 million
# pixels on and refuse from 179 million, whatever the user allows.
Image.MAX_IMAGE_PIXELS = None

# What decoders raise on damaged files; those of TIFF raise nearly everything.
DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, AttributeError, ArithmeticError),
    *(RuntimeError, AssertionError, MemoryError, struct.error, zlib.error),
)
# MPO comes with JPEG. No EPS or the like, which would start another program.
FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
JPEG = "JPEG changes values"
INEXACT = {
    "JPEG": JPEG,
    "MPO": JPEG,
    "JPEG2000": "JPEG 2000 may change values",
    "PPM": "values of PBM, PGM and PPM are read as 0 to 255 of the brightness",
}
ORIENTATION = 274  # the tag's number in EXIF
JP2_SIZES, JP2_BIT_DEPTH = b"\xff\x4f\xff\x51", 42  # the codestream's first two markers; an offset from there
MAX_SCANS = 100  # of a progressive JPEG; encoders write some ten, and each goes over the whole image
PNG_BIT_DEPTH = 24  # its offset: the signature (8), length and name of IHDR (8), width and height (8)


def read_with_pillow(name: str, content: bytes, max_pixels: int) -> Stored:
    """Return what `content` holds; `name` is for messages.

    Raises:
        UnreadableImage: no image, above `max_pixels`, or of several frames.
    """
    image = _opened(name, content, max_pixels)
    if image.format in ("GIF", "PNG", "WEBP"):  # an MPO is a JPEG with previews behind it
        check_single(name, getattr(image, "n_frames", 1), "frames")
    if image.info.get("progressive"):
        check_scans(name, content)
    if image.format == "BMP" and image.mode in ("1", "L"):
        samples = _grey_bmp(content)
    else:
        image.load()
        samples = _deep_jp2(content, image) or _deep_png(content, image) or _samples(content, image)
    return Stored(
        **samples, orientation=_orientation(image), inexact=_inexact(content, image), renumbered=image.format == "GIF"
    )


def _opened(name: str, content: bytes, max_pixels: int) -> Image.Image:
    """Return the image, of which the header alone is read."""
    try:
        image: Image.Image = Image.open(BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise UnreadableImage(f"{name}: not an image") from None
    check_size(name, *image.size, max_pixels)
    return image


def image_size(name: str, content: bytes, max_pixels: int) -> tuple[int, int]:
    """Return width and height of what `content` holds, by its header.

    Raises:
        UnreadableImage: no image, or above `max_pixels`.
    """
    try:
        return _opened(name, content, max_pixels).size
    except DAMAGE as error:
        raise UnreadableImage(f"{name}: damaged") from error


def check_scans(name: str, content: bytes) -> None:
    """Refuse a progressive JPEG that goes over its image thousands of times, which takes hours.

    Raises:
        UnreadableImage: it has more than `MAX_SCANS` scans.
    """
    if (scans := content.count(b"\xff\xda")) > MAX_SCANS:  # among coded pixels these two bytes never stand
        raise UnreadableImage(f"{name}: a JPEG of {scans} scans; at most {MAX_SCANS} are read: save it again")


def _samples(content: bytes, image: Image.Image) -> dict[str, Any]:
    """Return the fields of `Stored` that hold pixels."""
    mode, clear = image.mode, image.info.get("transparency")
    if mode in ("P", "PA"):
        return _indexed(image, clear)
    if mode in ("1", "L"):
        values, top = _grey(content, image)
        return {"values": values, "top": top, "alpha": None if clear is None else (values != clear) * np.uint8(255)}
    if mode.startswith("I;16") or (mode == "I" and image.format == "PPM"):  # a PGM of 16 bits
        return {"values": np.asarray(image), "top": 65535}
    if mode in ("I", "F"):
        return {"values": np.asarray(image), "top": None}
    if mode in ("LA", "RGBA"):
        bands = np.asarray(image)
        return {"values": bands[..., 0] if mode == "LA" else bands[..., :3], "alpha": bands[..., -1]}
    values = np.asarray(image if mode == "RGB" else image.convert("RGB"))
    alpha = None if clear is None else (values != np.array(clear, np.uint8)).any(2) * np.uint8(255)
    return {"values": values, "alpha": alpha}


def _grey(content: bytes, image: Image.Image) -> "tuple[NDArray[np.uint8], int]":
    """Return grey samples as stored; Pillow spreads those of 2 and 4 bits of a PNG over 0..255."""
    if image.mode == "1":
        return np.asarray(image).astype(np.uint8), 1
    top = (1 << content[PNG_BIT_DEPTH]) - 1 if image.format == "PNG" else 255
    return np.asarray(image) // np.uint8(255 // top), top


def _indexed(image: Image.Image, clear: "bytes | int | None") -> dict[str, Any]:
    indices = np.asarray(image.getchannel(0))
    palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    if image.mode == "PA":
        return {"values": indices, "palette": palette, "alpha": np.asarray(image.getchannel(1))}
    if clear is None:
        return {"values": indices, "palette": palette}
    opacity = np.full(256, 255, np.uint8)
    if isinstance(clear, int):
        opacity[clear] = 0
    else:
        opacity[: len(clear)] = list(clear)
    return {"values": indices, "palette": palette, "alpha": opacity[indices]}


def _grey_bmp(content: bytes) -> dict[str, Any]:
    """Return a BMP whose palette is black and white, or a ramp of grey that begins with black.

    Pillow drops such a palette, and then takes samples of 8 or 4 bits for samples of 1 or 8. So it gets a blue for
    the black.
    """
    palette_at = 14 + int.from_bytes(content[14:18], "little")  # behind the two headers
    samples = _indexed(Image.open(BytesIO(content[:palette_at] + b"\1" + content[palette_at + 1 :])), None)
    samples["palette"][0] = 0
    return samples


def _deep_png(content: bytes, image: Image.Image) -> dict[str, Any] | None:
    """Return the samples of a PNG of 16 bits; None: it is not one."""
    if image.format != "PNG" or content[PNG_BIT_DEPTH] != 16:
        return None
    from imagecodecs import png_decode

    return _bands(png_decode(content), 65535)  # a transparent colour has become a band


def _deep_jp2(content: bytes, image: Image.Image) -> dict[str, Any] | None:
    """Return the samples of a JPEG 2000 that has not 8 bits; None: it is not one."""
    if image.format != "JPEG2000":
        return None
    depth = content[content.index(JP2_SIZES) + JP2_BIT_DEPTH] + 1  # above 128: signed
    if depth == 8 or depth > 16:
        return None
    from imagecodecs import jpeg2k_decode

    return _bands(jpeg2k_decode(content), (1 << depth) - 1)


def _bands(bands: "NDArray[Any]", top: int) -> dict[str, Any]:
    """Return grey or colours, and the last of two or four bands as alpha."""
    if bands.ndim == 2:
        return {"values": bands, "top": top}
    count = bands.shape[2]
    colours = bands[..., 0] if count < 3 else bands[..., :3]
    return {"values": colours, "top": top, "alpha": narrowed(bands[..., -1], top) if count in (2, 4) else None}


def _inexact(content: bytes, image: Image.Image) -> str:
    """Return why samples may not be those that were written."""
    if image.format == "WEBP":
        return "" if _is_lossless_webp(content) else "lossy WebP changes values"
    return INEXACT.get(image.format or "", "")


def _is_lossless_webp(content: bytes) -> bool:
    """Return whether the pixels lie in a chunk "VP8L"; a lossy file has "VP8 " (RFC 9649)."""
    place = 12  # behind "RIFF", the size, "WEBP"
    while (kind := content[place : place + 4]) not in (b"VP8L", b"VP8 ", b""):
        size = int.from_bytes(content[place + 4 : place + 8], "little")
        place += 8 + size + size % 2
    return kind == b"VP8L"


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; damaged metadata do not cost the image."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except DAMAGE:
        return 1
