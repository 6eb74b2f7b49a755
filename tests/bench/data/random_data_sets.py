"""Random data sets on disk: a format, depth, orientation, listing and label coding each, and the right answer beside it."""

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from png_by_hand import PALETTE, RGB, png
from random_files import (
    COLOURS,
    IMAGES,
    MASKS,
    WITHOUT_TAGS,
    Written,
    pillow,
    put,
    stored,
    stored_plain,
    tiff,
    turned,
    write_mask,
)

IGNORE = 255
VOID_COLOUR = (7, 7, 7)


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
    must_warn: bool = False

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


def random_data_set(seed: int, folder: Path) -> DataSet:
    """Write the data set number `seed` below `folder` and return it."""
    one = DataSet(seed, folder / "data", np.random.default_rng(seed))
    classes = int(one.pick(2, 3, 4, 12, 21))
    names = [f"class{i}" for i in range(classes)]
    coding = one.pick("labels", "labels", "labels", "labels and void", "colours", "object 255", "zero is void")
    if coding == "object 255":
        classes, names = 2, names[:2]
    one.keys["classes"] = names
    one.words.append(coding)
    truths = [_labels(one.draw, classes, _shape(one)) for _ in range(3)]
    writer = CODINGS[coding](one, names)
    files = [_pair(one, truth, writer) for truth in truths]
    _lay_out(one, files)
    return one


def _shape(one: DataSet) -> tuple[int, int]:
    return one.pick((20, 28), (31, 17), (24, 24))


def _labels(draw: np.random.Generator, classes: int, shape: tuple[int, int]) -> np.ndarray:
    """Random rectangles in which every class occurs."""
    mask = np.zeros(shape, np.uint8)
    for _ in range(2 * classes):
        y, x = draw.integers(0, shape[0] - 4), draw.integers(0, shape[1] - 4)
        mask[y : y + draw.integers(2, 12), x : x + draw.integers(2, 12)] = draw.integers(classes)
    mask.reshape(-1)[:classes] = np.arange(classes)
    return mask


# --- what the values of masks mean: each coding returns (truth, orientation) -> (file, the right labels)

Writer = Callable[[np.ndarray, int], tuple[Written, np.ndarray]]


def _mask_kind(one: DataSet, highest: int) -> str:
    kind = one.pick(*(name for name, (_, top, _) in MASKS.items() if top >= highest))
    one.words.append(f"mask: {kind}")
    if kind in ("jpeg", "tiff of float", "gif"):
        one.may_refuse = True
    return kind


def _index(one: DataSet, classes: list[str]) -> Writer:
    kind = _mask_kind(one, len(classes) - 1)
    return lambda truth, o: (write_mask(kind, truth, _tag(kind, o)), truth)


def _index_and_void(one: DataSet, classes: list[str]) -> Writer:
    kind = _mask_kind(one, IGNORE)

    def write(truth: np.ndarray, o: int) -> tuple[Written, np.ndarray]:
        with_void = truth.copy()
        with_void[-3:, -5:] = IGNORE
        return write_mask(kind, with_void, _tag(kind, o)), with_void

    return write


def _zero_is_void(one: DataSet, classes: list[str]) -> Writer:
    one.keys["reduce_zero_label"] = True
    kind = _mask_kind(one, len(classes))

    def write(truth: np.ndarray, o: int) -> tuple[Written, np.ndarray]:
        values = truth + 1
        values[-3:, -5:] = 0
        return write_mask(kind, values, _tag(kind, o)), np.where(values == 0, IGNORE, truth).astype(np.uint8)

    return write


def _object_255(one: DataSet, classes: list[str]) -> Writer:
    """Masks of 0 and 255: with `colours` the object, without it what 255 means is open."""
    said = one.pick(True, False)
    if said:
        one.keys["colours"] = {classes[0]: [0, 0, 0], classes[1]: [255, 255, 255]}
    one.words.append("with colours" if said else "without colours")
    one.must_refuse = not said
    kind = one.pick("png", "png, grey as rgb", "tiff", "bmp", "lossless webp", "png, grey alpha")
    one.words.append(f"mask: {kind}")
    return lambda truth, o: (write_mask(kind, truth * 255, _tag(kind, o)), truth)


def _colours(one: DataSet, classes: list[str]) -> Writer:
    table = np.concatenate([COLOURS[: len(classes)], np.array([VOID_COLOUR], np.uint8)])
    one.keys["colours"] = {name: table[i].tolist() for i, name in enumerate(classes)}
    one.keys["ignore"] = list(VOID_COLOUR)
    kind = one.pick("png", "palette png", "tiff", "bmp", "lossless webp", "jpeg")
    one.words.append(f"mask in colours: {kind}")
    if kind == "jpeg":
        one.keys["tolerance"] = 60
        one.may_refuse = True

    def write(truth: np.ndarray, o: int) -> tuple[Written, np.ndarray]:
        o = 1 if kind == "bmp" else o
        numbers = truth.copy()
        numbers[-3:, -5:] = len(classes)
        content = _coloured(kind, np.ascontiguousarray(stored(numbers, o)), table, o)
        expected = _nearest(content, table, o) if kind == "jpeg" else numbers
        right = np.where(expected == len(classes), IGNORE, expected).astype(np.uint8)
        return Written(
            content,
            {"palette png": "png", "tiff": "tif", "lossless webp": "webp", "jpeg": "jpg"}.get(kind, kind),
            right,
        ), right

    return write


def _coloured(kind: str, numbers: np.ndarray, table: np.ndarray, orientation: int) -> bytes:
    colours = table[numbers]
    if kind == "palette png":
        return png(numbers, PALETTE, 8, table, orientation)
    if kind == "png":
        return png(colours, RGB, 8, orientation=orientation)
    if kind == "tiff":
        return tiff(colours, orientation, photometric="rgb", compression="zlib")
    if kind == "bmp":
        return pillow(stored_plain(colours, orientation), "BMP")
    if kind == "jpeg":
        return pillow(colours, "JPEG", orientation, quality=98, subsampling=0)
    return pillow(colours, "WEBP", orientation, lossless=True)


def _nearest(content: bytes, table: np.ndarray, orientation: int) -> np.ndarray:
    """Return the number of each pixel's nearest colour, as a viewer shows them."""
    pixels = np.asarray(Image.open(BytesIO(content)).convert("RGB")).astype(int)
    distance = ((pixels[:, :, None] - table.astype(int)) ** 2).sum(-1)
    return turned(distance.argmin(-1).astype(np.uint8), orientation)


CODINGS = {
    "labels": _index,
    "labels and void": _index_and_void,
    "colours": _colours,
    "object 255": _object_255,
    "zero is void": _zero_is_void,
}


def _tag(kind: str, orientation: int) -> int:
    return 1 if kind in WITHOUT_TAGS else orientation


# --- pairs of an image and a mask


def _pair(one: DataSet, truth: np.ndarray, writer: Writer) -> tuple[Written, Written, np.ndarray]:
    """Return the image, its mask and the right labels; tags on both, or on the image alone where that is clear."""
    kind = one.pick(*IMAGES)
    orientation = int(one.pick(1, 1, *range(1, 9))) if kind != "bmp" else 1
    one.words.append(f"image: {kind}, orientation {orientation}")
    tagged = bool(one.pick(True, True, False))
    mask, labels = writer(truth, orientation if tagged else 1)
    shape = truth.shape[::-1] if orientation >= 5 else truth.shape
    image = IMAGES[kind](one.draw, shape, orientation)
    if orientation != 1 and not tagged:
        one.words.append("untagged mask")
    return image, mask, labels


# --- where the files lie and how they are listed


def _lay_out(one: DataSet, files: list[tuple[Written, Written, np.ndarray]]) -> None:
    layout = one.pick(*LAYOUTS)
    one.words.append(layout)
    names = [one.pick("a", "IMG 0", "été", "b.c", "2007_000") + str(i) for i in range(len(files))]
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
    if style == "two columns" and any(" " in name for name in listed):
        one.may_refuse = True  # where a name ends cannot be told


def _split_folders(one: DataSet, names: list[str], files: list) -> None:
    _plain(one, names, files, images="test", masks="testannot")
    for key in ("images", "masks"):
        del one.keys[key]
    one.keys["splits"] = {"test": {"images": "test", "masks": "testannot"}}
    one.pairs = {f"test/{name}": pair for name, pair in one.pairs.items()}


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
}
