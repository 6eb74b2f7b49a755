"""Random data sets on disk: a format, depth, orientation, listing and label coding each, and the right answer beside it."""

from collections.abc import Callable
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
    stored,
    stored_plain,
    tiff,
    turned,
    write_mask,
)
from random_layouts import DataSet, lay_out
from random_rare_files import RARE_IMAGES, RARE_MASKS, UNTAGGED_IMAGES

IGNORE = 255
VOID_COLOUR = (7, 7, 7)
ALL_IMAGES, ALL_MASKS = IMAGES | RARE_IMAGES, MASKS | RARE_MASKS


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
    lay_out(one, files)
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
    kind = one.pick(*(name for name, (_, top, _) in ALL_MASKS.items() if top >= highest))
    one.words.append(f"mask: {kind}")
    if kind in ("jpeg", "tiff of float", "gif"):
        one.may_refuse = True
    return kind


def _index(one: DataSet, classes: list[str]) -> Writer:
    kind = _mask_kind(one, len(classes) - 1)
    return lambda truth, o: (write_mask(ALL_MASKS[kind], truth, _tag(kind, o)), truth)


def _index_and_void(one: DataSet, classes: list[str]) -> Writer:
    kind = _mask_kind(one, IGNORE)

    def write(truth: np.ndarray, o: int) -> tuple[Written, np.ndarray]:
        with_void = truth.copy()
        with_void[-3:, -5:] = IGNORE
        return write_mask(ALL_MASKS[kind], with_void, _tag(kind, o)), with_void

    return write


def _zero_is_void(one: DataSet, classes: list[str]) -> Writer:
    one.keys["reduce_zero_label"] = True
    kind = _mask_kind(one, len(classes))

    def write(truth: np.ndarray, o: int) -> tuple[Written, np.ndarray]:
        values = truth + 1
        values[-3:, -5:] = 0
        return write_mask(ALL_MASKS[kind], values, _tag(kind, o)), np.where(values == 0, IGNORE, truth).astype(np.uint8)

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
    return lambda truth, o: (write_mask(ALL_MASKS[kind], truth * 255, _tag(kind, o)), truth)


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
    """Return the image, its mask and the right labels, each with a tag of its own.

    Where the tags differ and the image has the size that its own tag gives the mask, that tag counts for both.
    """
    kind = one.pick(*ALL_IMAGES)
    image_tag = 1 if kind in UNTAGGED_IMAGES else int(one.pick(1, 1, *range(1, 9)))
    mask_tag = int(one.pick(image_tag, image_tag, image_tag, 1, one.draw.integers(1, 9)))
    mask, labels = writer(truth, mask_tag)
    mask_tag = 1 if mask.extension in WITHOUT_TAGS else mask_tag
    other = turned(stored(labels, mask_tag), image_tag)
    follows = other.shape != labels.shape and bool(one.pick(True, False))
    right = np.ascontiguousarray(other) if follows else labels
    image = ALL_IMAGES[kind](one.draw, right.shape[::-1] if image_tag >= 5 else right.shape, image_tag)
    one.doubts |= other.shape == right.shape and not np.array_equal(other, labels)
    one.words.append(f"{kind}, tag {image_tag}, its mask's {mask_tag}{', turned as the image' if follows else ''}")
    return image, mask, right
