"""Masks are what is stored in them, in every format but TIFF (see test_image_files_tiff); the rows of docs/data.md."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from registry.errors import BenchError
from registry.image_files import UnreadableImage
from registry.image_files.reading import read_image, read_mask
from registry.remarks import hearing

LIMIT = 10**6
RNG = np.random.default_rng(4)
SIZE = 18, 25
KINDS = {1: 0, 2: 4, 3: 2, 4: 6}
"""The colour type of a PNG for a number of bands (PNG specification, table 11.1)."""


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(path, values, bits, *, palette=None, clear=b""):
    """Write samples [H, W] or [H, W, bands] of so many bits as they are: a PNG by hand, without filters."""
    height, width, *bands = values.shape
    rows = values.reshape(height, -1)
    if bits == 16:
        packed = [row.astype(">u2").tobytes() for row in rows]
    else:
        unpacked = (rows[..., None] >> np.arange(bits)[::-1] & 1).reshape(height, -1).astype(np.uint8)
        packed = [row.tobytes() for row in np.packbits(unpacked, axis=1)]
    kind = 3 if palette is not None else KINDS[bands[0] if bands else 1]
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    content += b"" if palette is None else chunk(b"PLTE", palette.astype(np.uint8).tobytes())
    content += chunk(b"tRNS", clear) if clear else b""
    content += chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in packed))) + chunk(b"IEND", b"")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_grey_png_of_every_depth(tmp_path, bits):
    """A mask's labels are the samples; an image is spread over 0..255, as the specification says."""
    values = RNG.integers(0, min(1 << bits, 256), SIZE)
    path = png(tmp_path / "a.png", values, bits)
    assert np.array_equal(read_mask(path, LIMIT), values)
    shown = np.repeat(np.rint(values * 255.0 / ((1 << bits) - 1))[..., None], 3, 2)
    assert np.array_equal(read_image(path, LIMIT), shown)
    if bits < 16:  # OpenCV reads by libpng
        assert np.array_equal(read_image(path, LIMIT), cv2.imread(str(path), cv2.IMREAD_COLOR))


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("bands", [1, 3])
def test_a_transparent_colour_is_white_at_every_depth(tmp_path, bits, bands):
    """The specification compares samples as they are stored. Colours have 8 or 16 bits."""
    if bands == 3 and bits < 8:
        pytest.skip("no such PNG")
    values = RNG.integers(0, 1 << bits, (*SIZE, bands))
    path = png(
        tmp_path / "a.png", values[..., 0] if bands == 1 else values, bits, clear=values[0, 0].astype(">u2").tobytes()
    )
    shown = np.rint(values * 255.0 / ((1 << bits) - 1)) * np.ones(3)
    shown[(values == values[0, 0]).all(2)] = 255
    assert np.array_equal(read_image(path, LIMIT), shown)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_palette_png_is_its_indices(tmp_path, bits):
    """Whatever the colours are, transparent ones too; an image is its colours."""
    values = RNG.integers(0, 1 << bits, SIZE)
    palette = RNG.integers(0, 256, (1 << bits, 3))
    path = png(tmp_path / "a.png", values, bits, palette=palette, clear=b"\0")
    with hearing() as remarks:
        assert np.array_equal(read_mask(path, LIMIT), values)
        assert np.array_equal(read_mask(path, LIMIT, colours=True), palette[values])
    assert remarks == []
    palette[0] = 255
    assert np.array_equal(read_image(path, LIMIT), palette[values])


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("bands", [2, 3, 4])
def test_grey_in_other_clothes_is_the_index(tmp_path, bits, bands):
    """Grey with alpha, three equal channels, and those with alpha; opaque everywhere, so there is no doubt."""
    labels = RNG.integers(0, 256, SIZE)
    values = np.repeat(labels[..., None], bands, 2)
    if bands != 3:
        values[..., -1] = (1 << bits) - 1
    with hearing() as remarks:
        assert np.array_equal(read_mask(png(tmp_path / "a.png", values, bits), LIMIT), labels)
    assert remarks == []


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("bands", [2, 4])
def test_alpha_that_hides_something_is_ignored_and_remarked(tmp_path, bits, bands):
    """Other tools that train on masks ignore alpha too."""
    values = np.repeat(RNG.integers(0, 256, SIZE)[..., None], bands, 2)
    values[..., -1] = RNG.integers(0, 1 << bits, SIZE)
    path = png(tmp_path / "a.png", values, bits)
    with hearing() as remarks:
        assert np.array_equal(read_mask(path, LIMIT), values[..., 0])
    assert [("not opaque" in line) for line in remarks] == [True]


def test_one_pixel_in_colours_makes_a_mask_of_colours(tmp_path):
    """Then equal channels are colours too, at 8 and at 16 bits."""
    values = np.zeros((*SIZE, 3), int)
    values[3, 4] = 128, 0, 0
    assert np.array_equal(read_mask(png(tmp_path / "a.png", values, 8), LIMIT), values)
    assert np.array_equal(read_mask(png(tmp_path / "a.png", values * 257, 16), LIMIT, colours=True), values)


def test_sixteen_bit_colours_that_rounding_would_change_are_refused(tmp_path):
    """Values of 8 bits in a file of 16 are shown nearly black."""
    values = np.zeros((*SIZE, 3), int)
    values[3, 4] = 128, 0, 0
    path = png(tmp_path / "a.png", values, 16)
    with pytest.raises(BenchError, match=r"a\.png: colours of 16 bits that are not colours of 8 bits"):
        read_mask(path, LIMIT, colours=True)


@pytest.mark.parametrize("bands", [1, 3])
def test_a_label_above_255_is_named(tmp_path, bands):
    """Instance ids of 1000 are not cut to 8 bits."""
    path = png(tmp_path / "a.png", np.full((*SIZE, bands), 1000)[..., : 1 if bands == 1 else 3].squeeze(), 16)
    with pytest.raises(BenchError, match=r"a\.png: a label of 1000 in the mask; labels are 0 to 255"):
        read_mask(path, LIMIT)


@pytest.mark.parametrize("kind", ["BMP", "GIF"])
@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_bmp_and_gif_are_their_values(tmp_path, kind, mode):
    """Pillow numbers the grey values of a GIF anew, and the value counts; a BMP of one bit holds 0 and 1."""
    labels = RNG.choice([0, 1, 2, 7, 255], SIZE).astype(np.uint8) if mode == "L" else RNG.random(SIZE) > 0.5
    Image.fromarray(labels).save(tmp_path / "a.img", kind)
    expected = labels * 255 if (kind, mode) == ("GIF", "1") else labels  # a GIF has no mode of one bit
    assert np.array_equal(read_mask(tmp_path / "a.img", LIMIT), expected)
    with Image.open(tmp_path / "a.img") as image:
        shown = np.asarray(image.convert("RGB"))
    assert np.array_equal(read_image(tmp_path / "a.img", LIMIT), shown)
    assert np.array_equal(read_mask(tmp_path / "a.img", LIMIT, colours=True), shown)


def in_palette(labels):
    image = Image.fromarray(labels)
    image.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0] + [9] * 759)
    return image


def test_a_bmp_with_a_palette_is_its_indices(tmp_path):
    """As a PNG is."""
    labels = RNG.integers(0, 3, SIZE).astype(np.uint8)
    in_palette(labels).save(tmp_path / "a.bmp")
    assert np.array_equal(read_mask(tmp_path / "a.bmp", LIMIT), labels)


def test_a_gif_in_colours_is_its_colours(tmp_path):
    """Its indices are not to be trusted: Pillow, like others, numbers the colours in use anew."""
    labels = RNG.integers(1, 3, SIZE).astype(np.uint8)
    in_palette(labels).save(tmp_path / "a.gif")
    assert read_mask(tmp_path / "a.gif", LIMIT).shape == (*SIZE, 3)
    assert np.array_equal(read_mask(tmp_path / "a.gif", LIMIT, colours=True)[..., 0], (labels == 1) * 128)


@pytest.mark.parametrize(("name", "options"), [("JPEG", {"quality": 100}), ("WEBP", {"quality": 90}), ("JPEG2000", {})])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_lossy_formats_hold_no_exact_labels(tmp_path, name, options, mode):
    """Even where every value that came out is one of a class."""
    image = Image.fromarray(RNG.integers(0, 20, SIZE).astype(np.uint8)).convert(mode)
    image.save(tmp_path / "a.png", name, **options)
    with pytest.raises(BenchError, match=r"a\.png: .*change(s)? values, so the mask holds no exact labels; give a PNG"):
        read_mask(tmp_path / "a.png", LIMIT)


@pytest.mark.parametrize("alpha", [False, True])
def test_a_lossless_webp_is_exact(tmp_path, alpha):
    """With alpha or metadata its pixels lie behind other chunks."""
    labels = RNG.integers(0, 20, SIZE).astype(np.uint8)
    image = Image.fromarray(np.repeat(labels[..., None], 3, 2))
    if alpha:
        image.putalpha(255)
    exif = Image.Exif()
    exif[274] = 1
    image.save(tmp_path / "a.webp", lossless=True, exif=exif)
    assert np.array_equal(read_mask(tmp_path / "a.webp", LIMIT), labels)


def test_netpbm_masks_are_refused(tmp_path):
    """A PGM of greatest value 3 would be spread over 0..255; in a PBM 1 is black."""
    (tmp_path / "a.pgm").write_bytes(b"P5 2 1 3\n\0\3")
    assert read_image(tmp_path / "a.pgm", LIMIT)[..., 0].tolist() == [[0, 255]]
    with pytest.raises(BenchError, match=r"a\.pgm: values of PBM, PGM and PPM"):
        read_mask(tmp_path / "a.pgm", LIMIT)


def test_a_pgm_of_16_bits_is_brought_to_8(tmp_path):
    """v / 257, as in PNG and TIFF."""
    values = RNG.integers(0, 65536, SIZE).astype(np.uint16)
    assert cv2.imwrite(str(tmp_path / "a.pgm"), values)
    assert np.array_equal(read_image(tmp_path / "a.pgm", LIMIT)[..., 2], np.rint(values / 257))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_animations_are_refused_with_their_number_of_frames(tmp_path, kind):
    """As a TIFF of several pages is."""
    frames = [Image.fromarray(RNG.integers(0, 256, (*SIZE, 3), dtype=np.uint8)) for _ in range(3)]
    frames[0].save(tmp_path / "a.img", kind, save_all=True, append_images=frames[1:])
    for read in (read_image, read_mask):
        with pytest.raises(UnreadableImage, match=r"a\.img: it has 3 frames where one image is expected"):
            read(tmp_path / "a.img", LIMIT)


@pytest.mark.parametrize("turn", range(10))
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
@pytest.mark.parametrize("colours", [False, True])
def test_masks_are_turned_by_their_orientation_tag(tmp_path, turn, kind, colours):
    """As images are: what Pillow's exif_transpose gives; unknown numbers change nothing."""
    exif = Image.Exif()
    exif[274] = turn
    pixels = RNG.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    pixels = pixels if colours else np.repeat(pixels[..., :1], 3, 2)
    Image.fromarray(pixels).save(tmp_path / "a.img", kind, exif=exif, lossless=True)
    with Image.open(tmp_path / "a.img") as image:
        expected = np.asarray(ImageOps.exif_transpose(image)) if turn in range(1, 9) else pixels
    assert np.array_equal(
        read_mask(tmp_path / "a.img", LIMIT, colours=colours), expected if colours else expected[..., 0]
    )
