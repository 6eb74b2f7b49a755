"""BMP and JPEG 2000 of every depth: against OpenCV, against the formula, and labels as they were written."""

import cv2
import imagecodecs
import numpy as np
import pytest
from bmp_by_hand import bmp

from registry.errors import BenchError
from registry.image_files.reading import read_image, read_mask

LIMIT = 10**6
DRAW = np.random.default_rng(3)
RAMP = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
BLACK_WHITE = RAMP[[0, 255]]
PALETTES = {  # name: (depth, palette)
    "8 bits, black and white": (8, BLACK_WHITE),
    "8 bits, white and black": (8, BLACK_WHITE[::-1]),
    "8 bits, black alone": (8, RAMP[:1]),
    "8 bits, three near blacks": (8, RAMP[:3]),
    "8 bits, all greys": (8, RAMP),
    "4 bits, black and white": (4, BLACK_WHITE),
    "4 bits, 16 near blacks": (4, RAMP[:16]),
    "4 bits, 16 greys": (4, RAMP[::17]),
    "1 bit, black and white": (1, BLACK_WHITE),
    "1 bit, white and black": (1, BLACK_WHITE[::-1]),
    "1 bit, two near blacks": (1, RAMP[:2]),
}


@pytest.mark.parametrize("top_down", [False, True])
@pytest.mark.parametrize(("depth", "palette"), PALETTES.values(), ids=PALETTES)
def test_a_bmp_is_its_indices_and_shows_its_palette(tmp_path, depth, palette, top_down):
    """Pillow alone takes the depth of a black and white or grey palette for another (masks of True and False)."""
    indices = DRAW.integers(0, len(palette), (9, 14)).astype(np.uint8)
    (path := tmp_path / "a.bmp").write_bytes(bmp(indices, depth, palette, top_down=top_down))
    assert np.array_equal(cv2.imread(str(path))[..., ::-1], palette[indices])
    assert np.array_equal(read_image(path, LIMIT), palette[indices])
    assert np.array_equal(read_mask(path, LIMIT), indices)
    assert np.array_equal(read_mask(path, LIMIT, colours=True), palette[indices])


@pytest.mark.parametrize("channels", [(), (3,), (4,)])
@pytest.mark.parametrize("depth", [1, 4, 8, 10, 12, 14, 16])
def test_jpeg_2000_of_any_depth_is_scaled_to_nearest(tmp_path, depth, channels):
    """Pillow alone makes black of the white of 9 bits and more, and grey of the white of fewer than 8."""
    top = (1 << depth) - 1
    samples = DRAW.integers(0, top, (9, 14, *channels), np.uint16, endpoint=True)
    samples[:2], samples[2] = top, 0
    content = imagecodecs.jpeg2k_encode(
        samples.astype(np.uint8 if depth <= 8 else np.uint16), level=0, reversible=True, bitspersample=depth
    )
    (path := tmp_path / "a.jp2").write_bytes(content)
    light = np.floor(samples * (255 / top) + 0.5)
    if channels == (4,):
        alpha = light[..., 3:] / 255
        light = np.floor(light[..., :3] * alpha + 255 * (1 - alpha) + 0.5)
    expected = light if channels else np.repeat(light[..., None], 3, 2)
    assert np.array_equal(read_image(path, LIMIT), expected)
    with pytest.raises(BenchError, match="JPEG 2000 may change values"):
        read_mask(path, LIMIT)
