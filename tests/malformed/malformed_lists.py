"""Malformed lists of images."""

import os
from pathlib import Path

import numpy as np
from malformed_case import Case, Make
from PIL import Image

SUITE = """\
name: listed
datasets: [{name: folder, root: data, images: images, masks: masks, classes: [a, b], splits: {test: SPLIT}}]
models: [{name: background}]
"""
LISTS: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n \n\t\n",
    "comments alone": b"# a\n# b\n",
    "Latin-1": "Bär\n".encode("latin-1"),
    "UTF-16 without a mark": "a\nb\n".encode("utf-16-le"),
    "bytes": bytes(range(256)),
    "NUL": b"a\0b\n",
    "a PNG": b"\x89PNG\r\n\x1a\n" + bytes(range(200)),
    "a name twice": b"a\nb\na\n",
    "a name twice, in two ways": b"a.png\nimages/a.png\n",
    "names of no file": b"x\ny\nz\n",
    "one name of no file": b"a\nb\nmissing\n",
    "a path out of the root": b"../../evil\n",
    "a path out with extension": b"../../evil.png\n",
    "the password file": b"/etc/passwd\n",
    "an absolute path elsewhere": b"/tmp/evil.png\n",
    "a drive": b"C:\\images\\a.png\n",
    "a drive with slashes": b"C:/images/a.png\n",
    "a share": b"\\\\server\\images\\a.png\n",
    "dots in the middle": b"images/../../evil.png\n",
    "dots in a name that is there": b"images/../../data/images/a.png\n",
    "a folder": b"images\n",
    "a dot": b".\n",
    "two dots": b"..\n",
    "another mask than its name says": b"images/a.png masks/b.png\n",
    "a mask that is not there": b"images/a.png masks/none.png\n",
    "a mask out of the root": b"images/a.png ../../evil.png\n",
    "an image out of the root with a mask": b"../../evil.png masks/a.png\n",
    "JSON": b'["a", "b"]\n',
    "CSV with a header": b"image,mask\nimages/a.png,masks/a.png\n",
    "an escape": b"\x1b[31ma\n",
    "a long line": b"a" * 100_000 + b"\n",
    "a formula": b"=HYPERLINK(1)\n",
}


def _data(split: str, *more: tuple[str, bytes]) -> Make:
    def make(at: Path) -> None:
        pixels = np.random.default_rng(1).integers(0, 256, (32, 32, 3), np.uint8)
        for kind in ("images", "masks"):
            (at / "data" / kind).mkdir(parents=True)
        for name in "ab":
            Image.fromarray(pixels).save(at / "data" / "images" / f"{name}.png")
            Image.fromarray((pixels[..., 0] > 99).astype(np.uint8)).save(at / "data" / "masks" / f"{name}.png")
        Image.fromarray(pixels).save(at / "evil.png")
        (at / "suite.yaml").write_text(SUITE.replace("SPLIT", split))
        for name, content in more:
            (at / "data" / name).write_bytes(content)

    return make


def _then(make: Make, more: Make) -> Make:
    def both(at: Path) -> None:
        make(at)
        more(at)

    return both


def lists() -> list[Case]:
    """Return every malformed list, given to `bench data`."""
    words = ("data", "suite.yaml")
    cases = [Case("list", what, _data("test.txt", ("test.txt", content)), words) for what, content in LISTS.items()]
    listed = Path("data/test.txt")
    nodes: dict[str, Make] = {
        "a list that is not there": lambda at: None,
        "a list that is a folder": lambda at: (at / listed).mkdir(),
        "a list that is a pipe": lambda at: os.mkfifo(at / listed),
        "a list without end": lambda at: (at / listed).symlink_to("/dev/zero"),
        "a list that links to itself": lambda at: (at / listed).symlink_to("test.txt"),
    }
    cases += [Case("list", what, _then(_data("test.txt"), make), words, "test.txt") for what, make in nodes.items()]
    places = {
        "a sub-folder that is not there": "none",
        "a number": "1",
        "an empty word": '""',
        "a name with NUL": '"a\\0.txt"',
    }
    return cases + [Case("list", what, _data(value), words) for what, value in places.items()]
