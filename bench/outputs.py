"""What a run leaves behind for the report: run.json, summary.csv and examples/index.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench import environment, protocol
from bench.plan import conditions
from bench.storage import digest
from bench.store import RunFolder
from bench.strengths import Strengths
from bench.suite import Suite
from bench.summary import Planned, read_finished, write_examples_index, write_summary


@dataclass(frozen=True)
class Outputs:
    """Writes the files of a run's folder from its finished cells."""

    folder: RunFolder
    suite: Suite
    planned: Planned
    measured: Mapping[tuple[str, str], Mapping[str, Any]]
    record: Mapping[str, Any]
    strengths: Strengths

    def fingerprint(self) -> str:
        """Return a key of everything the outputs are made from."""
        keys = [cell.key for _, cells in self.planned.values() for cell in cells if self.folder.has(cell.key)]
        return digest(self.suite.source, keys, [f["message"] for f in self.failures()])

    def current(self) -> bool:
        """Tell whether the outputs and the report in the folder are those of the cells in it."""
        report, record = self.folder.path / "report.html", self.folder.path / "run.json"
        drawn = report.is_file() and report.stat().st_mtime_ns >= record.stat().st_mtime_ns
        return drawn and self.record.get("fingerprint") == self.fingerprint()

    def failures(self) -> list[dict[str, Any]]:
        """Return this plan's failed cells, without their tracebacks."""
        wanted = {(c.label, c.strength) for c in conditions(self.suite)}
        done = {
            (*name, *(cell.condition.label, cell.condition.strength))
            for name, (_, cells) in self.planned.items()
            for cell in cells
            if self.folder.has(cell.key)
        }
        found = []
        for failure in self.folder.failures():
            name = (failure["dataset"], failure["model"])
            condition = (failure["perturbation"], failure["strength"])
            if name in self.planned and condition in wanted and (*name, *condition) not in done:
                found.append({k: v for k, v in failure.items() if k != "traceback"})
        return found

    def write(self, *, finished: bool) -> None:
        """Write everything; `finished` False: more cells are to come in this run."""
        cells = read_finished(self.folder, self.suite, self.planned)
        write_summary(self.folder, cells)
        self.strengths.recall(self.folder, self.planned)
        self.strengths.write(self.folder, self.planned)
        write_examples_index(self.folder, cells, self.record.get("strips", []))
        total = len(self.planned) * sum(1 for _ in conditions(self.suite))
        requested = self.suite.precision
        models = [protocol.model_facts(job, requested, self.measured[name]) for name, (job, _) in self.planned.items()]
        measured = {
            protocol.measured_key(job, requested): self.measured[name]
            for name, (job, _) in self.planned.items()
            if self.measured[name]
        }
        record = {
            **self.record,
            "updated": protocol.now(),
            "finished": protocol.now() if finished else None,
            "models": models,
            "measured": {**self.record.get("measured", {}), **measured},
            "cells": {"total": total, "done": sum(len(c.cells) for c in cells), "failed": self.failures()},
            "made": protocol.makers(cells),
            **protocol.speed_facts(cells),
            "peak_memory_gib": max(environment.peak_memory_gib(), self.record.get("peak_memory_gib") or 0.0),
            "fingerprint": self.fingerprint(),
        }
        self.folder.write_record(record)
