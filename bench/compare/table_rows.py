"""Tables of a run, row by row: which rows two of them share, and in which columns they differ."""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from registry.errors import BenchError

NAMING = (
    *("dataset", "model", "other", "supervision", "perturbation", "strength", "metric_set", "metric", "class", "scope"),
    *("measure", "reference", "attribute", "slice", "bin", "border", "ground_truth", "prediction"),
    *("scenario", "path", "variant", "stage", "key"),
)
"""Columns that say which number a row is of; all others hold numbers, or words on them."""
TOLERANCE = 1e-9
"""Numbers at full precision are equal up to this, relative or absolute: libraries add in different orders."""

Row = Mapping[str, str]
Key = tuple[str, ...]


class NoTable(BenchError):  # noqa: N818
    """A file is no table with a header."""


@dataclass(frozen=True)
class RowTable:
    """A table's rows by what names them. columns: all. rounded: numbers have as many digits as they have."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    rounded: bool = False

    @classmethod
    def of_text(cls, text: str, *, rounded: bool = False) -> "RowTable":
        """Read a CSV text.

        Raises:
            NoTable: a line has more or fewer cells than the header.
        """
        try:
            lines = csv.reader(io.StringIO(text, newline=""), strict=True)
            header, *rows = list(lines) or [[]]
            found = tuple(dict(zip(header, row, strict=True)) for row in rows if row)
        except (csv.Error, ValueError) as error:
            raise NoTable(f"it is no table ({error})") from error
        if not header or len(set(header)) != len(header):
            raise NoTable("it has no header, or two columns of one name")
        return cls(tuple(header), found, rounded)

    @classmethod
    def of_file(cls, path: Path, *, rounded: bool = False) -> "RowTable":
        """Read a CSV file; see `of_text`."""
        from registry.regular_files import read_regular

        try:
            return cls.of_text(read_regular(path).decode("utf-8-sig"), rounded=rounded)
        except OSError as error:
            raise NoTable(f"it cannot be read ({error.strerror or error})") from error
        except UnicodeDecodeError as error:
            raise NoTable("it is no UTF-8 text") from error

    def by_key(self, naming: Sequence[str]) -> dict[Key, Row]:
        """Return the rows by their cells of these columns; the second of one name gets a number behind them."""
        found: dict[Key, Row] = {}
        seen: Counter[Key] = Counter()
        for row in self.rows:
            key = tuple(_same_number(row[name]) for name in naming)
            seen[key] += 1
            found[(*key, f"#{seen[key]}") if seen[key] > 1 else key] = row
        return found

    def naming(self) -> list[str]:
        """Return the columns that name its rows."""
        return [name for name in NAMING if name in self.columns]


def _same_number(text: str) -> str:
    """Return a text; a number as its shortest form, since one writes 50 and another 50.0."""
    try:
        return f"{float(text):.12g}"
    except ValueError:
        return text


@dataclass(frozen=True)
class Differences:
    """Rows by their keys: `lacking` in the given table, `extra` in it, and columns with other values."""

    naming: tuple[str, ...]
    lacking: tuple[Key, ...]
    extra: tuple[Key, ...]
    other: tuple[tuple[Key, str, str, str], ...]
    compared: int

    def words(self, key: Key) -> str:
        """Return a row's name in words."""
        named = {name: text for name, text in zip(self.naming, key, strict=False) if text}
        named = {
            name: text for name, text in named.items() if (name, named.get("perturbation")) != ("strength", "clean")
        }
        return ", ".join([*named.values(), *key[len(self.naming) :]])


def differences(given: RowTable, true: RowTable, columns: Sequence[str] | None = None) -> Differences:
    """Compare a table with the true one, over the columns that both have, or over `columns` of them."""
    naming = [name for name in true.naming() if name in given.columns]
    theirs, ours = given.by_key(naming), true.by_key(naming)
    shared = [name for name in true.columns if name in given.columns and name not in naming]
    shared = [name for name in shared if columns is None or name in columns]
    other = [
        (key, name, theirs[key][name], row[name])
        for key, row in ours.items()
        if key in theirs
        for name in shared
        if not equal(theirs[key][name], row[name], rounded=given.rounded)
    ]
    lacking, extra = (tuple(key for key in a if key not in b) for a, b in ((ours, theirs), (theirs, ours)))
    return Differences(tuple(naming), lacking, extra, tuple(other), len(ours) - len(lacking))


def equal(given: str, true: str, *, rounded: bool = False) -> bool:
    """Return whether a cell is the true one: the same text, or the same number up to rounding.

    rounded: up to half a unit of the last digit that is given.

    >>> equal("0.87", "0.8712", rounded=True), equal("0.88", "0.8712", rounded=True), equal("0.87", "0.8712")
    (True, False, False)
    """
    if given == true:
        return True
    try:
        a, b = float(given), float(true)
    except ValueError:
        return False
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.isnan(a) and math.isnan(b)
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE + (_half_unit(given) if rounded else 0.0))


def _half_unit(text: str) -> float:
    """Return half a unit of a number's last digit.

    >>> _half_unit("0.87"), _half_unit("87"), _half_unit("1e-3")
    (0.005, 0.5, 0.0005)
    """
    try:
        exponent = Decimal(text.strip()).as_tuple().exponent
    except InvalidOperation:
        return 0.0
    return 0.5 * 10.0**exponent if isinstance(exponent, int) else 0.0


def lines_of(found: Differences, table: str, *, given: str, true: str) -> Iterator[str]:
    """Yield a line for each difference; given, true: what has the one number and the other, in words."""
    for key, name, theirs, ours in found.other:
        yield f"{table}: {found.words(key)}: {name} is {theirs or 'empty'} {given}, {ours or 'empty'} {true}"
    yield from (f"{table}: {found.words(key)}: there is no such row {true}" for key in found.extra)
