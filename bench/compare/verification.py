"""`bench verify`: every number of a run's tables computed again from the counts in its cells."""

from dataclasses import dataclass, field
from pathlib import Path

from bench.compare.cell_keys import UnknownKeys, recomputed_keys
from bench.compare.stored_run import CellPlace, StoredRun, open_stored
from bench.compare.table_rows import NoTable, RowTable, differences, lines_of
from bench.host.checksum import changed
from bench.host.sealed_parquet import read_sealed
from bench.record import protocol
from bench.record.cell_file import CELL, Images
from bench.record.csv_columns import INTERVAL
from bench.record.late_cells import made_anew
from bench.record.statistics_tables import TABLES as RANKED
from bench.statistics.resampling import VERSION
from registry.errors import BenchError

_LEFT_OUT = "left out of the report: "
_TABLES = ("summary.csv", "strengths.csv", "confusion.csv", "reconstructions.csv")
"""Tables that runs of before have too, without a checksum."""

_CELL_BY_CELL = ("summary.csv", "distribution.csv", "calibration.csv")
"""Tables of which each row follows from one cell."""


@dataclass
class Verified:
    """What a verification found. faults: a line for what differs. remarks: what could not be looked at."""

    cells: int = 0
    keys: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def words(self, path: Path) -> str:
        """Return what was verified, in one line."""
        tables = ", ".join(f"{name} ({rows} rows)" for name, rows in self.rows.items())
        keys = f", {self.keys} of their keys" if self.keys else ""
        return f"verified: run.json, {self.cells} cells{keys} of {path}; computed again from the cells: {tables}"


def verify(path: Path, against: Path | None = None) -> Verified:
    """Verify a run's folder: checksums, cells and their images, keys, and every number of its tables.

    against: a table like summary.csv of somebody else's, which is compared with what the cells give.

    Raises:
        BenchError: there is no run that can be verified, or `against` is no such table.
    """
    run, found = open_stored(path), Verified()
    theirs = _theirs(against) if against else None
    made, lines = made_anew(path, run.record)
    found.faults += [line.removeprefix(_LEFT_OUT) for line in dict.fromkeys(lines)]
    broken = _check_cells(run, found)
    _check_keys(run, found)
    for name in changed(path, run.record.tables):
        found.faults.append(f"{name}: its checksum is not that in run.json")
    tables = [*run.record.tables, *(name for name in _TABLES if name not in run.record.tables)]
    for name in (one for one in tables if one.endswith(".csv")):  # attributes.json comes from the data
        if name in run.record.tables or (path / name).is_file():
            _check_table(run, name, made.get(name), broken, found)
    if against and theirs:
        name = str(against) if against.name in found.rows else against.name
        _compare(name, theirs, made.get("summary.csv"), found)
    return found


def _theirs(path: Path) -> RowTable:
    try:
        theirs = RowTable.of_file(path, rounded=True)
    except NoTable as error:
        raise BenchError(f"{path}: {error}; give a table like summary.csv") from error
    if lacking := [name for name in ("model", "metric", "value") if name not in theirs.columns]:
        raise BenchError(f"{path} has no column {', '.join(lacking)}; give a table like summary.csv (docs/formats.md)")
    return theirs


def _check_cells(run: StoredRun, found: Verified) -> set[CellPlace]:
    """Look at every cell's file; return the places of those that are gone or damaged."""
    broken: set[CellPlace] = set()
    shown = _tabulated(run)
    for place, key in run.keys.items():
        if not run.has(place):
            if place in shown:
                broken.add(place)
                found.faults.append(f"the cell of {place} ({key}) is gone, and the tables have its numbers")
            continue
        try:
            run.folder.check_cell(key, _images(run, place))
            found.cells += 1
        except BenchError:  # its line is there already
            broken.add(place)
    _check_others(run, found)
    return broken


def _images(run: StoredRun, place: CellPlace) -> Images:
    return Images.recorded(run.record.dataset(place.dataset))


def _tabulated(run: StoredRun) -> set[CellPlace]:
    """Return the places that summary.csv has numbers of."""
    try:
        table = RowTable.of_file(run.path / "summary.csv")
        rows = [[row[name] for name in ("dataset", "model", "perturbation")] + [row["strength"]] for row in table.rows]
        texts = {(*row[:3], float(row[3])) for row in rows}
    except (NoTable, KeyError, ValueError):
        return set()
    return {place for place in run.keys if (*place[:3], float(f"{place.strength:.12g}")) in texts}


def _check_others(run: StoredRun, found: Verified) -> None:
    """Look at the cells of earlier suites too: no table shows them, but the next run may."""
    others = sorted(run.finished - set(run.keys.values()))
    for key in others:
        try:
            file = read_sealed(run.folder.cell_path(key), CELL)
            if not file.has_key(key):
                run.folder.read_cell(key)
        except BenchError as error:
            found.faults.append(str(error))
    if others:
        found.remarks.append(f"cells of an earlier suite, in no table: {len(others)}")


def _check_keys(run: StoredRun, found: Verified) -> None:
    """Compare the keys in run.json with those that its suite, weights and images give."""
    try:
        keys = recomputed_keys(run)
    except UnknownKeys as error:
        found.remarks.append(f"the keys of the cells were not computed again: {error}")
        return
    other = [place for place, key in keys.items() if run.keys[place] != key]
    found.keys = len(keys) - len(other)
    if not other:
        return
    words = f"{len(other)} keys are not those that run.json's suite, weights and images give, the first of {other[0]}"
    if run.record.code == protocol.code_hash():
        found.faults.append(words)
    else:
        found.remarks.append(f"{words}; another version of segbench ({run.record.segbench or 'unknown'}) made the run")


def _check_table(run: StoredRun, name: str, made: str | None, broken: set[CellPlace], found: Verified) -> None:
    if made is None:
        found.faults.append(f"{name}: there is nothing to compute it from")
        return
    true = RowTable.of_text(made)
    if broken and name not in _CELL_BY_CELL:
        found.remarks.append(f"{name} was not compared: it needs the cells that are damaged or gone")
        return
    columns = _comparable(run, name, true)
    if columns is not None and not columns:
        found.remarks.append(f"{name} was not compared: it follows other rules of statistics than this version's")
        return
    try:
        given = _without(RowTable.of_file(run.path / name), broken)
    except NoTable as error:
        found.faults.append(f"{name}: {error}")
        return
    other = differences(given, true, columns)
    found.rows[name] = other.compared
    found.faults += lines_of(other, name, given="there", true="from the cells")
    found.faults += [f"{name}: {other.words(key)}: this row is missing" for key in other.lacking]


def _without(table: RowTable, broken: set[CellPlace]) -> RowTable:
    """Return a table without the rows of cells that are damaged or gone."""
    names = {(*place[:3], f"{place.strength:.12g}") for place in broken}
    if not names or not {"dataset", "model", "perturbation", "strength"} <= {*table.columns}:
        return table
    kept = (r for r in table.rows if (r["dataset"], r["model"], r["perturbation"], r["strength"]) not in names)
    return RowTable(table.columns, tuple(kept))


def _comparable(run: StoredRun, name: str, true: RowTable) -> list[str] | None:
    """Return the columns that this version's rules give; None: all of them."""
    statistics = run.record.statistics
    if statistics is not None and statistics.version == VERSION:
        return None
    return [] if name in RANKED else [column for column in true.columns if column not in INTERVAL]


def _compare(name: str, theirs: RowTable, made: str | None, found: Verified) -> None:
    """Compare somebody else's table with what the cells give."""
    if made is None:
        return
    true = RowTable.of_text(made)
    naming = [column for column in true.naming() if column in theirs.columns]
    if len({tuple(row[column] for column in naming) for row in true.rows}) < len(true.rows):
        lacking = [column for column in true.naming() if column not in naming]
        raise BenchError(f"{name}: the columns {', '.join(naming)} do not name a row; add {', '.join(lacking)}")
    other = differences(theirs, true)
    found.rows[name] = other.compared
    found.faults += lines_of(other, name, given="there", true="from the cells")
    if other.lacking:
        found.remarks.append(
            f"{name} lacks {len(other.lacking)} rows of the run, the first: {other.words(other.lacking[0])}"
        )
