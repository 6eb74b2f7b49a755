"""A table of a user's own attributes of images: a CSV file, the first column has the names of the images."""

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from bench.data.attributes import OF_MASKS
from bench.data.text_file import user_text
from registry.errors import BenchError, first_of, suggestion
from registry.safe_text import CLASS_NAME, NOT_FIRST, printable, shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

MOST_COLUMNS = 20
LONGEST = 80
"""Characters of a column's name and of a value."""


class AttributeFile(NamedTuple):
    """The attributes of each image by its name, and lines on what a user should know of the file."""

    of_image: "Mapping[str, Mapping[str, str]]"
    remarks: tuple[str, ...] = ()


def read_attributes(path: Path, images: "Mapping[str, str]") -> AttributeFile:
    """Return what a file says of images, by their ids; `images`: the ids by the names that may be written for them.

    Lines of images that there are not, are counted in a remark.

    Raises:
        BenchError: the file cannot be read; a line has too few or too many cells, an image stands twice, none of its
            images is there, or a name or value could be no part of a table.
    """
    rows = _rows(path)
    first = next(rows, None)
    if first is None:
        raise BenchError(f"{path}: the file of `attributes` is empty; its first line has the names of the columns")
    names = _names(path, first[1])
    found: dict[str, dict[str, str]] = {}
    lines: dict[str, int] = {}
    unknown = []
    for number, cells in rows:
        where = f"{path}, line {number}"
        if len(cells) != len(names) + 1:
            raise BenchError(f"{where}: {len(cells)} cells, but the first line has {len(names) + 1}; correct the line")
        written = normalize("NFC", cells[0].strip()).replace("\\", "/").removeprefix("./")
        image = images.get(written, written)
        if image in lines:
            raise BenchError(f"{where}: '{_shown(cells[0])}' stands in line {lines[image]} too; keep one of them")
        lines[image] = number
        if written not in images:
            unknown.append(image)
            continue
        found[image] = {name: _value(where, cell) for name, cell in zip(names, cells[1:], strict=True)}
    return AttributeFile(found, tuple(_unknown(path, unknown, found, images)))


def _unknown(path: Path, unknown: list[str], found: "Collection[str]", images: "Collection[str]") -> "Iterator[str]":
    if not found:
        given = f"'{_shown(unknown[0])}' is none; {suggestion(unknown[0], images, 3)}" if unknown else "it has no lines"
        raise BenchError(f"{path}: no line has the name of an image of the data set: {given}")
    if unknown:
        yield f"{path.name}: {len(unknown)} of its images are not in the data set: {first_of([*map(_shown, unknown)])}"


def _names(path: Path, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells[1:]]
    if not names:
        raise BenchError(
            f"{path}: the first line has {len(cells)} column; the first is the image, the others its attributes, with "
            "commas between them"
        )
    if len(names) > MOST_COLUMNS:
        raise BenchError(f"{path}: it has {len(names)} attributes; keep those you need, at most {MOST_COLUMNS}")
    for name in names:
        if not name or names.count(name) > 1 or name in OF_MASKS:
            why = "is computed from the masks" if name in OF_MASKS else "stands twice" if name else "is empty"
            raise BenchError(f"{path}, line 1: the name of a column {why}: '{_shown(name)}'; give it another name")
        _check_text(f"{path}, line 1", name)
    return names


def _value(where: str, cell: str) -> str:
    value = cell.strip()
    if value and not re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", value, re.IGNORECASE):
        _check_text(where, value)
    return value


def _check_text(where: str, text: str) -> None:
    if len(text) > LONGEST or not re.match(CLASS_NAME, text):
        raise BenchError(
            f"{where}: '{_shown(text)}' cannot stand in a table; give at most {LONGEST} characters, {NOT_FIRST}, none "
            "of them a control character"
        )


def _shown(text: str) -> str:
    return printable(shortened(text, LONGEST))


def _rows(path: Path) -> "Iterator[tuple[int, list[str]]]":
    """Yield the number and the cells of each line that is not empty.

    Raises:
        BenchError: the file cannot be read, is no UTF-8 text, or its quotes do not end.
    """
    reader = csv.reader(_text_lines(path), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise BenchError(f"{path}, line {reader.line_num}: {error}; write it as a CSV file with commas") from error


def _text_lines(path: Path) -> "Iterable[str]":
    text = user_text(path, "the table", "attributes")
    return re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
