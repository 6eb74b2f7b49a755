"""Image files become RGB uint8 by stated rules, or an error names why they cannot."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from bench.data import UnreadableImage
from registry.errors import BenchError
from registry.image_files.reading import read_image, read_mask

LIMIT = 10**8
RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (9, 14, 3), dtype=np.uint8)


def saved(tmp_path: Path, image: Image.Image, name: str, **options) -> Path:
    image.save(tmp_path / name, **options)
    return tmp_path / name


@pytest.mark.parametrize("suffix", ["png", "tif", "webp", "bmp"])
def test_lossless_rgb_is_returned_as_stored(tmp_path, suffix):
    """Every lossless format gives back the very pixels."""
    options = {"lossless": True} if suffix == "webp" else {}
    assert np.array_equal(read_image(saved(tmp_path, Image.fromarray(RGB), f"a.{suffix}", **options), LIMIT), RGB)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "TIFF", "BMP"])
def test_the_content_decides_not_the_extension(tmp_path, kind):
    """A GIF, PNG, TIFF or BMP called .jpg is read as what it is."""
    image = Image.fromarray(np.full((4, 6, 3), (255, 0, 0), np.uint8))
    assert np.array_equal(read_image(saved(tmp_path, image, "a.jpg", format=kind), LIMIT), np.asarray(image))


def test_a_jpeg_is_decoded_as_pillow_decodes_it(tmp_path):
    """Channel order is red, green, blue."""
    path = saved(tmp_path, Image.fromarray(np.full((8, 8, 3), (200, 20, 40), np.uint8)), "a.jpg", quality=95)
    red, green, blue = read_image(path, LIMIT)[4, 4]
    assert red > 190 and green < 30 and 30 < blue < 50


def test_a_phone_jpeg_of_several_frames_is_its_first(tmp_path):
    """MPO files (a JPEG with previews behind it) are common among photographs."""
    red, blue = (Image.new("RGB", (8, 8), colour) for colour in ("red", "blue"))
    path = saved(tmp_path, red, "a.jpg", format="MPO", save_all=True, append_images=[blue])
    assert read_image(path, LIMIT)[4, 4, 0] > 240


def test_formats_that_start_other_programs_are_not_opened(tmp_path):
    """An EPS file is PostScript, a program; it is no image here."""
    path = saved(tmp_path, Image.new("RGB", (8, 8)), "a.jpg", format="EPS")
    with pytest.raises(UnreadableImage, match=r"a\.jpg: not an image"):
        read_image(path, LIMIT)


def test_grey_becomes_three_equal_channels(tmp_path):
    """An 8-bit grey value stands in each channel."""
    grey = RGB[..., 0]
    assert np.array_equal(read_image(saved(tmp_path, Image.fromarray(grey), "a.png"), LIMIT), np.stack([grey] * 3, -1))


def test_a_bilevel_image_is_black_and_white(tmp_path):
    """One bit a pixel becomes 0 and 255."""
    bits = RGB[..., 0] > 127
    path = saved(tmp_path, Image.fromarray(bits), "a.png")
    assert np.array_equal(read_image(path, LIMIT)[..., 1], np.where(bits, 255, 0))


def test_a_palette_is_expanded(tmp_path):
    """A palette image has its palette's colours, not its indices."""
    image = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8)).convert("L")
    image.putpalette([10, 20, 30, 200, 210, 220] + [0] * 762)
    expected = [[[10, 20, 30], [200, 210, 220]], [[200, 210, 220], [10, 20, 30]]]
    assert read_image(saved(tmp_path, image, "a.png"), LIMIT).tolist() == expected


def test_transparency_shows_white(tmp_path):
    """RGBA is composited over white: colour x alpha + 255 x (1 - alpha), rounded to nearest."""
    rgba = np.dstack([RGB, RNG.integers(0, 256, RGB.shape[:2], dtype=np.uint8)])
    alpha = rgba[..., 3:] / 255
    expected = np.rint(RGB * alpha + 255 * (1 - alpha))
    assert np.array_equal(read_image(saved(tmp_path, Image.fromarray(rgba), "a.png"), LIMIT), expected)


def test_a_transparent_palette_entry_shows_white(tmp_path):
    """A palette's transparent colour is white, as in a GIF on a white page."""
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("L")
    image.putpalette([10, 20, 30, 200, 210, 220] + [0] * 762)
    path = saved(tmp_path, image, "a.png", transparency=0)
    assert read_image(path, LIMIT).tolist() == [[[255, 255, 255], [200, 210, 220]]]


def test_cmyk_is_converted(tmp_path):
    """Full cyan without black is (0, 255, 255)."""
    image = Image.fromarray(np.full((8, 8, 4), (255, 0, 0, 0), np.uint8), mode="CMYK")
    assert read_image(saved(tmp_path, image, "a.tif"), LIMIT)[4, 4].tolist() == [0, 255, 255]


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bits_are_divided_by_257_and_rounded(tmp_path, suffix, channels):
    """0 -> 0, 65535 -> 255, and every value in between to the nearest, in RGB order."""
    deep = RNG.integers(0, 65536, (9, 14, channels), dtype=np.uint16)
    deep[0, 0], deep[0, 1], deep[0, 2], deep[0, 3] = 0, 65535, 128, 129
    assert cv2.imwrite(str(tmp_path / f"a.{suffix}"), deep[..., ::-1])
    expected = np.broadcast_to(np.rint(deep / 257), (9, 14, 3))
    assert np.array_equal(read_image(tmp_path / f"a.{suffix}", LIMIT), expected)


def test_sixteen_bit_transparency_shows_white(tmp_path):
    """A fully transparent 16-bit pixel is white, an opaque one keeps its colour."""
    deep = np.array([[[0, 0, 65535, 0], [0, 0, 65535, 65535]]], np.uint16)  # blue first
    assert cv2.imwrite(str(tmp_path / "a.png"), deep)
    assert read_image(tmp_path / "a.png", LIMIT).tolist() == [[[255, 255, 255], [255, 0, 0]]]


@pytest.mark.parametrize("turn", range(10))
def test_exif_orientation_is_applied(tmp_path, turn):
    """The eight orientations give what Pillow's exif_transpose gives; unknown ones change nothing."""
    exif = Image.Exif()
    exif[274] = turn
    path = saved(tmp_path, Image.fromarray(RGB), "a.png", exif=exif)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image)) if turn in range(1, 9) else RGB
    assert np.array_equal(read_image(path, LIMIT), expected)


@pytest.mark.parametrize("size", [(1, 1), (20, 20000), (20000, 20)])
def test_extreme_sizes_are_read(tmp_path, size):
    """1x1 and 20000x20 images come back whole."""
    pixels = np.resize(RGB, (*size, 3))
    assert np.array_equal(read_image(saved(tmp_path, Image.fromarray(pixels), "a.png"), LIMIT), pixels)


@pytest.mark.parametrize("bad", ["float", "int32"])
def test_pixels_without_a_range_are_refused(tmp_path, bad):
    """Floating-point and 32-bit TIFF have no stated white, so they are not guessed."""
    kind = {"float": np.float32, "int32": np.int32}[bad]
    path = saved(tmp_path, Image.fromarray(np.zeros((4, 4), kind)), "a.tif")
    with pytest.raises(UnreadableImage, match=r"a\.tif: (float32|int32) pixels have no stated range"):
        read_image(path, LIMIT)


def test_an_empty_file_is_named(tmp_path):
    """Zero bytes: the reason names the file."""
    (tmp_path / "a.jpg").touch()
    with pytest.raises(UnreadableImage, match=r"a\.jpg: the file is empty"):
        read_image(tmp_path / "a.jpg", LIMIT)


def test_a_missing_file_is_named(tmp_path):
    """An image that is listed but not there is unreadable."""
    with pytest.raises(UnreadableImage, match=r"a\.jpg: no such file"):
        read_image(tmp_path / "a.jpg", LIMIT)


def test_text_is_not_an_image(tmp_path):
    """A file of another kind is named as such."""
    (tmp_path / "a.jpg").write_text("<html>not found</html>")
    with pytest.raises(UnreadableImage, match=r"a\.jpg: not an image"):
        read_image(tmp_path / "a.jpg", LIMIT)


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
def test_a_truncated_image_is_refused(tmp_path, kind):
    """Half a file is not padded with grey."""
    path = saved(tmp_path, Image.fromarray(np.resize(RGB, (64, 64, 3))), f"a.{kind}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableImage, match=rf"a\.{kind}: (damaged|not an image)"):
        read_image(path, LIMIT)


def test_the_pixel_limit_holds_before_decoding(tmp_path):
    """A header that promises more than max_pixels is refused although the pixels are not even there."""
    path = saved(tmp_path, Image.new("L", (300, 200)), "a.png")
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UnreadableImage, match=r"a\.png: 300x200 is above max_pixels = 59999"):
        read_image(path, 59_999)


def test_the_pixel_limit_is_inclusive(tmp_path):
    """An image of exactly max_pixels is read."""
    assert read_image(saved(tmp_path, Image.new("L", (300, 200)), "a.png"), 60_000).shape == (200, 300, 3)


FORMATS = {"JPEG": {}, "PNG": {}, "GIF": {}, "BMP": {}, "WEBP": {}, "TIFF": {"compression": "tiff_lzw"}}


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    found = {}
    for kind, options in FORMATS.items():
        buffer = io.BytesIO()
        Image.fromarray(np.resize(RGB, (40, 40, 3))).save(buffer, kind, **options)
        found[kind] = buffer.getvalue()
    return found


@pytest.mark.filterwarnings("ignore")  # Pillow's, on damaged metadata
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("read", [read_image, read_mask])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_never_raises_anything_else(tmp_path, contents, kind, read, data):
    """A byte changed anywhere, a file cut anywhere: it is read or refused in one line, and nothing else happens."""
    content = contents[kind]
    place, value = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(0, 255))
    rest = content[place + 1 :] if data.draw(st.booleans()) else b""
    (tmp_path / "a.img").write_bytes(content[:place] + bytes([value]) + rest)
    try:
        assert read(tmp_path / "a.img", LIMIT).dtype == np.uint8
    except (UnreadableImage, BenchError) as error:
        assert "a.img: " in str(error)
        assert "\n" not in str(error)


def test_a_mask_keeps_palette_indices(tmp_path):
    """A palette mask is its indices, whatever their colours."""
    image = Image.fromarray(np.array([[0, 1], [2, 255]], np.uint8)).convert("L")
    image.putpalette([7] * 768)
    assert read_mask(saved(tmp_path, image, "m.png"), LIMIT).tolist() == [[0, 1], [2, 255]]


def test_a_sixteen_bit_mask_keeps_small_labels(tmp_path):
    """Labels up to 255 survive in a 16-bit file unscaled."""
    path = saved(tmp_path, Image.fromarray(np.array([[0, 255]], np.uint16)), "m.png")
    assert read_mask(path, LIMIT).tolist() == [[0, 255]]


def test_a_label_above_255_is_refused(tmp_path):
    """Instance ids of 1000 are not cut to 8 bits."""
    path = saved(tmp_path, Image.fromarray(np.array([[0, 1000]], np.uint16)), "m.png")
    with pytest.raises(BenchError, match="label of 1000"):
        read_mask(path, LIMIT)
