"""Which files of a folder are images."""

import os
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unicodedata import normalize

from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_READ = "png apng jpg jpeg jpe jfif webp tif tiff bmp gif jp2 ppm pgm pnm"
_UNREAD = (
    "heic heif avif jxl svg eps psd xcf tga ico pbm pcx exr hdr dng cr2 cr3 nef arw raw dcm nii nrrd mha mhd czi "
    "npy npz mat h5 hdf5"
)
EXTENSIONS = frozenset(f".{name}" for name in _READ.split())
UNREAD = frozenset(f".{name}" for name in _UNREAD.split())
"""Pictures and arrays that people keep beside or instead of images; they must hear that these do not count."""
SHOWN = "png, jpg, webp, tif, bmp, gif, jp2 and ppm"
"""EXTENSIONS in a message."""
LEFT_BY_SYSTEMS = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN"})


@dataclass
class Listing:
    """What is in a folder and its sub-folders, without what is hidden."""

    folder: "Path"
    names: list[str] = field(default_factory=list)
    """Paths of the images below `folder`, with extension, in order."""
    others: Counter[str] = field(default_factory=Counter)
    """How many files there are of each other extension."""
    twice: list[str] = field(default_factory=list)
    """Links that were passed over, since what they lead to is counted already."""

    def by_stem(self) -> "dict[str, Path]":
        """Return the images by their names without extension.

        Raises:
            BenchError: two images differ only in their extension.
        """
        return by_name(self.folder, ((stem(name), name) for name in self.names))

    def contents(self) -> str:
        """Return what there is instead of images, in words."""
        found = ", ".join(f"{n} {extension or 'without extension'}" for extension, n in self.others.most_common(4))
        return f"it holds {found}, and what is read is {SHOWN}" if found else f"it is empty; give {SHOWN}"

    def remarks(self) -> tuple[str, ...]:
        """Return what a user should know of files that do not count, a line each."""
        unread = ", ".join(f"{self.others[one]} {one}" for one in sorted(UNREAD & self.others.keys()))
        files = [f"not read in {self.folder}: {unread}; save them as png"] if unread else []
        links = [f"{self.folder / link} links to a folder that counts already; it counts once" for link in self.twice]
        return (*files, *links)


def images_in(folder: "Path") -> "list[Path]":
    """Return the images directly in `folder` by name; hidden files and other extensions are passed over.

    Raises:
        BenchError: the folder or a link cannot be read, or two images differ only in their extension.
    """
    names = [entry.name for entry in _entries(folder) if is_image(entry.name) and not _is_folder(entry)]
    return list(by_name(folder, ((stem(name), name) for name in names)).values())


def images_below(folder: "Path", without: "Path | None" = None) -> Listing:
    """Return what is in `folder` and its sub-folders, each once, those behind links too, but not the folder `without`.

    Raises:
        BenchError: a folder or a link cannot be read.
    """
    listing = Listing(folder)
    seen = set() if without is None else {os.path.realpath(without)}
    waiting = deque([("", folder)])  # links come last: a folder counts under its own name
    while waiting:
        below, path = waiting.popleft()
        if (real := os.path.realpath(path)) in seen:
            listing.twice += [below.rstrip("/")] if path.is_symlink() else []
            continue
        seen.add(real)
        for entry in _entries(path):
            name = below + entry.name
            if not _is_folder(entry):
                _count(listing, name)
            elif entry.is_symlink():
                waiting.append((f"{name}/", path / entry.name))
            else:
                waiting.appendleft((f"{name}/", path / entry.name))
    listing.names.sort()
    return listing


def _entries(folder: "Path") -> "list[os.DirEntry[str]]":
    """Return what is directly in `folder`, by name, without what is hidden or left behind by a system.

    Raises:
        BenchError: the folder cannot be read, or a name is not text.
    """
    try:
        with os.scandir(folder) as found:
            entries = sorted((entry for entry in found if not _is_hidden(entry.name)), key=lambda entry: entry.name)
    except OSError as error:
        raise BenchError(f"cannot read the folder {folder}: {(error.strerror or 'unreadable').lower()}") from error
    for entry in entries:
        if not entry.name.isascii() and _is_no_text(entry.name):
            raise BenchError(f"{folder}: the name {entry.name!a} is not UTF-8; rename the file")
    return entries


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    """Return whether it is a folder, or a link to one.

    Raises:
        BenchError: a link that nobody can follow: to itself, or into a folder that cannot be read.
    """
    try:
        return entry.is_dir()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise BenchError(f"cannot follow the link {entry.path}: {reason}; correct or remove it") from error


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in LEFT_BY_SYSTEMS


def _is_no_text(name: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in name)  # how Python shows bytes that are not UTF-8


def _count(listing: Listing, name: str) -> None:
    if is_image(name):
        listing.names.append(name)
    else:
        listing.others[os.path.splitext(name)[1].lower()] += 1  # noqa: PTH122 (as in `is_image`)


def by_name(folder: "Path", named: "Iterable[tuple[str, str]]") -> "dict[str, Path]":
    """Return paths below `folder` by their names (in one Unicode form), in order, from pairs of name and path.

    Raises:
        BenchError: two paths have the same name.
    """
    found: dict[str, str] = {}
    for name, path in named:
        other = found.setdefault(normalize("NFC", name), path)
        if other != path:
            raise BenchError(f"{folder}: {other} and {path} have the same name; keep one of them")
    return {name: folder / path for name, path in sorted(found.items())}


def is_image(name: str) -> bool:
    """Return whether a file's name, or a path ending in it, is that of an image."""
    root, extension = os.path.splitext(name)  # noqa: PTH122 (thousands of names: Path.suffix is slower)
    return extension.lower() in EXTENSIONS and not root.rpartition("/")[-1].startswith(".")


def stem(name: str) -> str:
    """Return the name, or the path ending in it, without the extension."""
    return os.path.splitext(name)[0]  # noqa: PTH122
