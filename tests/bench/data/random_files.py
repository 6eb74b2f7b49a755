"""Images and masks in the formats, depths and orientations that people have, each with the array it stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from png_by_hand import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, png

TURNS = {  # EXIF 2.3, tag 0x0112, in Pillow's words (as in its ImageOps.exif_transpose)
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
COLOURS = np.random.default_rng(0).permutation(256 * 3)[: 64 * 3].reshape(64, 3).astype(np.uint8)


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return uint8 `pixels` as a viewer shows them, by Pillow."""
    if orientation == 1:
        return pixels
    return np.asarray(Image.fromarray(pixels).transpose(TURNS[orientation]))


def stored(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return what a file with this tag has to store, so that a viewer shows `pixels`."""
    return turned(pixels, {6: 8, 8: 6}.get(orientation, orientation))


@dataclass(frozen=True)
class Written:
    """The bytes of a file, its extension, and what a viewer shows: RGB [H, W, 3], or labels [H, W]."""

    content: bytes
    extension: str
    shown: np.ndarray


def pillow(pixels: np.ndarray, kind: str, orientation: int = 1, **more) -> bytes:
    """Return the file that Pillow writes."""
    buffer, exif = BytesIO(), Image.Exif()
    if orientation != 1:
        exif[274] = orientation
        more["exif"] = exif
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(buffer, kind, **more)
    return buffer.getvalue()


def tiff(pixels: np.ndarray, orientation: int = 1, **more) -> bytes:
    """Return the file that tifffile writes."""
    buffer = BytesIO()
    tags = [(274, 3, 1, orientation, True)] if orientation != 1 else []
    tifffile.imwrite(buffer, pixels, extratags=tags, metadata=None, **more)
    return buffer.getvalue()


def grey16(pixels: np.ndarray) -> np.ndarray:
    """Return 16 bits as 8: v / 257, to nearest."""
    return np.floor(pixels / 257 + 0.5).astype(np.uint8)


def rgb(pixels: np.ndarray) -> np.ndarray:
    """Return one grey channel three times."""
    return np.repeat(pixels[..., None], 3, 2)


Shape = tuple[int, int]
Draw = np.random.Generator


def _noise(draw: Draw, shape: tuple[int, ...], high: int = 256) -> np.ndarray:
    return draw.integers(0, high, shape, dtype=np.uint8 if high <= 256 else np.uint16)


def _image(make: Callable[[np.ndarray, int], bytes], extension: str, channels: tuple[int, ...] = (3,)):
    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        pixels = _noise(draw, (*shape, *channels))
        shown = turned(pixels, orientation)
        return Written(make(pixels, orientation), extension, shown if channels else rgb(shown))

    return write


def _lossy(kind: str, extension: str, **more):
    """A lossy file: what it shows is what Pillow decodes."""

    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        coarse = _noise(draw, (*(-(-n // 8) for n in shape), 3)).repeat(8, 0).repeat(8, 1)[: shape[0], : shape[1]]
        content = pillow(np.ascontiguousarray(coarse), kind, orientation, **more)
        return Written(content, extension, turned(np.asarray(Image.open(BytesIO(content)).convert("RGB")), orientation))

    return write


def _deep(make: Callable[[np.ndarray, int], bytes], extension: str, channels: tuple[int, ...] = (3,)):
    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        pixels = _noise(draw, (*shape, *channels), 65536)
        shown = turned(grey16(pixels), orientation)
        return Written(make(pixels, orientation), extension, shown if channels else rgb(shown))

    return write


def _few_bits(depth: int):
    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        pixels = _noise(draw, shape, 1 << depth)
        shown = rgb(turned((pixels * (255 // ((1 << depth) - 1))).astype(np.uint8), orientation))
        return Written(png(pixels, GREY, depth, orientation=orientation), "png", shown)

    return write


def _palette(draw: Draw, shape: Shape, orientation: int) -> Written:
    pixels, table = _noise(draw, shape, 16), _noise(draw, (16, 3))
    return Written(png(pixels, PALETTE, 4, table, orientation), "png", turned(table[pixels], orientation))


def _over_white(draw: Draw, shape: Shape, orientation: int) -> Written:
    pixels = _noise(draw, (*shape, 4))
    alpha = pixels[..., 3:] / 255
    shown = np.floor(pixels[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)
    return Written(png(pixels, RGBA, 8, orientation=orientation), "png", turned(shown, orientation))


def _white_is_zero(dtype: type, *, orientable: bool = True):
    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        pixels = draw.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
        light = np.iinfo(dtype).max - pixels
        shown = rgb(turned(light if dtype is np.uint8 else grey16(light), orientation))
        return Written(tiff(pixels, orientation, photometric="miniswhite"), "tif", shown)

    return write


def _planes(pixels: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(pixels, -1, 0))


def _extra(draw: Draw, shape: Shape, orientation: int) -> Written:
    """A fourth band that is not transparency: the colours are the first three."""
    pixels = _noise(draw, (*shape, 4))
    content = tiff(pixels, orientation, photometric="rgb", extrasamples=["unspecified"])
    return Written(content, "tif", turned(np.ascontiguousarray(pixels[..., :3]), orientation))


IMAGES = {
    "png": _image(lambda p, o: png(p, RGB, 8, orientation=o), "png"),
    "grey png": _image(lambda p, o: png(p, GREY, 8, orientation=o), "png", ()),
    "grey png of 2 bits": _few_bits(2),
    "grey png of 4 bits": _few_bits(4),
    "16-bit png": _deep(lambda p, o: png(p, RGB, 16, orientation=o), "png"),
    "16-bit grey png": _deep(lambda p, o: png(p, GREY, 16, orientation=o), "png", ()),
    "palette png": _palette,
    "png with transparency": _over_white,
    "jpeg": _lossy("JPEG", "jpg"),
    "webp": _lossy("WEBP", "webp"),
    "lossless webp": _image(lambda p, o: pillow(p, "WEBP", o, lossless=True, exact=True), "webp"),
    "bmp": _image(lambda p, o: pillow(stored_plain(p, o), "BMP"), "bmp"),
    "tiff": _image(lambda p, o: tiff(p, o, photometric="rgb"), "tif"),
    "tiff, lzw, tiles": _image(lambda p, o: tiff(p, o, photometric="rgb", compression="lzw", tile=(16, 16)), "tiff"),
    "tiff, planes": _image(lambda p, o: tiff(_planes(p), o, photometric="rgb", planarconfig="separate"), "tif"),
    "grey tiff": _image(lambda p, o: tiff(p, o, photometric="minisblack"), "tif", ()),
    "16-bit tiff": _deep(lambda p, o: tiff(p, o, photometric="rgb", byteorder=">"), "tif"),
    "16-bit tiff, planes": _deep(lambda p, o: tiff(_planes(p), o, photometric="rgb", planarconfig="separate"), "tif"),
    "16-bit grey tiff": _deep(lambda p, o: tiff(p, o, photometric="minisblack", compression="zlib"), "tif", ()),
    "tiff, white is zero": _white_is_zero(np.uint8),
    "16-bit tiff, white is zero": _white_is_zero(np.uint16),
    "tiff, fourth band": _extra,
}
"""(random numbers, stored [height, width], orientation) -> Written."""


def stored_plain(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """A format without tags stores what a viewer shows."""
    return np.ascontiguousarray(turned(pixels, orientation))


def _opaque(pixels: np.ndarray, full: int) -> np.ndarray:
    return np.dstack([pixels, np.full(pixels.shape[:2], full, pixels.dtype)])


def _palette_mask(depth: int):
    def write(s: np.ndarray, o: int) -> bytes:
        return png(s, PALETTE, depth, COLOURS.repeat(4, 0)[: 1 << depth], o)

    return write


def _gif(s: np.ndarray, o: int) -> bytes:
    return pillow(stored_plain(s, o), "GIF")


MASKS = {  # name: (extension, the highest label it can hold, writer of stored labels and orientation)
    "png": ("png", 255, lambda s, o: png(s, GREY, 8, orientation=o)),
    "png of 1 bit": ("png", 1, lambda s, o: png(s, GREY, 1, orientation=o)),
    "png of 2 bits": ("png", 3, lambda s, o: png(s, GREY, 2, orientation=o)),
    "png of 4 bits": ("png", 15, lambda s, o: png(s, GREY, 4, orientation=o)),
    "png of 16 bits": ("png", 255, lambda s, o: png(s.astype(np.uint16), GREY, 16, orientation=o)),
    "png, palette of 2 bits": ("png", 3, _palette_mask(2)),
    "png, palette": ("png", 255, _palette_mask(8)),
    "png, grey alpha": ("png", 255, lambda s, o: png(_opaque(s, 255), GREY_ALPHA, 8, orientation=o)),
    "png, grey alpha of 16 bits": (
        "png", 255, lambda s, o: png(_opaque(s.astype(np.uint16), 65535), GREY_ALPHA, 16, orientation=o)
    ),
    "png, grey as rgb": ("png", 255, lambda s, o: png(rgb(s), RGB, 8, orientation=o)),
    "png, grey as rgba": ("png", 255, lambda s, o: png(_opaque(rgb(s), 255), RGBA, 8, orientation=o)),
    "png, grey as rgb of 16 bits": ("png", 255, lambda s, o: png(rgb(s).astype(np.uint16), RGB, 16, orientation=o)),
    "tiff": ("tif", 255, lambda s, o: tiff(s, o, photometric="minisblack")),
    "tiff of 16 bits": ("tif", 255, lambda s, o: tiff(s.astype(np.uint16), o, photometric="minisblack")),
    "tiff of int16": ("tif", 255, lambda s, o: tiff(s.astype(np.int16), o, photometric="minisblack")),
    "tiff of int32": ("tif", 255, lambda s, o: tiff(s.astype(np.int32), o, photometric="minisblack")),
    "tiff of float": ("tif", 255, lambda s, o: tiff(s.astype(np.float32), o, photometric="minisblack")),
    "tiff of bool": ("tif", 1, lambda s, o: tiff(s.astype(bool), o)),
    "tiff, lzw": ("tif", 255, lambda s, o: tiff(s, o, photometric="minisblack", compression="lzw", predictor=True)),
    "tiff, big endian": ("tif", 255, lambda s, o: tiff(s.astype(np.uint16), o, photometric="minisblack", byteorder=">")),
    "tiff, rgb planes": (
        "tif", 255, lambda s, o: tiff(_planes(rgb(s)), o, photometric="rgb", planarconfig="separate")
    ),
    "bmp": ("bmp", 255, lambda s, o: pillow(stored_plain(s, o), "BMP")),
    "gif": ("gif", 255, _gif),
    "lossless webp": ("webp", 255, lambda s, o: pillow(rgb(s), "WEBP", o, lossless=True)),
    "jpeg": ("jpg", 255, lambda s, o: pillow(s, "JPEG", o, quality=95)),
}  # fmt: skip
WITHOUT_TAGS = frozenset({"bmp", "gif"})


def write_mask(kind: tuple, labels: np.ndarray, orientation: int) -> Written:
    """Return the file of `labels` [H, W] as a viewer shows them; the file stores them turned back; `kind`: see MASKS."""
    extension, highest, write = kind
    assert labels.max() <= highest
    pixels = np.ascontiguousarray(stored(labels, orientation))
    return Written(write(pixels, orientation), extension, labels)


def put(path: Path, content: bytes) -> None:
    """Write a file; its folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
