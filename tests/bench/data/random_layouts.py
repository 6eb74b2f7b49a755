"""Where the files of random data sets lie, and how they are listed."""

import json
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from png_by_hand import RGB, png
from random_files import Written, put, tiff


@dataclass
class DataSet:
    """Files below `root`, the suite's keys for them, and the pairs that a correct reader gives."""

    seed: int
    root: Path
    draw: np.random.Generator
    keys: dict = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    pairs: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    may_refuse: bool = False
    """One clear line is as good as the right answer."""
    must_refuse: bool = False
    doubts: bool | None = False
    """A mask would be another one with the orientation tag of its image: there has to be a warning. None: it is open."""

    def pick(self, *choices):
        """Return one of `choices`."""
        return choices[self.draw.integers(len(choices))]

    def suite(self) -> Path:
        """Write the suite and return its path."""
        dataset = {"name": "folder", "label": "d", "root": str(self.root), "max_unreadable": 0, **self.keys}
        path = self.root.parent / "suite.yaml"
        path.write_text(
            json.dumps({"name": "s", "datasets": [dataset], "models": [{"name": "background"}]}), encoding="utf-8"
        )
        return path


def lay_out(one: DataSet, files: list[tuple[Written, Written, np.ndarray]]) -> None:
    layout = one.pick(*LAYOUTS)
    one.words.append(layout)
    names = [
        one.pick("a", "IMG 0", "été", "b.c", "2007_000", "#", "x.png.", "100%", "-", "A_mask") + str(i)
        for i in range(len(files))
    ]
    LAYOUTS[layout](one, names, files)


def _plain(one: DataSet, names: list[str], files: list, *, below: str = "", images="images", masks="masks") -> None:
    one.keys |= {"images": images, "masks": masks}
    for name, (image, mask, labels) in zip(names, files, strict=True):
        put(one.root / images / f"{below}{name}.{image.extension}", image.content)
        put(one.root / masks / f"{below}{name}.{mask.extension}", mask.content)
        one.pairs[f"{below}{name}"] = image.shown, labels


def _hidden(one: DataSet, names: list[str], files: list) -> None:
    _plain(one, names, files)
    for folder in ("images", "masks"):
        put(one.root / folder / ".ipynb_checkpoints" / "a-checkpoint.png", png(np.zeros((4, 4, 3), np.uint8), RGB, 8))
        put(one.root / folder / "._a.png", b"resource fork")


def _below(one: DataSet, names: list[str], files: list) -> None:
    _plain(one, names, files, below="town/morning/")


def _linked(one: DataSet, names: list[str], files: list) -> None:
    _plain(one, names, files, below="day/one/")
    for kind in ("images", "masks"):
        (one.root / kind / "day").rename(one.root / f"elsewhere_{kind}")
        (one.root / kind / "day").symlink_to(one.root / f"elsewhere_{kind}", target_is_directory=True)


def _suffixes(one: DataSet, names: list[str], files: list) -> None:
    one.keys |= {"images": "images", "masks": "masks", "suffixes": {"images": "_leftImg8bit", "masks": "_labelIds"}}
    for name, (image, mask, labels) in zip(names, files, strict=True):
        put(one.root / "images" / f"{name}_leftImg8bit.{image.extension}", image.content)
        put(one.root / "masks" / f"{name}_labelIds.{mask.extension}", mask.content)
        put(one.root / "masks" / f"{name}_instanceIds.png", png(np.zeros((4, 4), np.uint16), 0, 16))
        one.pairs[name] = image.shown, labels


def _double_extension(one: DataSet, names: list[str], files: list) -> None:
    one.keys |= {"images": "images", "masks": "masks"}
    for name, (image, mask, labels) in zip(names, files, strict=True):
        put(one.root / "images" / f"{name}.{image.extension}", image.content)
        put(one.root / "masks" / f"{name}.{image.extension}.{mask.extension}", mask.content)
        one.pairs[name] = image.shown, labels


def _unicode_forms(one: DataSet, names: list[str], files: list) -> None:
    one.keys |= {"images": "images", "masks": "masks"}
    for name, (image, mask, labels) in zip(names, files, strict=True):
        put(one.root / "images" / f"{unicodedata.normalize('NFD', name)}.{image.extension}", image.content)
        put(one.root / "masks" / f"{unicodedata.normalize('NFC', name)}.{mask.extension}", mask.content)
        one.pairs[unicodedata.normalize("NFC", name)] = image.shown, labels


def _list(one: DataSet, names: list[str], files: list) -> None:
    """A list of the first two of three, in one of the forms that editors and tools write."""
    _plain(one, names, files)
    listed = names[:2]
    style = one.pick("names", "files", "relative", "absolute", "two columns", "backslashes")
    encoding = one.pick("utf-8", "utf-8-sig", "utf-16")
    end = one.pick("\n", "\r\n", "\r")
    one.words.append(f"list: {style}, {encoding}, {end!r}")
    extensions = [image.extension for image, _, _ in files]
    masks = [mask.extension for _, mask, _ in files]
    lines = {
        "names": listed,
        "files": [f"{n}.{e}" for n, e in zip(listed, extensions, strict=False)],
        "relative": [f"./{n}.{e}" for n, e in zip(listed, extensions, strict=False)],
        "absolute": [f"{one.root / 'images' / n}.{e}" for n, e in zip(listed, extensions, strict=False)],
        "two columns": [f"images/{n}.{e} masks/{n}.{m}" for n, e, m in zip(listed, extensions, masks, strict=False)],
        "backslashes": [f"images\\{n}.{e}" for n, e in zip(listed, extensions, strict=False)],
    }[style]
    (one.root / "test.txt").write_bytes((end.join(lines) + one.pick("", end, end * 2)).encode(encoding))
    one.keys["splits"] = {"test": "test.txt"}
    one.pairs = {name: one.pairs[name] for name in listed}
    one.doubts = None  # the third may be the doubtful one
    if style == "two columns" and any(" " in name for name in listed):
        one.may_refuse = True  # where a name ends cannot be told


def _split_folders(one: DataSet, names: list[str], files: list) -> None:
    _plain(one, names, files, images="test", masks="testannot")
    for key in ("images", "masks"):
        del one.keys[key]
    one.keys["splits"] = {"test": {"images": "test", "masks": "testannot"}}


def _large_extensions(one: DataSet, names: list[str], files: list) -> None:
    _plain(one, names, files)
    for kind in ("images", "masks"):
        for path in list((one.root / kind).iterdir()):
            path.rename(path.with_suffix(path.suffix.upper()))


def _suffixes_of_split_folders(one: DataSet, names: list[str], files: list) -> None:
    """A folder for each split that holds images and masks, told apart by their ends; one has a list beside it."""
    one.keys["suffixes"] = {"images": "_image", "masks": "_label"}
    places = {"train": "one", "val": "two", "test": "three"}
    one.keys["splits"] = {split: {"images": place, "masks": place} for split, place in places.items()}
    for (split, place), name, (image, mask, labels) in zip(places.items(), names, files, strict=True):
        put(one.root / place / f"{name}_image.{image.extension}", image.content)
        put(one.root / place / f"{name}_label.{mask.extension}", mask.content)
        one.doubts = None  # as of a list
        if split == "test":
            one.pairs[name] = image.shown, labels


def _harmless(one: DataSet, names: list[str], files: list) -> None:
    """Folders that are called like images, and files of other kinds."""
    _plain(one, names, files)
    for folder in ("images", "masks"):
        (one.root / folder / "empty.png").mkdir()
        put(one.root / folder / "notes.txt", b"a")
        (one.root / folder / "nowhere").symlink_to("/nowhere/at all")


def _faulty(one: DataSet, names: list[str], files: list) -> None:
    """One of the files is not what it should be, and none may be left out."""
    _plain(one, names, files)
    image = one.root / "images" / f"{names[0]}.{files[0][0].extension}"
    mask = one.root / "masks" / f"{names[0]}.{files[0][1].extension}"
    fault = one.pick(*FAULTS)
    one.words.append(fault)
    FAULTS[fault](image, mask)
    one.must_refuse = True


def _replaced_by_link(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/a.png")


def _replaced_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


FAULTS = {
    "an empty image": lambda image, mask: image.write_bytes(b""),
    "an empty mask": lambda image, mask: mask.write_bytes(b""),
    "half of an image": lambda image, mask: image.write_bytes(image.read_bytes()[: image.stat().st_size // 2]),
    "half of a mask": lambda image, mask: mask.write_bytes(mask.read_bytes()[:40]),
    "no image behind a link": lambda image, mask: _replaced_by_link(image),
    "no mask behind a link": lambda image, mask: _replaced_by_link(mask),
    "a folder for a mask": lambda image, mask: _replaced_by_folder(mask),
    "a mask of another size": lambda image, mask: mask.write_bytes(png(np.zeros((23, 22), np.uint8), 0, 8)),
    "two pages": lambda image, mask: image.write_bytes(tiff(np.zeros((2, 20, 28), np.uint8), photometric="minisblack")),
    "a text": lambda image, mask: mask.write_bytes(b"version https://git-lfs.github.com/spec/v1"),
    "two images of one name": lambda image, mask: put(image.with_suffix(".apng"), image.read_bytes()),
}


LAYOUTS = {
    "plain": _plain,
    "hidden": _hidden,
    "sub-folders": _below,
    "linked folders": _linked,
    "suffixes": _suffixes,
    "double extension": _double_extension,
    "unicode forms": _unicode_forms,
    "list": _list,
    "split folders": _split_folders,
    "large extensions": _large_extensions,
    "suffixes of split folders": _suffixes_of_split_folders,
    "harmless company": _harmless,
    "faulty": _faulty,
}
