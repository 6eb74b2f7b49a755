"""Files that would block the reader or take gigabytes of memory or hours: refused by their first bytes."""

import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from registry.image_files import MAX_PIXELS, UnreadableImage
from registry.image_files.reading import read_image, read_mask
from registry.image_files.segment_sizes import SIZES

ROOT = Path(__file__).parents[2]
CHILD = """
import resource, sys
from pathlib import Path
from registry.image_files import MAX_PIXELS, UnreadableImage
from registry.image_files.reading import read_image
import tifffile
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_image(Path(sys.argv[1]), MAX_PIXELS)
except UnreadableImage as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
PHOTO = np.random.default_rng(5).integers(0, 256, (40, 48, 3), np.uint8)


def tiff_of(tmp_path, segment, compression):
    """A TIFF of 16 x 16 pixels whose only strip is `segment`."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((16, 16, 3), np.uint8), photometric="rgb", metadata=None)
    with tifffile.TiffFile(path) as file:
        places = {tag: file.pages[0].tags[tag].valueoffset for tag in (259, 273, 279)}
    content = bytearray(path.read_bytes())
    struct.pack_into("<H", content, places[259], compression)
    struct.pack_into("<I", content, places[273], len(content))
    struct.pack_into("<I", content, places[279], len(segment))
    path.write_bytes(bytes(content) + segment)
    return path


@pytest.mark.parametrize("node", ["pipe", "device", "folder"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path, node):
    """A named pipe would wait for its writer, and /dev/zero has no end."""
    path = tmp_path / "a.png"
    {"pipe": os.mkfifo, "device": lambda at: at.symlink_to("/dev/zero"), "folder": Path.mkdir}[node](path)
    begin = time.monotonic()
    with pytest.raises(UnreadableImage, match=r"a\.png: (not a file but a pipe, a socket or a device|is a folder)"):
        read_image(path, MAX_PIXELS)
    assert time.monotonic() - begin < 1


def test_a_file_far_larger_than_its_pixels_is_refused(tmp_path):
    """A sparse file of 300 MB that begins like a PNG."""
    path = tmp_path / "a.png"
    Image.fromarray(PHOTO).save(path)
    with path.open("r+b") as file:
        file.truncate(300_000_000)
    assert read_image(path, MAX_PIXELS).shape == PHOTO.shape  # there is room for metadata
    with pytest.raises(UnreadableImage, match=r"a\.png: more than 268,435,456 bytes"):
        read_image(path, 10_000)


@pytest.mark.parametrize("pages", ["to itself", "in a ring", "on and on"])
def test_pages_without_end_are_refused(tmp_path, pages):
    """The directory of a page leads to the next one; tifffile follows it 4 billion times."""
    page = struct.pack("<H", 1) + struct.pack("<HHII", 256, 4, 1, 8)
    size, number = len(page) + 4, {"to itself": 1, "in a ring": 5, "on and on": 3000}[pages]
    after = [*(8 + size * i for i in range(1, number)), 0 if pages == "on and on" else 8]
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + b"".join(page + struct.pack("<I", one) for one in after))
    with pytest.raises(UnreadableImage, match=r"a\.tif: (damaged, its pages lead back|it has more than 1000 pages)"):
        read_image(tmp_path / "a.tif", MAX_PIXELS)


ENCODERS = {
    "JPEG": (7, imagecodecs.jpeg8_encode),
    "JPEG 2000": (34712, lambda pixels: imagecodecs.jpeg2k_encode(pixels, codecformat="j2k")),
    "WebP": (50001, lambda pixels: imagecodecs.webp_encode(pixels, lossless=True)),
    "PNG": (34933, imagecodecs.png_encode),
    "LERC": (34887, imagecodecs.lerc_encode),
}


@pytest.mark.parametrize("kind", ENCODERS)
def test_the_header_of_a_part_has_the_size_of_its_image(kind):
    """As many columns and rows as were encoded."""
    compression, encode = ENCODERS[kind]
    assert SIZES[compression](encode(PHOTO)) == (48, 40)


@pytest.mark.parametrize("kind", ENCODERS)
def test_a_part_larger_than_the_limit_is_refused_before_decoding(tmp_path, kind):
    """The TIFF says 16 x 16, its strip holds a million pixels and more: tifffile decodes them all, and crops."""
    compression, encode = ENCODERS[kind]
    path = tiff_of(tmp_path, encode(np.zeros((1100, 1000, 3), np.uint8)), compression)
    with pytest.raises(UnreadableImage, match=r"a\.tif: 1000x1100 is above max_pixels = 1000000"):
        read_image(path, 1_000_000)


@pytest.mark.parametrize("compression", [22610, 34934, 50002, 52546])
def test_compressions_whose_size_nobody_reads_are_refused(tmp_path, compression):
    """JPEG XR and JPEG XL."""
    with pytest.raises(UnreadableImage, match=r"a\.tif: TIFF compressed as JPEG X[RL] is not read; save it with LZW"):
        read_image(tiff_of(tmp_path, bytes(100), compression), MAX_PIXELS)


@pytest.mark.parametrize("inside", [False, True], ids=["a JPEG", "a JPEG in a TIFF"])
def test_endless_scans_are_refused(tmp_path, inside):
    """A progressive JPEG may go over its image as often as it likes; each time takes as long."""
    Image.fromarray(PHOTO).save(tmp_path / "a.jpg", progressive=True)
    content = (tmp_path / "a.jpg").read_bytes()
    assert read_image(tmp_path / "a.jpg", MAX_PIXELS).shape == PHOTO.shape
    last = content.rindex(b"\xff\xda")
    endless = content[:-2] + content[last:-2] * 100 + content[-2:]
    path = tiff_of(tmp_path, endless, 7) if inside else tmp_path / "a.jpg"
    if not inside:
        path.write_bytes(endless)
    with pytest.raises(UnreadableImage, match=r"a JPEG of 1\d\d scans; at most 100 are read"):
        read_image(path, MAX_PIXELS)


@pytest.mark.parametrize("kind", ["PNG", "JPEG in a TIFF"])
def test_a_refused_bomb_takes_no_memory(tmp_path, kind):
    """A process that refuses it grows by less than 50 MB; decoded it would be 5.4 GB."""
    Image.fromarray(np.zeros((40, 48), np.uint8)).save(tmp_path / "a.jpg")
    jpeg = bytearray((tmp_path / "a.jpg").read_bytes())
    if kind == "PNG":
        path = tmp_path / "a.png"
        Image.new("L", (48, 40)).save(path)
        png = bytearray(path.read_bytes())
        struct.pack_into(">II", png, 16, 42_000, 42_000)
        struct.pack_into(">I", png, 29, zlib.crc32(png[12:29]))
        path.write_bytes(png)
    else:
        place = jpeg.index(b"\xff\xc0")
        struct.pack_into(">HH", jpeg, place + 5, 65_000, 65_000)
        path = tiff_of(tmp_path, bytes(jpeg), 7)
    done = subprocess.run([sys.executable, "-c", CHILD, path], capture_output=True, text=True, cwd=ROOT, check=True)
    reason, kilobytes = done.stdout.splitlines()
    assert "is above max_pixels" in reason
    assert int(kilobytes) < 50_000


def test_a_mask_goes_through_the_same_door(tmp_path):
    """As an image does."""
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(UnreadableImage, match="not a file but a pipe"):
        read_mask(tmp_path / "a.png", MAX_PIXELS)
