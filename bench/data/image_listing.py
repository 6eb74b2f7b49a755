"""Which files of a folder are images."""

import os
from itertools import pairwise
from typing import TYPE_CHECKING

from registry.errors import BenchError

if TYPE_CHECKING:
    from pathlib import Path

EXTENSIONS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"})


def images_in(folder: "Path") -> "list[Path]":
    """Return the images directly in `folder` by name; hidden files and other extensions are passed over.

    Raises:
        BenchError: the folder cannot be read, or two images differ only in their extension.
    """
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if is_image(entry.name))
    except OSError as error:
        raise BenchError(f"cannot read the folder {folder}: {(error.strerror or 'unreadable').lower()}") from error
    for one, other in pairwise(names):
        if stem(one) == stem(other):
            raise BenchError(f"{folder}: {one} and {other} have the same name; keep one of them")
    return [folder / name for name in names]


def images_below(folder: "Path") -> "dict[str, Path]":
    """Return the images in `folder` and its sub-folders, by relative name without extension, in order.

    Raises:
        BenchError: a folder cannot be read, or two images differ only in their extension.
    """
    folders = [folder, *sorted(path for path in folder.rglob("*") if path.is_dir())]
    found = [path for one in folders for path in images_in(one)]
    return dict(sorted((path.relative_to(folder).with_suffix("").as_posix(), path) for path in found))


def is_image(name: str) -> bool:
    """Return whether a file's name, or a path ending in it, is that of an image."""
    root, extension = os.path.splitext(name)  # noqa: PTH122 (thousands of names: Path.suffix is slower)
    return extension.lower() in EXTENSIONS and not root.rpartition("/")[-1].startswith(".")


def stem(name: str) -> str:
    """Return the name, or the path ending in it, without the extension."""
    return os.path.splitext(name)[0]  # noqa: PTH122
