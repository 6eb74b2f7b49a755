"""BMP files with a palette, written from the description of the format alone, for tests of readers."""

import struct

import numpy as np


def bmp(indices: np.ndarray, depth: int, palette: np.ndarray, *, top_down: bool = False) -> bytes:
    """Return the file of `indices` [H, W] of 1, 4 or 8 bits into `palette` [n, 3] (BITMAPINFOHEADER, not compressed)."""
    height, width = indices.shape
    rows = b"".join(_packed(row, depth) for row in (indices if top_down else indices[::-1]))
    colours = b"".join(struct.pack("BBBB", *reversed(colour), 0) for colour in palette.tolist())
    start = 14 + 40 + len(colours)
    size = struct.pack("<Iii", 40, width, -height if top_down else height)
    more = struct.pack("<HHIIiiII", 1, depth, 0, len(rows), 2835, 2835, len(palette), 0)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + size + more + colours + rows


def _packed(row: np.ndarray, depth: int) -> bytes:
    """Return a row, the first sample in the highest bits, filled up to four bytes."""
    bits = (row[:, None] >> np.arange(depth - 1, -1, -1)) & 1
    data = np.packbits(bits.reshape(-1).astype(np.uint8)).tobytes()
    return data + b"\0" * (-len(data) % 4)
