"""PNG files of any colour type and depth, written from the specification alone (ISO/IEC 15948), for tests of readers."""

import struct
import zlib

import numpy as np

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
EXIF_OF_ORIENTATION = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0%c\0\0\0\0\0\0\0"


WHOLE = ((0, 0, 1, 1),)
ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row, first column and their steps in each pass."""


def png(
    samples: np.ndarray,
    kind: int,
    depth: int,
    palette: np.ndarray | None = None,
    orientation: int = 1,
    *,
    transparent: bytes = b"",
    interlaced: bool = False,
) -> bytes:
    """Return the file of `samples` [H, W] or [H, W, channels]: raw sample values, not scaled.

    transparent: the content of tRNS, a sample of two bytes for each channel, or the opacity of each palette entry.
    """
    height, width = samples.shape[:2]
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced))]
    if palette is not None:
        chunks.append(_chunk(b"PLTE", palette.astype(np.uint8).tobytes()))
    if transparent:
        chunks.append(_chunk(b"tRNS", transparent))
    if orientation != 1:
        chunks.append(_chunk(b"eXIf", EXIF_OF_ORIENTATION % orientation))
    passes = [samples[y::down, x::right] for y, x, down, right in (ADAM7 if interlaced else WHOLE)]
    rows = b"".join(b"\0" + _packed(row.reshape(-1), depth) for part in passes if part.size for row in part)
    chunks += [_chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _packed(row: np.ndarray, depth: int) -> bytes:
    """Return a row's samples, the first in the highest bits; a byte that is not full ends in zeros."""
    if depth == 16:
        return row.astype(">u2").tobytes()
    bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.reshape(-1).astype(np.uint8)).tobytes()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
