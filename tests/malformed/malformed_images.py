"""Malformed images and masks: for `bench perturb`, which refuses them, and in a folder, where images are left out."""

import os
import socket
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from random import Random

import numpy as np
import tifffile
from malformed_case import Case, Make
from PIL import Image

PHOTO = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
KINDS = {
    "png": {},
    "jpg": {},
    "gif": {},
    "webp": {"lossless": True},
    "tif": {"compression": "tiff_lzw"},
    "bmp": {},
    "ppm": {},
    "jp2": {},
}
FOREIGN: dict[str, bytes] = {
    "empty": b"",
    "a text": b"this is no image\n",
    "HTML": b"<!doctype html><html><body>404</body></html>",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "EPS": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "ZIP": b"PK\3\4" + bytes(40),
    "a pointer of git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "an array of NumPy": b"\x93NUMPY\1\0v\0" + bytes(100),
    "zeros": bytes(1000),
    "a Photoshop file": b"8BPS\0\1" + bytes(60),
    "a signature alone": b"\x89PNG\r\n\x1a\n",
    "a pickle": b"\x80\4cos\nsystem\n(S'touch ran'\ntR.",
}


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_of(width: int, height: int, data: bytes, depth: int = 8, colour: int = 0, *more: bytes) -> bytes:
    """Return a PNG with a header and data of any kind."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = _chunk(b"IHDR", header), *more, _chunk(b"IDAT", data), _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def zeros(megabytes: int) -> bytes:
    """Return so many megabytes of zeros, packed a thousand times."""
    pack = zlib.compressobj(9)
    return b"".join(pack.compress(bytes(1 << 20)) for _ in range(megabytes)) + pack.flush()


def tiff_of(**tags: bytes | int) -> bytes:
    """Return a grey TIFF of 8 x 8 pixels with other values for some of its tags, and what follows it."""
    follows, behind = tags.pop("follows", 0), tags.pop("behind", bytes(64))
    usual = {"256": 8, "257": 8, "258": 8, "259": 1, "262": 1, "273": 8, "277": 1, "278": 8, "279": 64}
    entries = sorted(
        (int(key.lstrip("t")), value) for key, value in ({f"t{k}": v for k, v in usual.items()} | tags).items()
    )
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0\x08\0\0\0" + body + struct.pack("<I", follows) + behind


def tiff_around(jpeg: bytes) -> bytes:
    """Return a TIFF of 8 x 8 pixels whose only strip is this JPEG."""
    begin = 8 + 2 + 9 * 12 + 4
    return tiff_of(t259=7, t273=begin, t279=len(jpeg), behind=jpeg)


def saved(kind: str, pixels: np.ndarray = PHOTO, **more) -> bytes:
    """Return what Pillow writes."""
    buffer = BytesIO()
    name = {"jpg": "JPEG", "tif": "TIFF", "jp2": "JPEG2000"}.get(kind, kind.upper())
    Image.fromarray(pixels).save(buffer, name, **(KINDS[kind] | more))
    return buffer.getvalue()


def _with(content: bytes, mark: bytes, offset: int, new: bytes) -> bytes:
    place = content.index(mark) + offset
    return content[:place] + new + content[place + len(new) :]


def huge() -> dict[str, bytes]:
    """Return files that would take gigabytes or hours: a few bytes, or some that are packed well."""
    giant = struct.pack(">HH", 65535, 65535)
    scans = saved("jpg", np.zeros((64, 64), np.uint8), progressive=True)
    last = scans.rindex(b"\xff\xda")
    row = zlib.compress(bytes(9 * 8))
    text = zeros(100)
    return {
        "a PNG of 1,600 megapixels": png_of(40000, 40000, zeros(20)),
        "a PNG of 16 bits and 1,600 megapixels": png_of(40000, 40000, row, 16, 2),
        "a PNG of 4 billion columns": png_of(0xFFFFFFFF, 1, row),
        "a PNG without pixels": png_of(0, 0, row),
        "a PNG with a huge profile": png_of(8, 8, row, 8, 0, _chunk(b"iCCP", b"x\0\0" + text)),
        "a PNG with a huge text": png_of(8, 8, row, 8, 0, _chunk(b"zTXt", b"x\0\0" + text)),
        "a PNG with a huge international text": png_of(8, 8, row, 8, 0, _chunk(b"iTXt", b"x\0\1\0\0\0" + text)),
        "a PNG of a million frames": png_of(8, 8, row, 8, 0, _chunk(b"acTL", struct.pack(">II", 10**6, 0))),
        "a GIF of 4,295 megapixels": b"GIF89a" + struct.pack("<HH", 65535, 65535) + b"\x80\0\0\0\0\0\xff\xff\xff,"
        + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2L\1\0;",
        "a JPEG of 4,295 megapixels": _with(saved("jpg"), b"\xff\xc0", 5, giant),
        "a JPEG of 5,000 scans": scans[:-2] + scans[last:-2] * 5000 + scans[-2:],
        "a WebP of 268 megapixels": _with(saved("webp"), b"VP8L", 9, struct.pack("<I", 0x3FFF | 0x3FFF << 14)),
        "a BMP of 10,000 megapixels": _with(saved("bmp"), b"BM", 18, struct.pack("<ii", 100_000, 100_000)),
        "a BMP of runs": _with(saved("bmp", PHOTO[..., 0]), b"BM", 18, struct.pack("<iiHHI", 30_000, 30_000, 1, 8, 1)),
        "a JPEG 2000 of 3,600 megapixels": _with(saved("jp2"), b"\xff\x4f\xff\x51", 8, struct.pack(">II", 60000, 60000)),
        "a PPM of 10,000 megapixels": b"P6 99999 99999 255\n",
        "a TIFF of 18 exapixels": tiff_of(t256=0xFFFFFFFF, t257=0xFFFFFFFF),
        "a TIFF with a strip of 4 gigabytes": tiff_of(t279=0xFFFFFFFF),
        "a TIFF whose page leads to itself": tiff_of(follows=8),
        "a TIFF with a JPEG of 4,295 megapixels": tiff_around(_with(saved("jpg", PHOTO[..., 0]), b"\xff\xc0", 5, giant)),
        "a TIFF that is a JPEG XL": tiff_of(t259=50002),
    }  # fmt: skip


def _nodes(folder: Path, name: str) -> dict[str, Make]:
    """Return what is no file, by words; each is made as `folder`/`name`."""

    def listening(at: Path) -> None:
        here = Path.cwd()
        os.chdir(at / folder)  # the path of a socket is short
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(name)
        os.chdir(here)

    return {
        "a folder": lambda at: (at / folder / name).mkdir(),
        "a named pipe": lambda at: os.mkfifo(at / folder / name),
        "a socket": listening,
        "a link to /dev/zero": lambda at: (at / folder / name).symlink_to("/dev/zero"),
        "a link to itself": lambda at: (at / folder / name).symlink_to(name),
        "a link to nothing": lambda at: (at / folder / name).symlink_to("nowhere"),
    }


def _written(path: str, content: bytes) -> Make:
    return lambda at: (at / path).write_bytes(content) and None


def _cut(draw: Random) -> Iterator[tuple[str, str, bytes]]:
    for kind in KINDS:
        whole = saved(kind)
        for share in (0.02, 0.1, 0.3, 0.55):
            yield kind, f"a {kind} cut", whole[: max(1, int(len(whole) * share * draw.uniform(0.8, 1)))]


def _flipped(draw: Random, number: int) -> Iterator[tuple[str, str, bytes]]:
    for i in range(number):
        kind = draw.choice([*KINDS])
        whole = bytearray(saved(kind))
        for _ in range(draw.choice((1, 3, 20))):
            whole[draw.randrange(min(len(whole), draw.choice((60, len(whole)))))] = draw.randrange(256)
        yield kind, f"a {kind} with bytes changed ({i})", bytes(whole)


PERTURB = ("perturb", "photo.png", "-o", "out.png", "--perturbation", "additive_noise", "--strength", "18")


def images(seed: int) -> list[Case]:
    """Return every malformed image, given to `bench perturb`."""
    draw = Random(seed)
    cases = [
        Case("image", what, _written("photo.png", content), PERTURB, "photo.png")
        for what, content in (FOREIGN | huge()).items()
    ]
    cases += [Case("image", what, make, PERTURB, "photo.png") for what, make in _nodes(Path(), "photo.png").items()]
    for kind, what, content in _cut(draw):
        cases.append(
            Case(
                "image",
                what,
                _written(f"photo.{kind}", content),
                ("perturb", f"photo.{kind}", *PERTURB[2:]),
                f"photo.{kind}",
            )
        )
    for kind, what, content in _flipped(draw, 60):
        words = ("perturb", f"photo.{kind}", *PERTURB[2:])
        cases.append(Case("image", what, _written(f"photo.{kind}", content), words, f"photo.{kind}", "either"))
    return cases


LABELS = (PHOTO[..., 0] > 128).astype(np.uint8)
CORRUPT = ("corrupt", "data", "copy", "--perturbation", "additive_noise", "--strengths", "18")


def _folder(at: Path) -> None:
    for kind in ("images", "masks"):
        (at / "data" / kind).mkdir(parents=True)
    for name in ("a", "b"):
        Image.fromarray(PHOTO).save(at / "data" / "images" / f"{name}.png")
        Image.fromarray(LABELS).save(at / "data" / "masks" / f"{name}.png")


def _in_folder(make: Make) -> Make:
    def both(at: Path) -> None:
        _folder(at)
        make(at)

    return both


def _beside(name: str, image: bytes, mask: bytes) -> Make:
    def make(at: Path) -> None:
        (at / "data" / "images" / name).write_bytes(image)
        (at / "data" / "masks" / name).write_bytes(mask)

    return _in_folder(make)


def _tiff(pixels: np.ndarray) -> bytes:
    buffer = BytesIO()
    tifffile.imwrite(buffer, pixels, photometric="minisblack", metadata=None)
    return buffer.getvalue()


def left_out(seed: int) -> list[Case]:
    """Return malformed images in a folder of others: they are left out and named."""
    draw, mask = Random(seed), saved("png", LABELS)
    bad = [*(FOREIGN | huge()).items(), *((what, content) for _, what, content in _cut(draw))]
    cases = [
        Case("image in a folder", what, _beside("bad.png", content, mask), CORRUPT, "left out: bad", "left out")
        for what, content in bad
    ]
    for what, make in _nodes(Path("data/images"), "bad.png").items():
        if what not in ("a folder", "a link to itself"):  # a folder of images, and a link that is refused
            cases.append(Case("image in a folder", what, _in_folder(make), CORRUPT, "left out: bad", "left out"))
    return cases


def masks() -> list[Case]:
    """Return masks that cannot be labels, each refused with its name."""
    colours = np.repeat(LABELS[..., None], 3, 2)
    colours[0, 0] = 1, 2, 3
    bad = {
        "of another size": saved("png", LABELS[:20]),
        "in colours": saved("png", colours),
        "a JPEG": saved("jpg", LABELS),
        "a lossy WebP": saved("webp", np.repeat(LABELS[..., None], 3, 2), lossless=False),
        "a JPEG 2000": saved("jp2", LABELS),
        "a PGM": saved("ppm", LABELS),
        "with a label of 300": saved("png", LABELS.astype(np.uint16) * 300),
        "of floats": _tiff(LABELS.astype(np.float32)),
        "with a label of -1": _tiff(-LABELS.astype(np.int16)),
        "turned": saved("png", np.rot90(LABELS).copy()),
    }
    words = ("perturb", "photo.png", "--mask", "mask.png", *PERTURB[2:])

    def pair(content: bytes) -> Make:
        def make(at: Path) -> None:
            Image.fromarray(PHOTO).save(at / "photo.png")
            (at / "mask.png").write_bytes(content)

        return make

    single = [Case("mask", f"a mask {what}", pair(content), words, "mask.png") for what, content in bad.items()]
    single += [
        Case("mask", f"a mask that is {what}", pair(content), words, "mask.png") for what, content in FOREIGN.items()
    ]
    photo = saved("png")
    return single + [
        Case("mask", f"in a folder, a mask {what}", _beside("bad.png", photo, content), CORRUPT, "bad.png")
        for what, content in bad.items()
    ]
