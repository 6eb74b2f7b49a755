"""More of random_files: what cameras, scanners and old programs write."""

import struct
from io import BytesIO

import imagecodecs
import numpy as np
from bmp_by_hand import bmp
from PIL import Image
from png_by_hand import GREY, PALETTE, RGB, png
from random_files import COLOURS, Draw, Shape, Written, grey16, pillow, rgb, stored_plain, tiff, turned

RAMP = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
BLACK_WHITE = RAMP[[0, 255]]


def _interlaced(draw: Draw, shape: Shape, orientation: int) -> Written:
    pixels = draw.integers(0, 256, (*shape, 3), np.uint8)
    return Written(png(pixels, RGB, 8, None, orientation, interlaced=True), "png", turned(pixels, orientation))


def _clear_colour(depth: int):
    """One colour is transparent: the first pixel's."""

    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        pixels = draw.integers(0, 1 << depth, (*shape, 3), np.uint16)
        pixels[:2] = pixels[0, 0]
        shown = grey16(pixels) if depth == 16 else pixels.astype(np.uint8)
        shown[(pixels == pixels[0, 0]).all(2)] = 255
        clear = struct.pack(">HHH", *pixels[0, 0].tolist())
        content = png(
            pixels.astype(np.uint8) if depth == 8 else pixels, RGB, depth, None, orientation, transparent=clear
        )
        return Written(content, "png", turned(shown, orientation))

    return write


def _clear_grey(depth: int):
    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        pixels = draw.integers(0, 1 << depth, shape, np.uint16)
        light = np.floor(pixels * (255 / ((1 << depth) - 1)) + 0.5).astype(np.uint8)
        light[pixels == pixels[0, 0]] = 255
        samples = pixels if depth == 16 else pixels.astype(np.uint8)
        clear = struct.pack(">H", int(pixels[0, 0]))
        content = png(samples, GREY, depth, None, orientation, transparent=clear)
        return Written(content, "png", rgb(turned(light, orientation)))

    return write


def _clear_palette(draw: Draw, shape: Shape, orientation: int) -> Written:
    pixels, table = draw.integers(0, 16, shape, np.uint8), draw.integers(0, 256, (16, 3), np.uint8)
    opacity = np.full(16, 255)
    opacity[:3] = 0, 100, 200  # the file names the first alone
    alpha = opacity[pixels][..., None] / 255
    shown = np.floor(table[pixels] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)
    content = png(pixels, PALETTE, 4, table, orientation, transparent=bytes([0, 100, 200]), interlaced=True)
    return Written(content, "png", turned(shown, orientation))


def _decoded_by_pillow(extension: str, mode: str, **more):
    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        small = Image.fromarray(draw.integers(0, 256, (4, 4, 3), np.uint8))
        image = small.resize(shape[::-1], Image.Resampling.BILINEAR).convert(mode)
        content = pillow(image, "JPEG", orientation, **more)
        shown = np.asarray(Image.open(BytesIO(content)).convert("RGB"))
        return Written(content, extension, turned(shown, orientation))

    return write


def _bmp(depth: int, palette: np.ndarray):
    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        pixels = draw.integers(0, len(palette), shape, np.uint8)
        return Written(bmp(pixels, depth, palette), "bmp", palette[pixels])

    return write


def _jpeg_2000(depth: int):
    def write(draw: Draw, shape: Shape, orientation: int) -> Written:
        top = (1 << depth) - 1
        shown = draw.integers(0, top, (*shape, 3), np.uint16, endpoint=True)
        shown[:3] = top
        content = imagecodecs.jpeg2k_encode(
            shown.astype(np.uint8 if depth <= 8 else np.uint16), level=0, reversible=True, bitspersample=depth
        )
        return Written(content, "jp2", np.floor(shown * (255 / top) + 0.5).astype(np.uint8))

    return write


def _big_tiff(draw: Draw, shape: Shape, orientation: int) -> Written:
    pixels = draw.integers(0, 256, (*shape, 3), np.uint8)
    content = tiff(pixels, orientation, photometric="rgb", bigtiff=True, byteorder=">", compression="zlib")
    return Written(content, "tif", turned(pixels, orientation))


def _ppm(draw: Draw, shape: Shape, orientation: int) -> Written:
    pixels = draw.integers(0, 256, (*shape, 3), np.uint8)
    return Written(b"P6 %d %d 255\n" % shape[::-1] + pixels.tobytes(), "ppm", pixels)


RARE_IMAGES = {
    "interlaced png": _interlaced,
    "png with a clear colour": _clear_colour(8),
    "16-bit png with a clear colour": _clear_colour(16),
    "2-bit png with a clear grey": _clear_grey(2),
    "16-bit png with a clear grey": _clear_grey(16),
    "interlaced palette png with transparency": _clear_palette,
    "progressive jpeg": _decoded_by_pillow("jpeg", "RGB", progressive=True),
    "cmyk jpeg": _decoded_by_pillow("jpe", "CMYK"),
    "grey jpeg": _decoded_by_pillow("jfif", "L"),
    "black and white bmp of 8 bits": _bmp(8, BLACK_WHITE),
    "grey bmp of 4 bits": _bmp(4, RAMP[:16]),
    "colour bmp of 4 bits": _bmp(4, COLOURS[:16]),
    "jpeg 2000": _jpeg_2000(8),
    "jpeg 2000 of 12 bits": _jpeg_2000(12),
    "jpeg 2000 of 16 bits": _jpeg_2000(16),
    "big tiff": _big_tiff,
    "ppm": _ppm,
}
UNTAGGED_IMAGES = frozenset(
    kind for kind in ["bmp", *RARE_IMAGES] if any(word in kind for word in ("bmp", "2000", "ppm"))
)
"""Those of formats that have no orientation tag."""


def _clear(label: int) -> bytes:
    return struct.pack(">H", label)


RARE_MASKS = {  # as MASKS
    "interlaced png of 2 bits": ("png", 3, lambda s, o: png(s, GREY, 2, None, o, interlaced=True)),
    "interlaced palette png": ("png", 15, lambda s, o: png(s, PALETTE, 4, COLOURS[:16], o, interlaced=True)),
    "palette png with transparency": ("png", 15, lambda s, o: png(s, PALETTE, 8, COLOURS[:16], o, transparent=b"\0\x80")),
    "png with a clear label": ("png", 255, lambda s, o: png(s, GREY, 8, None, o, transparent=_clear(1))),
    "png of 16 bits with a clear label": (
        "png", 255, lambda s, o: png(s.astype(np.uint16), GREY, 16, None, o, transparent=_clear(1))
    ),
    "black and white bmp of 8 bits": ("bmp", 1, lambda s, o: bmp(stored_plain(s, o), 8, BLACK_WHITE)),
    "black and white bmp of 1 bit": ("bmp", 1, lambda s, o: bmp(stored_plain(s, o), 1, BLACK_WHITE)),
    "white and black bmp of 8 bits": ("bmp", 1, lambda s, o: bmp(stored_plain(s, o), 8, BLACK_WHITE[::-1])),
    "grey bmp of 4 bits": ("bmp", 15, lambda s, o: bmp(stored_plain(s, o), 4, RAMP[:16])),
    "colour bmp": ("bmp", 63, lambda s, o: bmp(stored_plain(s, o), 8, COLOURS)),
    "big tiff": ("tif", 255, lambda s, o: tiff(s, o, photometric="minisblack", bigtiff=True)),
    "tiff of 4 bits": ("tif", 15, lambda s, o: tiff(s, o, photometric="minisblack", bitspersample=4)),
    "tiff of uint64": ("tif", 255, lambda s, o: tiff(s.astype(np.uint64), o, photometric="minisblack")),
    "tiff with a palette": ("tif", 255, lambda s, o: tiff(s, o, photometric="palette", colormap=RAMP.T.astype(np.uint16) * 257)),
    "tiff, packbits, group of planes": ("tif", 255, lambda s, o: tiff(rgb(s), o, photometric="rgb", compression="packbits")),
}  # fmt: skip
