"""What a run leaves behind for the report: run.json, summary.csv and examples/index.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.host import machine as environment
from bench.host.files import digest, write_atomic
from bench.metrics import METRICS
from bench.plan.jobs import conditions
from bench.record import protocol
from bench.record.folder import RunFolder
from bench.record.strengths import Strengths
from bench.record.summary import CellScores, Planned, read_finished, write_examples_index, write_summary
from bench.suite import Suite


@dataclass(frozen=True)
class Outputs:
    """Writes the files of a run's folder from its finished cells; `known`: see `read_finished`."""

    folder: RunFolder
    suite: Suite
    planned: Planned
    measured: Mapping[tuple[str, str], Mapping[str, Any]]
    record: Mapping[str, Any]
    strengths: Strengths
    known: dict[tuple[str, str, str], CellScores]

    def fingerprint(self) -> str:
        """Return a key of everything the outputs are made from."""
        keys = [cell.key for _, cells in self.planned.values() for cell in cells if self.folder.has(cell.key)]
        edited = [[name, code] for name in METRICS.names() if (code := METRICS.source_hash(name))]
        return digest(self.suite.source, keys, [f["message"] for f in self.failures()], *edited)

    def current(self) -> bool:
        """Tell whether the outputs and the report in the folder are those of the cells in it."""
        report, record = self.folder.path / "report.html", self.folder.path / "run.json"
        drawn = report.is_file() and report.stat().st_mtime_ns >= record.stat().st_mtime_ns
        return drawn and self.record.get("fingerprint") == self.fingerprint()

    def failures(self) -> list[dict[str, Any]]:
        """Return this plan's failed cells, without their tracebacks."""
        wanted = {
            (*name, *(c.label, c.strength))
            for name, (job, _) in self.planned.items()
            for c in conditions(self.suite, job.opened.spec)
        }
        done = {
            (*name, *(cell.condition.label, cell.condition.strength))
            for name, (_, cells) in self.planned.items()
            for cell in cells
            if self.folder.has(cell.key)
        }
        found = []
        for failure in self.folder.failures():
            place = tuple(failure[key] for key in ("dataset", "model", "perturbation", "strength"))
            if place in wanted and place not in done:
                found.append({k: v for k, v in failure.items() if k != "traceback"})
        return found

    def _reconstructions(self) -> list[dict[str, Any]]:
        """Write `reconstructions.csv` where an autoencoder was looked at; return the index's entries of its pairs."""
        known, rows, pairs = self.record.get("reconstructions") or {}, [], []
        if not known:
            return []
        from bench.evaluation.reconstructions import table

        for (dataset, model), (job, _) in self.planned.items():
            if found := known.get(job.reconstructions()):
                named = {"dataset": dataset, "model": model}
                rows.append({**named, **found["means"]})
                pairs += [{**named, **pair} for pair in found["pairs"]]
        write_atomic(self.folder.path / "reconstructions.csv", table(rows))
        return pairs

    def write(self, *, finished: bool) -> None:
        """Write everything; `finished` False: more cells are to come in this run."""
        cells = read_finished(self.folder, self.suite, self.planned, self.known)
        write_summary(self.folder, cells)
        self.strengths.recall(self.folder, self.planned)
        self.strengths.write(self.folder, self.planned)
        write_examples_index(self.folder, cells, self.record.get("strips", []), self._reconstructions())
        total = sum(1 for job, _ in self.planned.values() for _ in conditions(self.suite, job.opened.spec))
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
