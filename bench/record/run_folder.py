"""A run's folder: one Parquet file per finished cell, a lock against a second run, the record `run.json`."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.host.checked_json import read_checked
from bench.host.files import atomic_path, locked, read_json, refuse_links, write_json
from bench.metrics.counts import Counts
from bench.record.run_record import FORMAT, RunRecord
from registry.errors import BenchError

CELL_FORMAT = 1


@dataclass(frozen=True)
class StoredCell:
    """What a cell's file holds: integer counts per image, and what was measured while making them.

    oracle: the counts of each image's best candidate; None where the model predicts one mask only.
    """

    samples: tuple[str, ...]
    counts: Counts
    record: dict[str, Any]
    oracle: Counts | None = None


class RunFolder:
    """Reads and writes one run's folder. Everything appears whole or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self) -> RunRecord | None:
        """Return `run.json`, or None where there is none.

        Raises:
            BenchError: it cannot be read, is damaged, or a newer segbench wrote it.
        """
        return read_checked(self.path / "run.json", RunRecord, FORMAT)

    def write_record(self, record: RunRecord) -> None:
        """Write `run.json`."""
        write_json(self.path / "run.json", record.model_dump(mode="json"))

    def cell_path(self, key: str) -> Path:
        """Return where a cell's counts lie once it is finished."""
        return self.path / "cells" / f"{key}.parquet"

    def _failure_path(self, key: str) -> Path:
        return self.path / "cells" / f"{key}.failed.json"

    def has(self, key: str) -> bool:
        """Tell whether a cell is finished: its counts are there, and no later try to make them anew has failed."""
        return self.cell_path(key).is_file() and not self._failure_path(key).is_file()

    def failures(self) -> list[dict[str, Any]]:
        """Return the records of the cells whose last try failed."""
        return [found for path in sorted((self.path / "cells").glob("*.failed.json")) if (found := _failure(path))]

    def forget_failures(self, dataset: str, model: str) -> None:
        """Forget a job's failures: it is about to be tried again. One that has earlier counts waits for new ones."""
        for path in (self.path / "cells").glob("*.failed.json"):
            if self.cell_path(path.name.removesuffix(".failed.json")).is_file():
                continue
            if (found := _failure(path)) and (found["dataset"], found["model"]) == (dataset, model):
                path.unlink()

    def write_failure(self, key: str, record: dict[str, Any]) -> None:
        """Remember why a cell failed; the next run tries it again."""
        write_json(self._failure_path(key), record)

    def write_cell(self, key: str, cell: StoredCell) -> None:
        """Store a finished cell, and forget an earlier failure of it."""
        import pyarrow as pa
        from pyarrow import parquet

        columns = {"sample": pa.array(cell.samples, pa.string()), "foreground": pa.array(cell.counts.foreground)}
        for name, counts in (("counts", cell.counts), ("oracle", cell.oracle)):
            if counts is not None:
                rows = counts.columns()
                columns[name] = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
        text = json.dumps({"format": CELL_FORMAT, "key": key, "classes": cell.counts.classes, **cell.record})
        with atomic_path(self.cell_path(key)) as temporary:
            parquet.write_table(pa.table(columns, metadata={"segbench": text}), temporary, compression="zstd")
        self._failure_path(key).unlink(missing_ok=True)

    def read_cell(self, key: str) -> StoredCell:
        """Return a finished cell.

        Raises:
            BenchError: its file is damaged or of another format.
        """
        import pyarrow as pa
        from pyarrow import parquet

        path = self.cell_path(key)
        try:
            table = parquet.read_table(path)
            record = json.loads((table.schema.metadata or {}).get(b"segbench", b"{}"))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise BenchError(f"the cell {path} is damaged; delete the file and run again") from error
        if record.get("format") != CELL_FORMAT:
            raise BenchError(f"the cell {path} has another format; delete the file and run again, or update segbench")

        def counts(name: str) -> Counts:
            flat = table[name].combine_chunks().flatten().to_numpy().reshape(table.num_rows, -1)
            return Counts.from_columns(record["classes"], table["foreground"].to_numpy(), flat)

        oracle = counts("oracle") if "oracle" in table.column_names else None
        return StoredCell(tuple(table["sample"].to_pylist()), counts("counts"), record, oracle)

    def read_cell_record(self, key: str) -> dict[str, Any]:
        """Return what was measured while making a finished cell, without its counts; empty where it is damaged."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            metadata = parquet.read_metadata(self.cell_path(key)).metadata or {}
            record: dict[str, Any] = json.loads(metadata.get(b"segbench", b"{}"))
        except (pa.ArrowException, OSError, ValueError):
            return {}
        return record

    def locked(self, waiting: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Keep a second run out of the folder while the block runs; `waiting`: see `bench.host.files.locked`.

        Raises:
            StorageError: one of the folders in it is a link.
        """
        refuse_links(*(self.path / name for name in ("cells", "examples", "figures")))
        busy = f"another run is at work in {self.path}, or a killed one is ending; wait for it, or choose another --out"
        return locked(self.path / ".lock", busy, waiting)


def _failure(path: Path) -> dict[str, Any] | None:
    """Return the record of a failed cell; None where it is gone by now."""
    try:
        found: dict[str, Any] | None = read_json(path)
    except ValueError as error:
        raise BenchError(f"{path} is damaged; delete the file and run again") from error
    return found
