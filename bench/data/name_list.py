"""A list of images in a text file: a name or a path a line, or an image and its mask."""

import os
import posixpath
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import dropwhile, islice
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from bench.data.image_listing import is_image, stem
from bench.data.pairing import Named, Pairs, without_suffix
from bench.data.text_file import user_text
from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator

SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")


@dataclass(frozen=True)
class Listed:
    """One line: the name of an image, and its mask where it has one."""

    name: str
    mask: Path | None
    fault: str = ""
    """Why there is no image or mask of that name, in words; "" where there is."""


def lines_of(path: Path) -> list[str]:
    """Return the lines, without blanks at the ends, of a text in UTF-8 or in what its byte order mark names.

    Raises:
        BenchError: it cannot be read, or is in another encoding.
    """
    text = user_text(path, "the list", "splits")
    return [line.strip() for line in re.split(r"\r\n|\r|\n", text)]


def read_list(path: Path, root: Path, pairs: Pairs) -> "Iterator[Listed]":
    """Yield what each line of the list at `path` names, of images and masks below `root`.

    Raises:
        BenchError: the list cannot be read, or a line names a path outside, another mask than the image's name
            does, or may mean two files.
    """
    images, masks = _Finder(pairs.images, root, path), _Finder(pairs.masks, root, path)
    suggested = 0
    for number, line in enumerate(lines_of(path), 1):
        if not line or (line.startswith("#") and not images.has(line)):
            continue
        try:
            listed = _listed(line, pairs, images, masks)
            if listed.fault and listed.name not in images.files and suggested < 3:  # looking for near names takes long
                suggested += 1
                listed = Listed(listed.name, None, listed.fault + images.nearest(listed.name))
        except BenchError as error:
            raise BenchError(f"{path}, line {number}: {error}") from error
        yield listed


def _listed(line: str, pairs: Pairs, images: "_Finder", masks: "_Finder") -> Listed:
    if name := images.find(line):
        return Listed(name, pairs.mask_of.get(name))
    columns = [(line[: gap.start()], line[gap.end() :]) for gap in SEPARATOR.finditer(line)]
    known = [(name, mask) for one, other in columns if (name := images.find(one)) and (mask := masks.find(other))]
    if len(known) > 1:
        raise BenchError("the line may name more than one image and mask; put a tab between the two, or rename them")
    if known:
        name, mask = known[0]
        return Listed(name, _agreed(name, masks.files[mask], pairs))
    for one, other in columns:
        if is_image(_unquoted(one)) and is_image(_unquoted(other)):
            images.refuse_outside(one)
            masks.refuse_outside(other)
            name = images.find(one)
            lost = f"{other}: no such mask in {masks.folder}" if name else f"{one}: no such image"
            return Listed(name or one, None, lost)
    images.refuse_outside(line)
    return Listed(line, None, f"{line}: no such image")


def _agreed(name: str, mask: Path, pairs: Pairs) -> Path:
    """Return the mask that a list names, unless the image's name gives another."""
    other = pairs.mask_of.get(name, mask)
    if other != mask:
        raise BenchError(f"the list says {mask.name} is the mask of '{name}', its name says {other.name}; correct it")
    return mask


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


class _Finder:
    """Finds the files of one folder by what people write for them."""

    def __init__(self, named: Named, root: Path, path: Path) -> None:
        self.folder, self.suffix, self.files = named.folder, named.suffix, named.files
        self.root, self.beside = root, path.parent
        places = posixpath.normpath(named.folder.absolute().as_posix()), os.path.realpath(named.folder)
        self._bases = [f"{normalize('NFC', place)}/" for place in places]
        self._real: dict[str, str] = {}

    @cached_property
    def _by_file(self) -> dict[str, str]:
        """The names by the paths below the folder, with extension."""
        below = ((path.relative_to(self.folder).as_posix(), name) for name, path in self.files.items())
        return {normalize("NFC", path): name for path, name in below}

    def has(self, text: str) -> bool:
        """Return whether `text` is a file's name just so."""
        return self._named(normalize("NFC", text)) is not None

    def find(self, text: str) -> str | None:
        """Return the name of the file that `text` means; None: no file.

        Raises:
            BenchError: it may mean two files.
        """
        found = {name for path in self._paths(text) if (name := self._named(path))}
        if len(found) > 1:
            raise BenchError(f"'{text}' may be {' or '.join(sorted(found))}; rename one of them")
        return next(iter(found), None)

    def refuse_outside(self, text: str) -> None:
        """Raise BenchError where `text` is a path that leads to another folder."""
        path = _slashed(text)
        if (path.startswith(("/", "../")) or _is_crooked(path)) and not list(self._paths(text)):
            raise BenchError(f"'{text}' is not below {self.folder}; write the names as they are in that folder")

    def nearest(self, text: str) -> str:
        """Return words on the name that is most like `text`; "" if none is."""
        name = stem(text) if is_image(text) else text
        last = posixpath.basename(name)
        same = [one for one in self.files if posixpath.basename(one) == last]
        near = list(islice(same, 1)) or get_close_matches(name, self.files, 1)
        return f"; did you mean '{near[0]}'?" if near else ""

    def _named(self, path: str) -> str | None:
        """Return the name of the file at a path below the folder, with or without suffix and extension."""
        if path in self._by_file:
            return self._by_file[path]
        bare = stem(path) if is_image(path) else path
        short = without_suffix(path if is_image(path) else f"{path}.png", self.suffix)
        return next((name for name in (path, bare, short) if name in self.files), None)

    def _paths(self, text: str) -> "Iterator[str]":
        """Yield the paths below the folder that `text` may mean."""
        path = _slashed(text)
        if _is_crooked(path):
            return
        if path.startswith("/"):
            yield from self._inside(path)
            yield from self._inside(f"{self.root}/{path}")  # as in "/JPEGImages/a.jpg /SegmentationClass/a.png"
        elif path.startswith("../"):
            yield from self._inside(f"{self.beside}/{path}")
        else:
            yield path
            yield normalize("NFC", text)
            yield from self._inside(f"{self.root}/{path}")

    def _inside(self, path: str) -> "Iterator[str]":
        """Yield an absolute path as one below the folder, if it lies there, by its own name or behind links."""
        folder, name = posixpath.split(posixpath.normpath(path))
        if folder not in self._real:
            there = os.path.isdir(folder)  # noqa: PTH112 (for each line; and following links takes ten times as long)
            self._real[folder] = normalize("NFC", os.path.realpath(folder)) if there else ""
        for place, base in zip((folder, self._real[folder]), self._bases, strict=True):
            if f"{place}/".startswith(base):
                yield f"{place}/{name}".removeprefix(base)
                return


def _slashed(text: str) -> str:
    """Return a path in one form: NFC, forward slashes, no quotes, no part that is empty or "."."""
    path = normalize("NFC", _unquoted(text.strip())).replace("\\", "/")
    return "/" * path.startswith("/") + "/".join(part for part in path.split("/") if part not in ("", "."))


def _is_crooked(path: str) -> bool:
    """Return whether a path is of Windows, or has ".." not only at its beginning: two names of a line look so."""
    steps = list(dropwhile(lambda step: step == "..", path.split("/")))
    return not steps or ".." in steps or re.fullmatch("[A-Za-z]:", steps[0]) is not None
