"""Cells that a killed run finished and had no time to tabulate: taken up into the folder's tables, from run.json alone.

Neither the suite's data nor its models are needed. Rows that are in the tables stay as they are.
"""

import csv
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.host.checked_json import read_checked
from bench.host.files import StorageError, write_atomic
from bench.metrics import METRIC_SETS
from bench.record import protocol
from bench.record.csv_columns import STRENGTHS, SUMMARY
from bench.record.example_index import INDEX_FORMAT, ExampleIndex
from bench.record.model_record import ModelRecord
from bench.record.run_folder import RunFolder
from bench.record.run_record import CellCounts, FailedCell, RunRecord
from bench.record.strengths import strengths_text
from bench.record.summary import CellScores, Finished, Scoring, cell_place, scored, write_examples_index, write_summary
from registry.errors import BenchError

Place = tuple[str, ...]
"""Data set, model, perturbation and strength, as in summary.csv."""
Rows = dict[Place, list[tuple[Any, ...]]]


def take_up(path: Path) -> list[str]:
    """Write into a run folder's tables what its finished cells hold and the tables lack.

    Return a line for each cell that cannot be read, and one where another run is at work, which writes them itself.
    A folder that holds no run stays as it is.

    Raises:
        BenchError: the folder's record or index cannot be read, or the folder cannot be written.
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
        return _taken_up(folder)


def _taken_up(folder: RunFolder) -> list[str]:
    record, known = folder.record(), _rows(folder)
    assert record is not None
    late = {place for place, key in _planned(record) if folder.has(key) and place not in known}
    return _write(folder, record, known, late) if late else []


def _planned(record: RunRecord) -> Iterator[tuple[Place, str]]:
    """Yield place and key of every cell of the run."""
    for model in record.models:
        yield from ((cell_place(model.dataset, model.label, *place), key) for place, key in record.planned(model))


def _write(folder: RunFolder, record: RunRecord, known: Rows, late: set[Place]) -> list[str]:
    index = read_checked(folder.path / "examples" / "index.json", ExampleIndex, INDEX_FORMAT)
    index = index or ExampleIndex(format=INDEX_FORMAT)
    kept = defaultdict(list)
    for example in index.examples:
        kept[cell_place(example.dataset, example.model, example.perturbation, example.strength)].append(example)
    faults: list[str] = []
    finished = []
    for model in record.models:
        cells = []
        for condition, key in record.planned(model):
            place = cell_place(model.dataset, model.label, *condition)
            try:
                if place in late:
                    cells.append(scored(folder.read_cell(key), condition, _scoring(record, model)))
                elif folder.has(key):
                    images, facts = record.dataset(model.dataset).n, _facts(folder, key)
                    cells.append(CellScores(place, images, facts, known[place], kept[place]))
            except BenchError as error:
                faults.append(f"left out of the report: {error}")
        finished.append(Finished((model.dataset, model.label), tuple(cells)))
    if any(cell.place in late for done in finished for cell in done.cells):
        write_summary(folder, finished)
        _write_strengths(folder, finished)
        write_examples_index(folder, finished, index.strips, index.reconstructions)
        folder.write_record(_updated(folder, record, finished))
    return faults


def _scoring(record: RunRecord, model: ModelRecord) -> Scoring:
    data = record.dataset(model.dataset)
    sets = [METRIC_SETS[one.name].on(data.background) for one in record.metric_sets if one.name in METRIC_SETS]
    return Scoring((model.dataset, model.label), model.task, model.supervision, data.classes, sets)


def _facts(folder: RunFolder, key: str) -> dict[str, Any]:
    """Return what was measured while making a cell that the tables have."""
    facts = folder.read_cell_record(key)
    if "seconds" not in facts:
        raise BenchError(f"the cell {folder.cell_path(key)} is damaged; delete the file and run again")
    return facts


def _rows(folder: RunFolder) -> Rows:
    """Return the rows of summary.csv by their cell; none where it is missing or damaged: the cells have them all."""
    rows: Rows = defaultdict(list)
    path = folder.path / "summary.csv"
    if not path.is_file():
        return rows
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, strict=True):
                place = cell_place(row["dataset"], row["model"], row["perturbation"], float(row["strength"]))
                rows[place].append(tuple(row.get(name) or "" for name in SUMMARY))
    except (OSError, ValueError, KeyError, TypeError, csv.Error):
        return {}
    return rows


def _write_strengths(folder: RunFolder, finished: Sequence[Finished]) -> None:
    """Add what late cells have measured of their conditions' images to strengths.csv."""
    path, rows = folder.path / "strengths.csv", {}
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as lines:
            rows = {tuple(row[name] for name in STRENGTHS[:4]): row for row in csv.DictReader(lines)}
    for done in finished:
        for cell in done.cells:
            for measure, spread in (cell.record.get("measured_strength") or {}).items():
                place = (done.name[0], *cell.place[2:], measure)
                rows.setdefault(place, dict(zip(STRENGTHS, place, strict=False)) | spread)
    write_atomic(path, strengths_text(rows.values()))


def _updated(folder: RunFolder, record: RunRecord, finished: Sequence[Finished]) -> RunRecord:
    """Return the record with what follows from the cells; the fingerprint stays, so that the next run writes anew."""
    failed = [FailedCell.model_validate(one) for one in folder.failures()]
    wanted = {place for place, _ in _planned(record)} - {cell.place for done in finished for cell in done.cells}
    lasting = [one for one in failed if cell_place(one.dataset, one.model, one.perturbation, one.strength) in wanted]
    number = sum(len(one.cells) for one in finished)
    throughput = protocol.throughput_records(finished)
    return record.model_copy(
        update={
            "cells": CellCounts(total=record.cells.total, done=number, failed=tuple(lasting)),
            "made": protocol.makers(finished),
            "throughput": throughput,
            "harness_efficiency": protocol.harness_efficiency(throughput),
            "updated": protocol.now(),
        }
    )
