"""What a report finds in a run folder beside what its tables say, from `run.json` alone.

- Cells that a killed run finished and had no time to tabulate are taken up into the tables.
- Damaged cells are left out of them.
- Tables that are not as they were written are made anew from the cells.
- Intervals, rankings and comparisons that are missing, or asked for by other rules, are computed.

With measurements of speed it is the same; see `late_timings`.

Neither the suite's data nor its models are needed. Rows of cells that are there stay as they are; what has no cell
any more is counted in a line.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.host.checked_json import DamagedFile, read_checked
from bench.host.checksum import changed
from bench.host.files import StorageError, set_aside, write_atomic
from bench.metrics import METRIC_SETS
from bench.metrics.further import asked_of
from bench.plan.jobs import reconstructions_of
from bench.record import protocol
from bench.record.attribute_store import ATTRIBUTES, stored_attributes
from bench.record.calibration_table import TABLE as RELIABILITY
from bench.record.calibration_table import asks_for_it
from bench.record.cell_file import Images
from bench.record.confusion_table import CLEAN, confusion_text
from bench.record.csv_columns import CALIBRATION, DISTRIBUTION, INTERVAL, STRENGTHS, SUMMARY
from bench.record.example_index import INDEX_FORMAT, Example, ExampleIndex
from bench.record.late_timings import LateTimings
from bench.record.model_record import ModelRecord
from bench.record.reconstruction_table import reconstructions
from bench.record.run_folder import RunFolder
from bench.record.run_record import (
    FORMAT,
    CellCounts,
    FailedCell,
    PlannedTiming,
    RunRecord,
    StatisticsRecord,
)
from bench.record.seeds import seeds_table
from bench.record.slice_table import SLICES_TABLE, slices_text
from bench.record.statistics_tables import TABLES as RANKED
from bench.record.statistics_tables import RankedModel, Study, measured_rmse
from bench.record.strengths import strengths_text
from bench.record.summary import (
    CellScores,
    Finished,
    Scoring,
    cell_place,
    scored,
    tables_of_cells,
    write_examples_index,
)
from bench.record.tables import checksums, remove_tables, write_tables
from bench.record.timing_tables import TABLES, CleanScore
from bench.statistics.resampling import VERSION
from registry.errors import BenchError

Place = tuple[str, ...]
"""Data set, model, perturbation and strength, as in summary.csv."""
Rows = dict[Place, list[tuple[Any, ...]]]
_READ = ("summary.csv", "distribution.csv", "strengths.csv")
"""Tables whose rows stay as they are, where they are believed."""


def take_up(path: Path, rules: Mapping[str, Any] | None = None) -> list[str]:
    """Write into a run folder's tables what its finished cells hold and the tables lack.

    Return a line for each file that is damaged, and one where another run is at work, which writes them itself.
    A folder that holds no run stays as it is. rules: keys of `StatisticsRecord` that intervals and comparisons are to
    follow from now on; those that are not in it stay.

    Raises:
        BenchError: the folder's record cannot be read, its tables can neither be believed nor made anew, or the
            folder cannot be written.
    """
    folder = RunFolder(path)
    if folder.record() is None:
        return []
    with ExitStack() as stack:
        try:
            stack.enter_context(folder.locked())
        except StorageError:
            raise
        except BenchError:
            return [f"a run is at work in {path}; what it has finished since it last wrote its tables is not shown"]
        record = folder.record()
        assert record is not None
        return _Tables(folder, record, rules or {}).mended()


def made_anew(path: Path, record: RunRecord) -> tuple[dict[str, str], list[str]]:
    """Return every table as the cells (and measurements) give it, by its name, and a line for each damaged file.

    The tables in the folder are not believed, and nothing is written. Where nothing is left to make a table from, it
    is missing.
    """
    tables = _Tables(RunFolder(path), record, {}, believed=False)
    return tables.texts(tables.finished()), tables.lines


class _Tables:
    """What a folder's tables say, what its cells hold, and what is to be made anew; `lines`: of what is damaged.

    believed: False: nothing is read but the cells, the measurements and `run.json`, and no file is set aside.
    """

    def __init__(
        self, folder: RunFolder, record: RunRecord, rules: Mapping[str, Any], *, believed: bool = True
    ) -> None:
        self.folder, self.record, self.path = folder, record, folder.path
        current = {**dict(record.statistics or StatisticsRecord()), "version": VERSION, **rules}
        self.statistics = StatisticsRecord.model_validate(current)
        self.lines = [f"{path} is damaged: why the cell failed is lost" for path in folder.damaged_notes()]
        self.changed = changed(self.path, record.tables) if believed else [*record.tables, *_READ]
        self.known = self._rows("summary.csv", (*SUMMARY, *INTERVAL))
        self.spread = self._rows("distribution.csv", DISTRIBUTION)
        self.attributes = stored_attributes(self.path, record)
        self.reliability = self._rows(RELIABILITY, CALIBRATION)
        self.is_calibrated = asks_for_it(asked_of(record.further))
        self.kept = _Kept(self.path, self.lines, believed=believed)
        self.planned = list(self._planned())
        self.damaged = {place for place, key, images in self.planned if self._is_damaged(key, images)}
        finished = folder.finished()
        self.there = {place for place, key, _ in self.planned if key in finished} - self.damaged
        self.late = self.there - self.known.keys()
        self.is_stale = bool(self.there) and (
            record.statistics != self.statistics or not {*RANKED, "distribution.csv"} <= record.tables.keys()
        )
        self.timings = LateTimings(folder, record, self.lines)

    def mended(self) -> list[str]:
        """Write what is to be made anew; return the lines.

        Raises:
            BenchError: nothing is left to make a table from.
        """
        of_cells = [name for name in self.changed if name not in TABLES]
        of_timings = [name for name in self.changed if name in TABLES]
        if of_cells and self.planned and not self.there | self.damaged:
            raise _lost(self.path / of_cells[0], "cells")
        if of_timings and not self.timings.any_left:
            raise _lost(self.path / of_timings[0], "measurements")
        late = self.late or self.timings.are_late
        if late or self.is_stale or self.changed or self.kept.is_damaged or self.damaged & self.known.keys():
            if (gone := self._gone()) > 0:
                self.lines.append(f"finished cells that are gone: {gone}; run the suite again")
            self._write()
        elif not (self.path / "confusion.csv").is_file():  # of an older version: its record stays as it is
            write_atomic(
                self.path / "confusion.csv", confusion_text((one.name, one.confused) for one in self.finished())
            )
        return list(dict.fromkeys(self.lines))  # models under two labels share their cells

    def _gone(self) -> int:
        """Return how many cells the tables had, and the folder has no more: tables that are made anew lose them."""
        if not (there := self.there | self.damaged):
            return 0  # nothing to make them from: they stay
        return len(self.known.keys() - there) if self.known else self.record.cells.done - len(there)

    def finished(self) -> list[Finished]:
        """Return what is there of each model."""
        return [Finished((one.dataset, one.label), tuple(self._cells(one))) for one in self.record.models]

    def _planned(self) -> Iterator[tuple[Place, str, Images]]:
        """Yield place, key and images of every cell of the run."""
        for model in self.record.models:
            images = Images.recorded(self.record.dataset(model.dataset))
            for condition, key in self.record.planned(model):
                yield cell_place(model.dataset, model.label, *condition), key, images

    def _is_damaged(self, key: str, images: Images) -> bool:
        try:
            self.folder.check_cell(key, images)
        except BenchError as error:
            self.lines.append(f"left out of the report: {error}")
            return True
        return False

    def _write(self) -> None:
        finished = self.finished()
        _, pairs = reconstructions(self._reconstructions(), self.record.reconstructions)
        tables = self.texts(finished)
        before = {name: one for name, one in self.record.tables.items() if name not in self._without_attributes()}
        record = _updated(self, finished, {**before, **checksums(tables)})
        index = self.kept.index
        strips, kept = (index.strips, index.reconstructions) if index else (self.record.strips, pairs)
        write_examples_index(self.folder, finished, strips, kept)
        write_tables(self.path, tables, self.record.tables, self.lines.append)
        self.folder.write_record(record)

    def _without_attributes(self) -> tuple[str, ...]:
        """Remove the scores of slices where what is known of the images was changed; return the names of the files."""
        if ATTRIBUTES not in self.changed:
            return ()
        if (path := self.path / ATTRIBUTES).is_file():
            set_aside(path)
        remove_tables(self.path, [SLICES_TABLE])
        self.lines.append(f"{path} is not as it was written, so there are no scores of slices; run the suite again")
        return ATTRIBUTES, SLICES_TABLE

    def texts(self, finished: Sequence[Finished]) -> dict[str, str]:
        """Return the content of every table that something is left for."""
        more, _ = reconstructions(self._reconstructions(), self.record.reconstructions)
        tables = more | (self._of_cells(finished) if self.there | self.damaged else {})
        return tables | self.timings.tables(self._clean_score)

    def _of_cells(self, finished: Sequence[Finished]) -> dict[str, str]:
        """Return the tables that follow from the cells."""
        rows = {} if "strengths.csv" in self.changed else _strengths(self.path)
        _measure(rows, finished)
        groups = {(one.dataset, one.label): one.group for one in self.record.models if one.group}
        study = self._study(rows.values())
        tables = tables_of_cells(finished, asked_of(self.record.further)) | study.tables()
        tables |= seeds_table(finished, groups, self.record.tables)
        if self.attributes:
            tables[SLICES_TABLE] = slices_text(study, self.attributes)
        return tables | {"strengths.csv": strengths_text(rows.values())}

    def _study(self, strengths: Iterable[Mapping[str, Any]]) -> Study:
        """Return what rankings and comparisons are made of: the cells that are there."""
        record, models = self.record, []
        for model in record.models:
            keys = {
                condition: key
                for condition, key in record.planned(model)
                if cell_place(model.dataset, model.label, *condition) in self.there
            }
            images = Images.recorded(record.dataset(model.dataset))
            models.append(RankedModel(_scoring(record, model, self.statistics), images, keys))
        entries = {data.label: record.perturbations if data.perturbed else () for data in record.datasets}
        return Study(models, entries, measured_rmse(strengths), self.statistics, self.folder.read_cell)

    def _cells(self, model: ModelRecord) -> Iterator[CellScores]:
        """Yield a model's cells: rows and examples as they are written, or else from the counts."""
        data, by = self.record.dataset(model.dataset), _scoring(self.record, model, self.statistics)
        for condition, key in self.record.planned(model):
            place = cell_place(model.dataset, model.label, *condition)
            if place not in self.there:
                continue
            examples = self.kept.of(place)
            try:
                if self._is_read(place) or examples is None or condition[0] == CLEAN:
                    cell = scored(self.folder.read_cell(key, Images.recorded(data)), condition, by)
                    rows = _with_intervals(self.known[place], cell.rows) if place in self.known else cell.rows
                    yield cell._replace(rows=rows, examples=examples or cell.examples)
                else:
                    rows, record = self.known[place], self.folder.read_cell_record(key)
                    more = self.spread[place], self.reliability.get(place, ())
                    yield CellScores(place, data.n, record, rows, examples, (), *more)
            except DamagedFile as error:
                self.lines.append(f"left out of the report: {error}")

    def _is_read(self, place: Place) -> bool:
        """Return whether a cell's scores are computed from its counts: the tables have not all of them."""
        lacks = self.is_calibrated and RELIABILITY in self.changed
        return self.is_stale or place in self.late or place not in self.spread or lacks

    def _rows(self, name: str, columns: Sequence[str]) -> Rows:
        return {} if name in self.changed else _rows(self.path / name, columns)

    def _clean_score(self, timing: PlannedTiming) -> CleanScore:
        """Return the score of what is timed, from its clean cell."""
        key, record = timing.cell_key, self.record
        if not key or not self.folder.has(key):
            return CleanScore()
        place = timing.dataset, timing.model
        try:
            model = next(one for one in record.models if (one.dataset, one.label) == place)
            stored = self.folder.read_cell(key, Images.recorded(record.dataset(timing.dataset)))
        except (BenchError, StopIteration):
            return CleanScore()
        return CleanScore(True, scored(stored, (CLEAN, 0.0), _scoring(record, model, self.statistics)).dice)

    def _reconstructions(self) -> Iterator[tuple[str, str, str | None]]:
        for model in self.record.models:
            manifest, first = self.record.dataset(model.dataset).manifest, model.autoencoder
            yield model.dataset, model.label, reconstructions_of(first.state_hash, manifest) if first else None


def _lost(table: Path, sources: str) -> BenchError:
    return BenchError(
        f"{table} is not as it was written, and there are no {sources} to make it anew from; bring the file back, or "
        "run the suite again"
    )


class _Kept:
    """The examples that `examples/index.json` names; a damaged one is set aside, and a line more says so.

    believed: False: it is not looked at.
    """

    def __init__(self, path: Path, lines: list[str], *, believed: bool) -> None:
        self.index: ExampleIndex | None = None
        self.is_damaged = False
        self._by_place: dict[Place, list[Example]] = defaultdict(list)
        if not believed:
            return
        try:
            self.index = read_checked(path / "examples" / "index.json", ExampleIndex, INDEX_FORMAT)
        except DamagedFile as error:
            self.is_damaged = True
            lines.append(f"{error.fault}; set aside as {set_aside(error.path).name}, made anew from the cells")
        for one in self.index.examples if self.index else ():
            self._by_place[cell_place(one.dataset, one.model, one.perturbation, one.strength)].append(one)

    def of(self, place: Place) -> list[Example] | None:
        """Return the examples of a cell; None: its own record has to say."""
        return self._by_place[place] if self.index else None


def _scoring(record: RunRecord, model: ModelRecord, statistics: StatisticsRecord) -> Scoring:
    data = record.dataset(model.dataset)
    sets = [METRIC_SETS[one.name].on(data.background) for one in record.metric_sets if one.name in METRIC_SETS]
    name, further = (model.dataset, model.label), asked_of(record.further)
    return Scoring(name, model.task, model.supervision, data.classes, sets, statistics, further)


def _with_intervals(known: list[tuple[Any, ...]], fresh: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows of summary.csv as they are, with the intervals of those that are computed equally now."""
    found = {tuple(map(str, row[5:10])): row[10:] for row in fresh}
    return [(*row[:10], *found.get(tuple(map(str, row[5:10])), ("", "", ""))) for row in known]


def _rows(path: Path, columns: Sequence[str]) -> Rows:
    """Return the rows of a table by their cell; none where it is missing or damaged: the cells have them all."""
    rows: Rows = defaultdict(list)
    if not path.is_file():  # a pipe would wait for a writer
        return rows
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, strict=True):
                place = cell_place(row["dataset"], row["model"], row["perturbation"], float(row["strength"]))
                rows[place].append(tuple(row.get(name) or "" for name in columns))
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return {}
    return rows


def _strengths(path: Path) -> dict[Place, dict[str, Any]]:
    """Return the rows of strengths.csv by data set, condition and measure; none where it is missing or damaged."""
    if not (path / "strengths.csv").is_file():
        return {}
    try:
        with (path / "strengths.csv").open(encoding="utf-8", newline="") as lines:
            return {tuple(row[name] for name in STRENGTHS[:4]): row for row in csv.DictReader(lines, strict=True)}
    except (OSError, ValueError, KeyError, csv.Error):
        return {}


def _measure(rows: dict[Place, dict[str, Any]], finished: Sequence[Finished]) -> None:
    """Add what cells have measured of their conditions' images, where no row has it."""
    for done in finished:
        for cell in done.cells:
            for measure, spread in (cell.record["measured_strength"] or {}).items():
                place = (done.name[0], *cell.place[2:], measure)
                rows.setdefault(place, dict(zip(STRENGTHS, place, strict=False)) | spread)


def _updated(tables: _Tables, finished: Sequence[Finished], written: Mapping[str, str]) -> RunRecord:
    """Return the record with what follows from the cells; without its fingerprint, the next run writes all anew."""
    anew = {"format": FORMAT, "updated": protocol.now(), "fingerprint": "", "tables": dict(written)}
    anew |= {"statistics": tables.statistics} if tables.there else {}
    if not tables.there | tables.damaged:
        return tables.record.model_copy(update=anew)
    record = tables.record
    wanted = {place for place, _, _ in tables.planned} - {cell.place for done in finished for cell in done.cells}
    failed = [FailedCell.model_validate(one.model_dump()) for one in tables.folder.failures()]
    lasting = [one for one in failed if cell_place(one.dataset, one.model, *one.condition) in wanted]
    number = sum(len(one.cells) for one in finished)
    throughput = protocol.throughput_records(finished)
    return record.model_copy(
        update={
            **anew,
            "cells": CellCounts(total=record.cells.total, done=number, failed=tuple(lasting)),
            "made": protocol.makers(finished),
            "throughput": throughput,
            "without": protocol.without_records(finished),
            "harness_efficiency": protocol.harness_efficiency(throughput),
        }
    )
