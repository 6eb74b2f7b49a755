"""The main job: train what is missing, evaluate the missing cells, write down everything as it comes."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from bench.data import absent_words
from bench.host.devices import resolve_device
from bench.host.files import StorageError
from bench.host.screen import Screen
from bench.plan import jobs as plan
from bench.plan.datasets import Opened, open_datasets
from bench.plan.jobs import Cell, Job
from bench.record import protocol
from bench.record import speeds as rates
from bench.record.folder import RunFolder
from bench.record.outputs import Outputs
from bench.record.strengths import Strengths, warnings
from bench.record.summary import CellScores
from bench.suite import Suite
from bench.suite.selection import selected

if TYPE_CHECKING:
    from bench.evaluation.readiness import Ready


@dataclass(frozen=True)
class Options:
    """How to run a suite; none of these changes what a finished cell says."""

    out: Path
    data_root: Path | None = None
    only: tuple[str, ...] = ()
    limit: int | None = None
    device: str = "auto"
    batch_size: int | None = None
    fresh: bool = False
    devices: int = 1
    command: str = "bench run"


@dataclass(frozen=True)
class Outcome:
    """How a run ended: cells of the whole suite, those evaluated just now, messages of the failed ones.

    changed: the outputs were written anew, so the report is to be drawn.
    """

    total: int
    done: int
    evaluated: int
    failed: tuple[str, ...]
    changed: bool


def run(suite: Suite, options: Options, screen: Screen) -> Outcome:
    """Run every missing cell of `suite`; a failed one is recorded, not fatal, and the next run tries it again.

    Raises:
        BenchError: what the user has to mend first; everything finished before is kept.
    """
    folder = RunFolder(options.out)
    chosen = selected(suite, options.only)
    with folder.locked():
        opened = open_datasets(suite, options.data_root, options.limit, download=True)
        return Run(suite, options, screen, folder, opened, chosen).execute()


@dataclass
class Run:
    """One run under way."""

    suite: Suite
    options: Options
    screen: Screen
    folder: RunFolder
    opened: Mapping[str, Opened]
    chosen: set[str]
    planned: dict[tuple[str, str], tuple[Job, list[Cell]]] = field(default_factory=dict)
    measured: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    evaluated: int = 0
    # The outputs are written after each model; without this each of them would score all cells again.
    known: dict[tuple[str, str, str], CellScores] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.strengths = Strengths(self.suite, fresh=self.options.fresh)

    def execute(self) -> Outcome:
        """Do what is missing, then write the outputs."""
        self.record = self.folder.record()
        self._plan()
        self._warn()
        chosen = [job for job, _ in self.planned.values() if job.spec.label in self.chosen]
        todo = [job for job in chosen if self._missing(job) or self._unseen(job)]
        if todo:
            try:
                self._work(todo)
            except KeyboardInterrupt:
                if "format" in self.record:  # interrupted before the first model: there is nothing to write yet
                    self._outputs().write(finished=False)  # so that `bench report` shows what is there
                raise
        elif self._outputs().current():
            return self._outcome(changed=False)
        else:
            same = ("machine", "versions", "code", "git", "segbench", "started", "command")
            self.record = {**self._facts("cpu"), **self._kept(*same)}
        self._outputs().write(finished=True)
        for line in warnings(self.strengths.rows(self.planned)):
            self.screen.line(line)
        return self._outcome(changed=True)

    def _plan(self) -> None:
        for job in plan.jobs(self.suite, self.opened):
            self.measured[job.name] = self._remembered(job)
            self._place(job)

    def _warn(self) -> None:
        """Say what a reader of the table could miss: pictures left out, cells of other code."""
        for label, data in self.opened.items():
            if left_out := data.subset.left_out:
                named = "; ".join(f"{item.id} ({item.reason})" for item in left_out[:3])
                self.screen.line(
                    f"{label}: {len(left_out)} pictures left out: {named}{'; …' if len(left_out) > 3 else ''}"
                )
            if words := absent_words(data.subset):
                self.screen.line(f"{label}: {words}")
        codes = {made["code"] for made in self.record.get("made", [])}
        if codes - {protocol.code_hash()} and not self.options.fresh:
            self.screen.line(
                "the code has changed since cells of this folder were made; they are kept. Raise the version of an "
                "entry whose numbers change, or use --fresh"
            )

    def _place(self, job: Job) -> None:
        precision = self.measured[job.name].get("precision")
        self.planned[job.name] = job, plan.cells(self.suite, job, precision) if precision else []

    def _missing(self, job: Job) -> list[Cell]:
        """Return the cells to evaluate; a job whose precision is open has none yet, but is missing as a whole."""
        cells = self.planned[job.name][1] or plan.cells(self.suite, job, "open")
        return [cell for cell in cells if self.options.fresh or not self.folder.has(cell.key)]

    def _unseen(self, job: Job) -> bool:
        """Tell whether nobody has looked at the reconstructions of the job's autoencoder (or looking failed)."""
        place = job.reconstructions()
        return place is not None and place not in self.record.get("reconstructions", {})

    def _remembered(self, job: Job) -> dict[str, Any]:
        """Return what this folder measured of the job's weights before; nothing when all begins anew."""
        key = protocol.measured_key(job, self.suite.precision)
        found: dict[str, Any] = {} if self.options.fresh else self.record.get("measured", {}).get(key, {})
        return found

    def _work(self, todo: list[Job]) -> None:
        from bench.evaluation.cell import strips
        from bench.runner.checks import check_jobs

        device = resolve_device(self.options.device)
        check_jobs(todo, device, self.options.devices)
        self._plan()  # a check may have fetched files, whose content then stands in the keys
        todo = [self.planned[job.name][0] for job in todo]
        self.record = self._facts(device)
        known = [] if self.options.fresh else self.record.get("strips", [])
        self.record["strips"] = strips(self.folder, self.suite, self.opened, known, device)
        with self.screen.showing():
            for i, job in enumerate(todo, 1):
                self.folder.forget_failures(*job.name)
                self._job(job, device, f"[{i}/{len(todo)}] {job.spec.label} on {job.name[0]}")
                self._outputs().write(finished=False)

    def _job(self, job: Job, device: str, title: str) -> None:
        from bench.evaluation.readiness import ready
        from bench.training.stages import TrainingContext, trained

        try:
            context = TrainingContext(self.suite, self.opened, device, self.screen, devices=self.options.devices)
            job = trained(job, context)
            prepared = ready(job, self.suite, device, self.options.batch_size, self._remembered(job))
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - one model's failure must not cost the others
            messages = {self._failed(job, cell, error) for cell in plan.cells(self.suite, job, "open")}
            self.screen.line(f"{title}: failed: {messages.pop()}")
            return
        self.measured[job.name] = prepared.measured
        # The same model on another data set, later in this run, must find the same precision.
        self.record.setdefault("measured", {})[protocol.measured_key(job, self.suite.precision)] = prepared.measured
        self._place(prepared.job)
        self._reconstruct(prepared, device)
        # The resolved precision is part of the cells' keys: a killed run must find it again.
        self._outputs().write(finished=False)
        self._evaluate(prepared, title)

    def _reconstruct(self, prepared: "Ready", device: str) -> None:
        """Write down how well the job's autoencoder gives pictures back, if it has one and nobody has looked yet."""
        from bench.evaluation.reconstructions import of_job

        known, place = self.record.setdefault("reconstructions", {}), prepared.job.reconstructions()
        if place is None or (place in known and not self.options.fresh):
            return
        try:
            known[place] = of_job(prepared.job, prepared.decoded, device, self.folder.path / "examples")
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - the scores are worth more than these pictures
            self.screen.line(f"{prepared.job.spec.label}: no reconstructions ({type(error).__name__}: {error})")

    def _evaluate(self, prepared: "Ready", title: str) -> None:
        from bench.evaluation.cell import run_cell

        job, cells = prepared.job, self._missing(prepared.job)
        pictures = len(job.opened.subset.rows)
        seconds: list[float] = []
        with self.screen.task(title, len(cells) * pictures, "images") as task:
            for i, cell in enumerate(cells, 1):
                note = f"cell {i}/{len(cells)} {cell.condition.label} {cell.condition.strength:g}"
                try:
                    advance = partial(task.advance, note=note)
                    stored = run_cell(self.folder, self.suite, prepared, cell, self.strengths, advance)
                except StorageError:
                    raise
                except Exception as error:  # noqa: BLE001 - a failed cell is recorded, the run goes on
                    self.screen.line(f"{title}: failed: {note}: {self._failed(job, cell, error)}")
                    continue
                self.folder.write_cell(cell.key, stored)
                self.known.pop((*job.name, cell.key), None)
                seconds.append(stored.record["seconds"] / pictures)
        self.evaluated += len(seconds)
        words = f"{len(seconds)} of {len(cells)} cells of {pictures} pictures at {prepared.measured['precision']}"
        if seconds:
            rates.note(job, "evaluation", prepared.settings.device, fmean(seconds))
            words += f", {1 / fmean(seconds):.1f} images/s"
        self.screen.line(f"{title}: {words}")

    def _failed(self, job: Job, cell: Cell, error: Exception) -> str:
        """Record why a cell failed, and return it as one line."""
        message = f"{type(error).__name__}: {(str(error).splitlines() or ['no message'])[0]}"
        place = {"dataset": job.name[0], "model": job.name[1], **cell.condition.names(), "message": message}
        trace = "".join(traceback.format_exception(error))
        self.folder.write_failure(cell.key, {**place, "traceback": trace})
        return message

    def _facts(self, device: str) -> dict[str, Any]:
        started = {"started": protocol.now(), "finished": None, "command": self.options.command}
        kept = self._kept("measured", "strips", "reconstructions", "peak_memory_gib")
        return {**started, **protocol.suite_facts(self.suite, self.opened, device), **kept}

    def _kept(self, *names: str) -> dict[str, Any]:
        return {name: self.record[name] for name in names if name in self.record}

    def _outputs(self) -> Outputs:
        return Outputs(self.folder, self.suite, self.planned, self.measured, self.record, self.strengths, self.known)

    def _outcome(self, *, changed: bool) -> Outcome:
        cells = [cell for _, planned in self.planned.values() for cell in planned]
        total = sum(1 for job, _ in self.planned.values() for _ in plan.conditions(self.suite, job.opened.spec))
        failed = tuple(f["message"] for f in self._outputs().failures())
        done = sum(self.folder.has(cell.key) for cell in cells)
        return Outcome(total, done, self.evaluated, failed, changed)
