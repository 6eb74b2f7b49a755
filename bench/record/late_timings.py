"""What a report finds of measurements of speed in a run folder, beside what its tables say; see `late_cells`."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.record.run_folder import RunFolder
from bench.record.run_record import PlannedTiming, RunRecord
from bench.record.timing_tables import TABLES, CleanScore, TimingRows, timing_rows, timing_tables
from registry.errors import BenchError


class LateTimings:
    """The planned measurements that can be read; `lines` gets one for each that cannot, and of what is gone."""

    def __init__(self, folder: RunFolder, record: RunRecord, lines: list[str]) -> None:
        self.folder, self.lines, self.planned = folder, lines, record.timings
        self.damaged: set[str] = set()
        self.there = {one.key: rows for one in self.planned if (rows := self._read(one.key))}
        self.known = set(_keys(folder.path)) if self.planned else set()

    def _read(self, key: str) -> TimingRows | None:
        try:
            self.folder.check_timing(key)
            if self.folder.timing_path(key).is_file():
                return timing_rows(key, *self.folder.read_timing(key))
        except BenchError as error:
            self.damaged.add(key)
            self.lines.append(f"left out of the report: {error}")
        return None

    @property
    def any_left(self) -> bool:
        """Whether there is something to make the tables from."""
        return bool(self.there or self.damaged)

    @property
    def are_late(self) -> bool:
        """Whether the tables lack a measurement, or have one that is damaged."""
        return bool(self.there.keys() - self.known or self.damaged & self.known)

    def tables(self, score: Callable[[PlannedTiming], CleanScore]) -> dict[str, str]:
        """Return the tables of what is there; none where nothing is left, so that they stay as they are."""
        if not self.any_left:
            return {}
        if gone := len(self.known - self.there.keys() - self.damaged):
            self.lines.append(f"finished measurements that are gone: {gone}; run the suite again")
        there = (one for one in self.planned if one.key in self.there)
        return timing_tables((one, self.there[one.key], score(one)) for one in there)


def _keys(path: Path) -> Iterator[str]:
    """Yield the keys of the measurements in the tables; none of a table that cannot be read."""
    for name in TABLES:
        if not (path / name).is_file():  # a pipe would wait for a writer
            continue
        try:
            with (path / name).open(encoding="utf-8", newline="") as lines:
                yield from {row["key"] for row in csv.DictReader(lines, strict=True)}
        except (OSError, ValueError, KeyError, csv.Error):
            continue
