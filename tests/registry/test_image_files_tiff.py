"""TIFF of every kind: images as they are shown, masks as they are stored; the rows of docs/data.md."""

import io
import struct

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from registry.errors import BenchError
from registry.image_files import UnreadableImage
from registry.image_files.reading import read_image, read_mask
from registry.remarks import hearing

LIMIT = 10**6
RNG = np.random.default_rng(3)
SIZE = 18, 25


def samples(bits, *bands):
    """Random samples of so many bits, with both ends of their range."""
    found = RNG.integers(0, 1 << bits, (*SIZE, *bands)).astype(np.uint8 if bits <= 8 else np.uint16)
    found[0, 0], found[0, 1] = 0, (1 << bits) - 1
    return found


def written(tmp_path, values, **options):
    tifffile.imwrite(tmp_path / "a.tif", values, **options)
    return tmp_path / "a.tif"


def grey(values, bits):
    """What is shown of black-is-zero samples, in closed form."""
    return np.repeat(np.rint(values * 255.0 / ((1 << bits) - 1)).astype(np.uint8)[..., None], 3, 2)


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 10, 12, 14, 16])
@pytest.mark.parametrize("inverted", [False, True], ids=["black is zero", "white is zero"])
def test_grey_of_every_depth(tmp_path, bits, inverted):
    """An image is scaled and inverted where white is zero; a mask is what was written."""
    values = samples(bits)
    path = written(
        tmp_path,
        values.astype(bool) if bits == 1 else values,
        bitspersample=bits,
        photometric="miniswhite" if inverted else "minisblack",
    )
    shown = grey(values, bits)
    assert np.array_equal(read_image(path, LIMIT), 255 - shown if inverted else shown)
    labels = np.minimum(values, 255)
    path = written(tmp_path, labels, bitspersample=max(bits, 2), photometric="miniswhite" if inverted else "minisblack")
    assert np.array_equal(read_mask(path, LIMIT), labels)


@pytest.mark.parametrize("bits", [1, 8])
def test_white_as_zero_is_shown_as_pillow_shows_it(tmp_path, bits):
    """Pillow (which inverts these two depths) is the reader of what is shown, also of masks in colours."""
    values = samples(bits)
    path = written(tmp_path, values.astype(bool) if bits == 1 else values, photometric="miniswhite")
    shown = np.asarray(Image.open(path).convert("RGB"))
    assert np.array_equal(read_image(path, LIMIT), shown)
    assert np.array_equal(read_mask(path, LIMIT, colours=True), shown)


def test_masks_of_bool_come_back_as_written(tmp_path):
    """tifffile writes them with white as zero, and reads them as they were; no doubt, so no remark."""
    truth = RNG.random(SIZE) > 0.5
    path = written(tmp_path, truth)
    with hearing() as remarks:
        assert np.array_equal(read_mask(path, LIMIT), tifffile.imread(path))
        assert np.array_equal(read_mask(path, LIMIT), truth)
    assert remarks == []


@pytest.mark.parametrize(("software", "colours"), [("scanner", False), ("scanner", True), ("tifffile.py", True)])
def test_white_as_zero_is_remarked_where_readers_disagree(tmp_path, software, colours):
    """Another program may mean what is shown; with colours what is shown counts."""
    path = written(tmp_path, samples(8), photometric="miniswhite", software=software)
    with hearing() as remarks:
        read_mask(path, LIMIT, colours=colours)
    assert len(remarks) == 1
    assert "white as zero" in remarks[0]


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("bits", [8, 16])
def test_colours_side_by_side_and_in_planes(tmp_path, bits, planar):
    """Both arrangements hold the same image."""
    values = samples(bits, 3)
    stored = values if planar == "contig" else np.moveaxis(values, 2, 0)
    path = written(tmp_path, stored, photometric="rgb", planarconfig=planar)
    assert np.array_equal(read_image(path, LIMIT), np.rint(values * 255.0 / ((1 << bits) - 1)))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("meaning", ["unspecified", "unassalpha", "assocalpha"])
def test_a_fourth_band(tmp_path, bits, planar, meaning):
    """Alpha is put over white, associated or not; what is not said to be alpha is passed over."""
    eight = RNG.integers(0, 256, (*SIZE, 4))
    if meaning == "assocalpha":
        eight[..., :3] = eight[..., :3] * eight[..., 3:] // 255  # no colour above its alpha
    values = (eight if bits == 8 else eight * 257).astype(np.uint8 if bits == 8 else np.uint16)
    stored = values if planar == "contig" else np.moveaxis(values, 2, 0)
    path = written(tmp_path, stored, photometric="rgb", planarconfig=planar, extrasamples=[meaning])
    colour, alpha = eight[..., :3], eight[..., 3:] / 255
    over = {
        "unspecified": colour,
        "unassalpha": np.rint(colour * alpha + 255 * (1 - alpha)),
        "assocalpha": np.rint(colour + 255 * (1 - alpha)),
    }
    assert np.array_equal(read_image(path, LIMIT), over[meaning])


@pytest.mark.parametrize("meaning", ["unspecified", "unassalpha"])
def test_a_second_band_of_grey(tmp_path, meaning):
    """As a fourth one of colours; a mask's labels are the grey values, and alpha that hides some is remarked."""
    values = samples(8, 2)
    path = written(tmp_path, values, photometric="minisblack", planarconfig="contig", extrasamples=[meaning])
    alpha = values[..., 1] / 255 if meaning == "unassalpha" else np.ones(SIZE)
    assert np.array_equal(read_image(path, LIMIT)[..., 0], np.rint(values[..., 0] * alpha + 255 * (1 - alpha)))
    with hearing() as remarks:
        assert np.array_equal(read_mask(path, LIMIT), values[..., 0])
    assert [("alpha is ignored" in line) for line in remarks] == [True] * (meaning == "unassalpha")


LOSSLESS = ["none", "lzw", "zlib", "packbits", "zstd", "lzma", "deflate"]


@pytest.mark.parametrize("compression", LOSSLESS)
@pytest.mark.parametrize("layout", [{"tile": (16, 16)}, {"rowsperstrip": 5}], ids=["tiles", "strips"])
@pytest.mark.parametrize(
    "form", [{"byteorder": ">"}, {"bigtiff": True}, {"predictor": True}], ids=lambda f: next(iter(f))
)
def test_every_arrangement_holds_the_same_pixels(tmp_path, compression, layout, form):
    """Compression, tiles and strips, byte order, BigTIFF and predictor change nothing; at 8 and 16 bits."""
    if form == {"predictor": True} and compression in ("none", "packbits"):
        form = {}
    for bits in (8, 16):
        values = samples(bits, 3)
        packed = None if compression == "none" else compression
        path = written(tmp_path, values, photometric="rgb", compression=packed, **layout, **form)
        assert np.array_equal(read_image(path, LIMIT), np.rint(values * 255.0 / ((1 << bits) - 1)))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw", None])
def test_bilevel_files_of_pillow(tmp_path, compression):
    """Fax compressions among them: the labels are what was written."""
    truth = RNG.random(SIZE) > 0.5
    Image.fromarray(truth).save(tmp_path / "a.tif", compression=compression)
    assert np.array_equal(read_mask(tmp_path / "a.tif", LIMIT), truth)
    assert np.array_equal(read_image(tmp_path / "a.tif", LIMIT)[..., 0], truth * 255)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK", "YCbCr", "LAB", "P", "RGBA", "LA"])
@pytest.mark.parametrize("compression", [None, "jpeg", "tiff_lzw"])
def test_files_of_pillow_are_read_as_pillow_reads_them(tmp_path, mode, compression):
    """Every mode that Pillow writes as TIFF, over white where it is transparent."""
    bands = RNG.integers(0, 256, (*SIZE, len(Image.new(mode, (1, 1)).getbands())), dtype=np.uint8)
    image = Image.frombytes(mode, SIZE[::-1], bands.tobytes())
    if mode == "P":
        image.putpalette(RNG.integers(0, 256, 768, dtype=np.uint8).tobytes())
    try:
        image.save(tmp_path / "a.tif", compression=compression)
    except OSError:
        pytest.skip("libtiff does not write this pair")
    with Image.open(tmp_path / "a.tif") as stored:
        if mode in ("RGBA", "LA"):
            rgba = np.asarray(stored.convert("RGBA")).astype(float)
            alpha = rgba[..., 3:] / 255
            expected = np.rint(rgba[..., :3] * alpha + 255 * (1 - alpha))
        else:
            expected = np.asarray(stored.convert("RGB"))
    assert np.array_equal(read_image(tmp_path / "a.tif", LIMIT), expected)


@pytest.mark.parametrize("kind", ["rgb", "grey"])
@pytest.mark.parametrize("bits", [8, 16])
def test_files_of_opencv(tmp_path, kind, bits):
    """OpenCV writes by libtiff, with LZW and a predictor; it reads 16 bits whole."""
    values = samples(bits, 3) if kind == "rgb" else samples(bits)
    assert cv2.imwrite(str(tmp_path / "a.tif"), values[..., ::-1] if kind == "rgb" else values)
    read = cv2.imread(str(tmp_path / "a.tif"), cv2.IMREAD_UNCHANGED)
    read = read[..., ::-1] if kind == "rgb" else np.repeat(read[..., None], 3, 2)
    assert np.array_equal(read_image(tmp_path / "a.tif", LIMIT), np.rint(read * 255.0 / ((1 << bits) - 1)))


def test_cmyk_of_16_bits_is_that_of_8_bits(tmp_path):
    """Pillow reads the twin of 8 bits."""
    eight = samples(8, 4)
    path = written(tmp_path, eight, photometric="separated")
    expected = np.asarray(Image.open(path).convert("RGB"))
    assert np.array_equal(read_image(path, LIMIT), expected)
    path = written(tmp_path, eight.astype(np.uint16) * 257, photometric="separated")
    assert np.array_equal(read_image(path, LIMIT), expected)


@pytest.mark.parametrize("widened", [256, 257])
def test_a_palette_is_indices_for_masks_and_colours_for_images(tmp_path, widened):
    """Writers widen a palette's colours to 16 bits in two ways; the high byte is right for both."""
    palette, values = RNG.integers(0, 256, (3, 256)), samples(8)
    path = written(tmp_path, values, photometric="palette", colormap=(palette * widened).astype(np.uint16))
    assert np.array_equal(read_mask(path, LIMIT), values)
    assert np.array_equal(read_image(path, LIMIT), palette.T[values])
    assert np.array_equal(read_mask(path, LIMIT, colours=True), np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("turn", range(10))
def test_the_orientation_tag_turns_images_and_masks(tmp_path, turn):
    """As Pillow's exif_transpose turns the same pixels in a PNG."""
    values = samples(8)
    path = written(tmp_path, values, photometric="minisblack", extratags=[(274, "H", 1, turn, True)])
    exif, twin = Image.Exif(), io.BytesIO()
    exif[274] = turn
    Image.fromarray(values).save(twin, "PNG", exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(twin))) if turn in range(1, 9) else values
    assert np.array_equal(read_mask(path, LIMIT), expected)
    assert np.array_equal(read_image(path, LIMIT)[..., 1], expected)


def test_several_pages_are_refused_with_their_number(tmp_path):
    """Neither the first nor the largest is known to be meant."""
    path = written(tmp_path, np.stack([samples(8)] * 3), photometric="minisblack")
    for read in (read_image, read_mask):
        with pytest.raises(UnreadableImage, match=r"a\.tif: it has 3 pages where one image is expected"):
            read(path, LIMIT)


def test_an_imagej_stack_with_one_directory_is_several_pages(tmp_path):
    """ImageJ may describe the first page alone, and say in its own words how many follow."""
    path = written(tmp_path, samples(8), imagej=True)
    content = path.read_bytes()
    assert content.count(b"ImageJ=1.11a\n") == 1
    path.write_bytes(content.replace(b"ImageJ=1.11a\n", b"images=4\nIJ=1\n")[: len(content)])
    tifffile.imwrite(path, samples(8), description="ImageJ=1.53k\nimages=4\nslices=4\n", metadata=None)
    with pytest.raises(UnreadableImage, match="it has 4 pages"):
        read_image(path, LIMIT)


@pytest.mark.parametrize("kind", [1, 4, 5], ids=["reduced", "mask", "reduced mask"])
@pytest.mark.parametrize("first", [True, False], ids=["image first", "image last"])
def test_thumbnails_and_masks_beside_the_image_are_passed_over(tmp_path, kind, first):
    """NewSubfileType says what they are; some cameras put the thumbnail first."""
    values = samples(8)
    small = values[::2, ::2] > 99 if kind & 4 else values[::2, ::2].copy()  # mask pages have one bit
    pages = [(values, 0), (small, kind)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for pixels, subfile in pages if first else pages[::-1]:
            file.write(pixels, subfiletype=subfile, photometric="minisblack", metadata=None)
    assert np.array_equal(read_mask(tmp_path / "a.tif", LIMIT), values)


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.uint32, np.int64])
def test_whole_numbers_of_other_types_are_labels_if_they_fit(tmp_path, kind):
    """A mask's type does not matter; an image of it has no white."""
    labels = RNG.integers(0, 21, SIZE)
    path = written(tmp_path, labels.astype(kind), photometric="minisblack")
    assert np.array_equal(read_mask(path, LIMIT), labels)
    with pytest.raises(UnreadableImage, match=rf"a\.tif: {np.dtype(kind)} pixels have no stated range"):
        read_image(path, LIMIT)


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        (np.full(SIZE, -1, np.int16), r"a label of -1 in the mask; labels are 0 to 255"),
        (np.full(SIZE, 256, np.uint16), r"a label of 256 in the mask; labels are 0 to 255"),
        (np.ones(SIZE, np.float32), r"the mask holds float32 numbers"),
        (np.ones(SIZE, np.float16), r"the mask holds float16 numbers"),
        (np.ones(SIZE, np.complex64), r"the mask holds complex64 numbers"),
    ],
)
def test_masks_of_other_numbers_name_the_true_cause(tmp_path, values, cause):
    """They are not "in colours"."""
    path = written(tmp_path, values, photometric="minisblack")
    with pytest.raises(BenchError, match=cause):
        read_mask(path, LIMIT)


@pytest.mark.parametrize("bands", [3, 5])
def test_bands_that_are_not_said_to_be_colours_are_refused(tmp_path, bands):
    """Nobody knows which one is red."""
    path = written(tmp_path, samples(16, bands), photometric="minisblack", planarconfig="contig")
    with pytest.raises(UnreadableImage, match=f"{bands} bands, and the file does not say which"):
        read_image(path, LIMIT)


@pytest.mark.parametrize("compression", ["jpeg", "jpeg2000", "webp"])
def test_a_mask_in_a_lossy_compression_is_refused(tmp_path, compression):
    """Its values may be those of other classes."""
    path = written(tmp_path, samples(8, 3), photometric="rgb", compression=compression)
    with pytest.raises(BenchError, match="change(s)? values, so the mask holds no exact labels"):
        read_mask(path, LIMIT)


def test_a_photometric_interpretation_that_is_not_read_is_named(tmp_path):
    """Raw sensor data, for instance."""
    path = written(tmp_path, samples(16), photometric="cfa")
    with pytest.raises(UnreadableImage, match=r"a\.tif: TIFF of the kind .*CFA.* is not read; save it as RGB"):
        read_image(path, LIMIT)


def patched(path, tag, value):
    """Change the (first) value of a tag in a little-endian file."""
    with tifffile.TiffFile(path) as file:
        found = file.pages[0].tags[tag]
        place, kind = found.valueoffset, {3: "<H", 4: "<I", 16: "<Q"}[int(found.dtype)]
    content = bytearray(path.read_bytes())
    struct.pack_into(kind, content, place, value)
    path.write_bytes(content)


@pytest.mark.parametrize(("tag", "value"), [(273, 0), (273, 10**6), (279, 0), (279, 10**6)])
def test_parts_that_are_not_in_the_file_are_not_filled(tmp_path, tag, value):
    """tifffile would leave zeros, which are a label."""
    path = written(tmp_path, samples(8), photometric="minisblack", compression="zlib")
    patched(path, tag, value)
    with pytest.raises(UnreadableImage, match=r"a\.tif: damaged"):
        read_mask(path, LIMIT)


@pytest.mark.parametrize("compression", [None, "zlib"])
def test_the_size_is_checked_before_decoding(tmp_path, compression):
    """A header may promise terabytes; a tile may be far larger than its image."""
    path = written(tmp_path, samples(8), photometric="minisblack", compression=compression)
    patched(path, 257, 60_000)
    with pytest.raises(UnreadableImage, match=r"a\.tif: 25x60000 is above max_pixels = 1000000"):
        read_image(path, LIMIT)
    path = written(tmp_path, samples(8), photometric="minisblack", compression=compression, tile=(16, 16))
    for tag in (322, 323):
        patched(path, tag, 32_000)
    with pytest.raises(UnreadableImage, match=r"a\.tif: (32000x32000 is above max_pixels|damaged)"):
        read_image(path, LIMIT)
