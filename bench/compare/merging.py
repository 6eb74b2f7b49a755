"""`bench merge`: runs of equal protocols become one run folder; their cells are copied, nothing is evaluated."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from bench.compare.protocols import joining_faults
from bench.compare.stored_run import StoredRun, open_stored
from bench.host.checked_json import DamagedFile
from bench.host.checksum import of_file
from bench.host.files import make_folder, write_atomic
from bench.record import protocol
from bench.record.attribute_store import ATTRIBUTES, attributes_text, stored_attributes
from bench.record.cell_file import Images
from bench.record.late_cells import take_up
from bench.record.model_record import ModelRecord
from bench.record.run_folder import RunFolder
from bench.record.run_record import CellCounts, RunRecord
from registry.errors import BenchError
from registry.regular_files import read_regular

_FOLDERS = ("cells", "examples", "timing")
"""What is copied; everything else follows from it and from `run.json`."""
_ENDINGS = (".parquet", ".json", ".webp", ".png")
"""Of the files in these folders."""


def merge(paths: Sequence[Path], out: Path) -> list[str]:
    """Join runs into the new folder `out`; return a line for each damaged file that was left out.

    Models may differ, and the cells of one model may be spread over runs. What decides the numbers may not: seed,
    perturbations, metric sets, images, and of a model in several runs its weights and precision.

    Raises:
        BenchError: there are fewer than two runs, one is none, two of them differ in what decides the numbers, equal
            cells hold other counts, or `out` is there already.
    """
    if len(paths) < 2:
        raise BenchError(f"{len(paths)} run given; give two or more folders of runs to join")
    if out.exists() or out.is_symlink():
        raise BenchError(f"{out} is there already; give a new folder with --out")
    runs = [open_stored(path) for path in paths]
    for run in runs[1:]:
        if faults := joining_faults(runs[0].record, run.record):
            raise BenchError(f"{runs[0].path} and {run.path} cannot be joined: they differ in {faults[0]}")
    _check_counts(runs)
    make_folder(out.parent)
    folder = Path(mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        _fill(folder, runs)
        lines = [line.replace(str(folder), str(out)) for line in take_up(folder)]
        folder.rename(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return lines


def _fill(folder: Path, runs: Sequence[StoredRun]) -> None:
    """Write the cells, images and record of all runs into an empty folder."""
    for run in runs:
        for name in _FOLDERS:
            _copy(run.path / name, folder / name)
    for run in runs:
        _add_whole_cells(folder, run)
    record = joined(runs)
    known: dict[str, Any] = {}
    for run in runs:
        known |= stored_attributes(run.path, run.record)
    if known:
        text = attributes_text(known)
        write_atomic(folder / ATTRIBUTES, text)
        record = record.model_copy(update={"tables": {ATTRIBUTES: of_file(text.encode())}})
    RunFolder(folder).write_record(record)


def _copy(source: Path, target: Path) -> None:
    """Copy the plain files of a folder that are not there yet; no link, and nothing that was set aside."""
    for path in sorted(source.iterdir()) if source.is_dir() and not source.is_symlink() else ():
        is_ours = path.suffix in _ENDINGS and not path.name.startswith(".") and path.name != "index.json"
        if is_ours and path.is_file() and not path.is_symlink() and not (target / path.name).exists():
            write_atomic(target / path.name, read_regular(path))


def _add_whole_cells(folder: Path, run: StoredRun) -> None:
    """Let a whole cell take the place of one that another run has damaged, or only a note of its error for."""
    joined_folder = RunFolder(folder)
    for place, key in run.keys.items():
        if not key or not run.has(place):
            continue
        images = Images.recorded(run.record.dataset(place.dataset))
        if _is_whole(joined_folder, key, images) or not _is_whole(run.folder, key, images):
            continue
        write_atomic(joined_folder.cell_path(key), read_regular(run.folder.cell_path(key)))
        joined_folder.forget_failure(key)


def _is_whole(folder: RunFolder, key: str, images: Images) -> bool:
    try:
        folder.check_cell(key, images)
    except BenchError:
        return False
    return folder.has(key)


def joined(runs: Sequence[StoredRun]) -> RunRecord:
    """Return the record of all runs together: the first one's, with the models, data sets and facts of the others.

    Raises:
        BenchError: a model has other weights, or another precision, in another run.
    """
    first, records = runs[0].record, [run.record for run in runs]
    models = list(_models(runs))
    keys = [key for model in models for key in model.cell_keys]
    there = {key for run in runs for key in run.finished}
    return first.model_copy(
        update={
            "datasets": _unique(records, "datasets", lambda one: one.label),
            "models": tuple(models),
            "suite": _suite(records),
            "measured": {key: one for record in reversed(records) for key, one in record.measured.items()},
            "reconstructions": {
                key: one for record in reversed(records) for key, one in record.reconstructions.items()
            },
            "strips": _unique(records, "strips", lambda one: one.key),
            "throughput": _unique(records, "throughput", lambda one: (one.dataset, one.model)),
            "timings": _unique(records, "timings", lambda one: one.key),
            "plugins": _unique(records, "plugins", lambda one: (one.kind, one.name)),
            "made": tuple(one for record in records for one in record.made),
            "cells": CellCounts(total=len(keys), done=sum(key in there for key in keys)),
            "command": f"bench merge {' '.join(str(run.path) for run in runs)}",
            "updated": protocol.now(),
            "fingerprint": "",
            "tables": {},
        }
    )


def _unique(records: Sequence[RunRecord], name: str, key: Any) -> tuple[Any, ...]:
    """Return what the records list under a name, each key once, the first one's first."""
    found: dict[Any, Any] = {}
    for record in records:
        for one in getattr(record, name):
            found.setdefault(key(one), one)
    return tuple(found.values())


def _suite(records: Sequence[RunRecord]) -> dict[str, Any]:
    """Return the first suite with the data sets and models of the others behind its own."""
    suite = dict(records[0].suite)
    for name in ("datasets", "models"):
        items = [item for record in records for item in record.suite.get(name, [])]
        suite[name] = [item for i, item in enumerate(items) if item not in items[:i]]
    return suite


def _models(runs: Sequence[StoredRun]) -> Iterator[ModelRecord]:
    """Yield each model once, with the keys of its cells in all runs."""
    found: dict[tuple[str, str], tuple[StoredRun, ModelRecord]] = {}
    for run in runs:
        for place, model in run.models.items():
            if place not in found or not found[place][1].cell_keys:
                found[place] = run, model
            elif model.cell_keys:
                found[place] = found[place][0], _with_keys(*found[place], run, model)
    yield from (model for _, model in found.values())


def _with_keys(one: StoredRun, known: ModelRecord, other: StoredRun, model: ModelRecord) -> ModelRecord:
    pairs = list(zip(known.cell_keys, model.cell_keys, strict=True))
    if any(a and b and a != b for a, b in pairs):
        raise BenchError(
            f"the model {model.label} has other weights, parameters or another precision in {other.path} than in "
            f"{one.path}; give it another label in one of the suites"
        )
    return known.model_copy(update={"cell_keys": tuple(a or b for a, b in pairs)})


def _check_counts(runs: Sequence[StoredRun]) -> None:
    """Make sure that cells of equal keys hold equal counts.

    Raises:
        BenchError: two hold other ones; a damaged one is left to the reader of the joined folder.
    """
    import numpy as np

    known: dict[str, tuple[StoredRun, Any]] = {}
    for run in runs:
        for place, key in run.keys.items():
            if key not in run.finished:
                continue
            if key not in known:
                known[key] = run, place
                continue
            other, there = known[key]
            images = Images.recorded(run.record.dataset(place.dataset))
            try:
                one, two = (each.folder.read_cell(key, images).counts for each in (other, run))
            except DamagedFile:  # the whole one is copied
                continue
            if not np.array_equal(one.values, two.values):
                raise BenchError(
                    f"{other.path} and {run.path} hold other counts under one key ({there}); `bench verify` says which "
                    "of them is not as it was written"
                )
