"""A run's folder: one file per finished cell, notes of those that failed, a lock, the record `run.json`."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench.host.checked_json import read_checked, write_checked
from bench.host.files import locked, refuse_links, set_aside, write_json
from bench.record.cell_file import (
    Images,
    StoredCell,
    check_cell_file,
    damaged_cell,
    read_cell_file,
    read_record,
    write_cell_file,
)
from bench.record.failure_note import Failure, read_failure, write_failure
from bench.record.run_record import FORMAT, RunRecord
from bench.record.timing_file import check_timing_file, read_timing_file, write_timing_file
from bench.record.timing_record import Samples, TimingRecord
from registry.errors import BenchError


class RunFolder:
    """Reads and writes one run's folder. Everything appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self) -> RunRecord | None:
        """Return `run.json`, or None where there is none.

        Raises:
            DamagedFile: it is not what was written.
            BenchError: it cannot be read, or a newer segbench wrote it.
        """
        return read_checked(self.path / "run.json", RunRecord, FORMAT)

    def write_record(self, record: RunRecord) -> None:
        """Write `run.json`."""
        write_checked(self.path / "run.json", record)

    def cell_path(self, key: str) -> Path:
        """Return where a cell's counts lie once it is finished."""
        return self.path / "cells" / f"{key}.parquet"

    def _failure_path(self, key: str) -> Path:
        return self.path / "cells" / f"{key}.failed.json"

    def has(self, key: str) -> bool:
        """Tell whether a cell is finished: its counts are there, and no later try to make them anew has failed."""
        return self.cell_path(key).is_file() and not self._failure_path(key).is_file()

    def finished(self) -> set[str]:
        """Return the keys of all cells that `has` tells of, by one look at the folder: there can be 10,000."""
        try:
            with os.scandir(self.path / "cells") as entries:
                names = {entry.name for entry in entries if entry.is_file()}
        except (FileNotFoundError, NotADirectoryError):
            return set()
        keys = (name.removesuffix(".parquet") for name in names if name.endswith(".parquet"))
        return {key for key in keys if f"{key}.failed.json" not in names}

    def failures(self) -> list[Failure]:
        """Return the notes of the cells whose last try failed; a damaged one says nothing."""
        return [found for path in self._notes() if (found := read_failure(path))]

    def _notes(self) -> list[Path]:
        return sorted(path for path in (self.path / "cells").glob("*.failed.json") if path.is_file())

    def damaged_notes(self) -> list[Path]:
        """Return the notes of failures that say nothing any more: their cells are to be tried again all the same."""
        return [path for path in self._notes() if read_failure(path) is None and path.exists()]

    def set_notes_aside(self) -> list[Path]:
        """Set aside the damaged notes, and return where they were; one beside earlier counts waits for new ones."""
        found = self.damaged_notes()
        for path in found:
            if not self.cell_path(path.name.removesuffix(".failed.json")).is_file():
                set_aside(path)
        return found

    def forget_failures(self, dataset: str, model: str) -> None:
        """Forget a job's failures: it is about to be tried again. One that has earlier counts waits for new ones."""
        for path in self._notes():
            if self.cell_path(path.name.removesuffix(".failed.json")).is_file():
                continue
            if (found := read_failure(path)) and (found.dataset, found.model) == (dataset, model):
                path.unlink()

    def forget_failure(self, key: str) -> None:
        """Forget why a cell failed: its counts are there."""
        self._failure_path(key).unlink(missing_ok=True)

    def write_failure(self, key: str, failure: Failure) -> None:
        """Remember why a cell failed; the next run tries it again."""
        write_failure(self._failure_path(key), failure)

    def write_cell(self, key: str, cell: StoredCell) -> None:
        """Store a finished cell, and forget an earlier failure of it."""
        write_cell_file(self.cell_path(key), key, cell)
        self.forget_failure(key)

    def check_cell(self, key: str, images: Images) -> None:
        """Make sure that a cell, if there is one, is as it was written, and of these images.

        Raises:
            DamagedFile: it is not.
            BenchError: it cannot be read, or a newer version wrote it.
        """
        if (path := self.cell_path(key)).is_file():
            check_cell_file(path, key, images)
        elif path.exists():
            raise damaged_cell(path, "it is no file")

    def set_cell_aside(self, key: str) -> Path:
        """Rename a damaged cell, so that it is evaluated again and nothing in it is lost; return its new place."""
        return set_aside(self.cell_path(key))

    def read_cell(self, key: str, images: Images | None = None) -> StoredCell:
        """Return a finished cell; see `read_cell_file`."""
        return read_cell_file(self.cell_path(key), key, images)

    def read_cell_record(self, key: str) -> dict[str, Any]:
        """Return what was measured while making a finished cell, without its counts; see `read_record`."""
        return read_record(self.cell_path(key), key)

    def timing_path(self, key: str) -> Path:
        """Return where a measurement of speed lies once it is finished."""
        return self.path / "timing" / f"{key}.parquet"

    def write_timing(self, key: str, samples: Samples, record: TimingRecord) -> None:
        """Store a finished measurement, and forget an earlier error of it."""
        write_timing_file(self.timing_path(key), key, samples, record)
        self.timing_failure_path(key).unlink(missing_ok=True)

    def timing_failure_path(self, key: str) -> Path:
        """Return where the note lies of why a measurement's last try failed."""
        return self.path / "timing" / f"{key}.failed.json"

    def write_timing_failure(self, key: str, note: Mapping[str, str]) -> None:
        """Remember the error that ended a measurement, for people alone; the next run tries it again."""
        write_json(self.timing_failure_path(key), dict(note))

    def check_timing(self, key: str) -> None:
        """Make sure that a measurement, if there is one, is as it was written; see `check_timing_file`."""
        if (path := self.timing_path(key)).exists():
            check_timing_file(path, key)

    def read_timing(self, key: str) -> tuple[Samples, TimingRecord]:
        """Return a finished measurement; see `read_timing_file`."""
        return read_timing_file(self.timing_path(key), key)

    def precisions(self) -> Iterator[str]:
        """Yield the precision of each cell that can be read."""
        for path in sorted((self.path / "cells").glob("*.parquet")):
            try:
                found = self.read_cell_record(path.stem).get("precision")
            except BenchError:
                continue
            if found:
                yield found

    def locked(self, waiting: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Keep a second run out of the folder while the block runs; `waiting`: see `bench.host.files.locked`.

        Raises:
            StorageError: one of the folders in it is a link.
        """
        refuse_links(*(self.path / name for name in ("cells", "examples", "figures", "timing")))
        busy = f"another run is at work in {self.path}, or a killed one is ending; wait for it, or choose another --out"
        return locked(self.path / ".lock", busy, waiting)
