"""What a run has planned, measured and found out, and the files that hold it. Reads `run.json` once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.host import machine
from bench.host.checked_json import DamagedFile, read_checked
from bench.host.checksum import changed
from bench.host.files import digest, set_aside
from bench.metrics import METRICS
from bench.plan.cells import Cell, JobPlan, conditions, plan_cells
from bench.plan.datasets import OpenDataset
from bench.plan.jobs import Job
from bench.record import protocol
from bench.record.attribute_store import ATTRIBUTES, attributes_of, attributes_text
from bench.record.calibration_table import TABLE as RELIABILITY
from bench.record.calibration_table import asks_for_it
from bench.record.circumstances import Circumstances
from bench.record.example_index import INDEX_FORMAT, ExampleIndex
from bench.record.model_record import Measurement
from bench.record.reconstruction_table import reconstructions
from bench.record.run_folder import RunFolder
from bench.record.run_record import (
    FORMAT,
    CellCounts,
    FailedCell,
    PlannedTiming,
    PluginRecord,
    ReconstructionRecord,
    RunRecord,
    Strip,
)
from bench.record.seeds import SEEDS_TABLE, seeds_table
from bench.record.slice_table import SLICES_TABLE, slices_text
from bench.record.statistics_tables import TABLES as RANKED
from bench.record.statistics_tables import planned_study
from bench.record.strengths import Strengths, strengths_text
from bench.record.summary import (
    CellScores,
    Finished,
    planned_images,
    read_finished,
    scored,
    scoring,
    statistics_record,
    tables_of_cells,
    write_examples_index,
)
from bench.record.tables import checksums, remove_tables, write_tables
from bench.record.timing_tables import TABLES, CleanScore
from bench.record.timings import Timings
from bench.suite import Suite
from bench.suite.plugins import plugins
from registry.errors import BenchError

_PASSING = {*RANKED, RELIABILITY, SLICES_TABLE}
"""Tables that go where they are not written anew: what was there before would be shown beside newer scores."""
UNRESOLVED = "open"
"""Stands for the precision of a model that was not measured yet: its cells have other keys then."""


@dataclass
class Ledger:
    """The state of one run: plans by job, measurements by a key of the model and its weights, the folder's files.

    fresh: what earlier runs measured is not believed, and every cell is evaluated anew; until then the earlier cells
    stay in the outputs. say: gets a line for each damaged file, which is set aside; None: the folder is only read,
    and `damaged` has the lines, by the cells' keys. scores: of the cells that were read already, since the files are
    written after each model. device: where speed is measured, as a user gives it.
    """

    folder: RunFolder
    suite: Suite
    datasets: Mapping[str, OpenDataset]
    fresh: bool = False
    say: Callable[[str], None] | None = None
    plans: dict[tuple[str, str], JobPlan] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)
    scores: dict[tuple[str, str, str], CellScores] = field(default_factory=dict)
    device: str = "auto"

    def __post_init__(self) -> None:
        self.found = self._found()
        self._tables = dict(self.found.tables) if self.found else {}
        known = None if self.fresh else self.found
        self.measured = dict(known.measured) if known else {}
        """What readiness may believe; what the outputs show is `_on_record`."""
        self.strips: tuple[Strip, ...] = known.strips if known else ()
        self.reconstructions: dict[str, ReconstructionRecord] = dict(known.reconstructions) if known else {}
        self.circumstances = Circumstances.of(self.found) if self.found else None
        self.strengths = Strengths(self.suite, fresh=self.fresh)
        self.timings = Timings(self.folder, self.suite, self.device, self.fresh, self._is_damaged_timing)
        self.attributes = attributes_of(self.datasets)
        self._written: set[str] = set()
        """Keys of the cells that this run evaluated: under `fresh` no other counts."""
        self._checked: set[str] = set()
        """Keys of the cells that were compared with their checksums."""
        self._precisions: set[str] | None = None
        if self.say:
            for path in self.folder.set_notes_aside():
                self.say(f"{path} is damaged: why the cell failed is lost; it is tried again")

    def _found(self) -> RunRecord | None:
        """Return the folder's record; a damaged one holds nothing that the cells and a new measurement do not give."""
        try:
            return self.folder.record()
        except DamagedFile as error:
            if self.say is None:
                self.damaged["run.json"] = f"{error.fault}; the next run makes it anew from the cells"
            else:
                self.say(f"{error.fault}; set aside as {set_aside(error.path).name}, made anew from the cells")
            return None

    def place(self, job: Job) -> None:
        """Plan a job's cells: at its precision, where that is known; none while it is not. Damaged ones are none."""
        precision = self._on_record(job).precision or self.measurement(job).precision
        plan = JobPlan(job, tuple(plan_cells(self.suite, job, precision)) if precision else ())
        self.plans[job.name] = plan
        self.timings.place(job, precision)
        images = planned_images(job)
        for cell in plan.cells:
            if cell.key not in self._checked:
                self._checked.add(cell.key)
                try:
                    self.folder.check_cell(cell.key, images)
                except DamagedFile as error:
                    self._is_damaged(cell.key, error)

    def _is_damaged(self, key: str, error: DamagedFile) -> None:
        if self.say is None:
            self.damaged[key] = f"{error.fault}; the next run evaluates it again"
        else:
            self.say(f"{error.fault}; set aside as {self.folder.set_cell_aside(key).name}, to be evaluated again")

    def _is_damaged_timing(self, key: str, error: DamagedFile) -> None:
        if self.say is None:
            self.damaged[key] = f"{error.fault}; the next run measures it again"
        else:
            self.say(f"{error.fault}; set aside as {set_aside(error.path).name}, to be measured again")

    def measurement(self, job: Job) -> Measurement:
        """Return what was measured of a model with these weights; an empty one where nothing was or is believed."""
        requested = self.suite.precision_of(job.spec)
        known = self.measured.get(protocol.measured_key(job, requested))
        if known is None and requested == "auto" and self.found is None and not self.fresh:
            return Measurement(precision=self._precision_of_cells(job))
        return known or Measurement()

    def _precision_of_cells(self, job: Job) -> str | None:
        """Return the precision that most cells of a job have, where the folder lost its record; None: there are none.

        A folder keeps the precision it began with, or its cells would be evaluated again.
        """
        if self._precisions is None:
            self._precisions = set(self.folder.precisions())
        finished = self.folder.finished()
        there = {
            precision: sum(cell.key in finished for cell in plan_cells(self.suite, job, precision))
            for precision in sorted(self._precisions)
        }
        return max(there, key=lambda name: there[name]) if any(there.values()) else None

    def _on_record(self, job: Job) -> Measurement:
        """Return what was measured of a model in this run or, until then, in an earlier one."""
        return self._all_measured().get(protocol.measured_key(job, self.suite.precision_of(job.spec)), Measurement())

    def _all_measured(self) -> dict[str, Measurement]:
        return {**(self.found.measured if self.found else {}), **self.measured}

    def _all_reconstructions(self) -> dict[str, ReconstructionRecord]:
        return {**(self.found.reconstructions if self.found else {}), **self.reconstructions}

    def remember(self, job: Job, measurement: Measurement) -> None:
        """Take up what was measured of a job's model; its cells are planned at that precision from now on."""
        self.measured[protocol.measured_key(job, self.suite.precision_of(job.spec))] = measurement
        self.place(job)

    def missing(self, job: Job) -> list[Cell]:
        """Return the cells to evaluate; a job whose precision is open has none yet, but is missing as a whole."""
        return self._missing(job, self._done())

    def _missing(self, job: Job, done: set[str]) -> list[Cell]:
        cells = self.plans[job.name].cells or plan_cells(self.suite, job, UNRESOLVED)
        return [cell for cell in cells if cell.key not in done]

    def _done(self) -> set[str]:
        """Return the keys of the cells that need no evaluation."""
        there = self.folder.finished() - self.damaged.keys()
        return there & self._written if self.fresh else there

    def _lacks_measurement(self, job: Job) -> bool:
        return self._on_record(job).precision is None or self.lacks_reconstructions(job)

    def lacks_reconstructions(self, job: Job) -> bool:
        """Return whether the job's model has an autoencoder whose reconstructions were not measured (or failed)."""
        place = job.reconstructions()
        return place is not None and place not in self.reconstructions

    def unfinished(self, labels: set[str]) -> list[Job]:
        """Return the jobs of the models called `labels` that lack something, or weights of theirs that are whole."""
        jobs, done = [plan.job for plan in self.plans.values() if plan.job.spec.label in labels], self._done()
        return [job for job in jobs if self._missing(job, done) or self._lacks_measurement(job) or job.weights.damaged]

    def untimed(self, labels: set[str]) -> list[Job]:
        """Return the jobs of the models called `labels` that lack a measurement of speed."""
        jobs = [plan.job for plan in self.plans.values() if plan.job.spec.label in labels]
        return [job for job in jobs if self.timings.missing(job.name)]

    def cell_written(self, job: Job, cell: Cell) -> None:
        """Take up that a cell was evaluated just now: what was known of its scores is out of date."""
        self._written.add(cell.key)
        self.scores.pop((*job.name, cell.key), None)

    @property
    def evaluated(self) -> int:
        """The number of cells evaluated in this run."""
        return len(self._written)

    def conditions(self) -> Iterator[tuple[str, str, str, float]]:
        """Yield data set, model, perturbation and strength of every cell of the suite."""
        for (dataset, model), plan in self.plans.items():
            for condition in conditions(self.suite, plan.job.data.spec):
                yield dataset, model, condition.label, condition.strength

    def finished_cells(self) -> Iterator[tuple[str, str, Cell]]:
        """Yield data set, model and cell of every cell whose counts are in the folder."""
        finished = self.folder.finished()
        for (dataset, model), plan in self.plans.items():
            yield from ((dataset, model, cell) for cell in plan.cells if cell.key in finished)

    def failures(self) -> tuple[FailedCell, ...]:
        """Return this plan's failed cells."""
        if not (notes := self.folder.failures()):
            return ()
        done = {(d, m, cell.condition.label, cell.condition.strength) for d, m, cell in self.finished_cells()}
        wanted = set(self.conditions()) - done
        found = [one for one in notes if (one.dataset, one.model, *one.condition) in wanted]
        return tuple(FailedCell.model_validate(one.model_dump()) for one in found)

    def fingerprint(self) -> str:
        """Return a key of everything the outputs are made from."""
        keys = [cell.key for _, _, cell in self.finished_cells()]
        metrics = [[name, METRICS.version(name)] for name in METRICS.names()]
        metrics += [[one.name, one.version] for one in self.suite.further]
        timed = self.timings.keys()
        more: list[object] = [["timings", timed]] if timed else []
        more.append(["attributes", attributes_text(self.attributes)])
        more.append(["statistics", statistics_record(self.suite).model_dump()])
        return digest(self.suite.source, keys, [failure.message for failure in self.failures()], *metrics, *more)

    def is_current(self) -> bool:
        """Return whether the outputs and the report in the folder are those of the cells in it."""
        if self.found is None or self.found.fingerprint != self.fingerprint():
            return False
        keys = [tuple(cell.key for cell in plan.cells) for plan in self.plans.values()]
        timed = self.found.timings == self._planned_timings()
        return [model.cell_keys for model in self.found.models] == keys and timed and self._are_whole()

    def _are_whole(self) -> bool:
        """Return whether every file is there and as it was written, and the report was drawn after them."""
        path = self.folder.path
        wanted = {"summary.csv", "strengths.csv", "confusion.csv", "distribution.csv"}
        wanted |= {ATTRIBUTES, SLICES_TABLE, *RANKED}
        wanted |= {"reconstructions.csv"} if self._all_reconstructions() else set()
        wanted |= {*TABLES} if self.suite.throughput else set()
        wanted |= {SEEDS_TABLE} if self._groups() else set()
        wanted |= {RELIABILITY} if asks_for_it(self.suite.further) else set()
        if not wanted <= self._tables.keys() or changed(path, self._tables) or not (path / "report.html").is_file():
            return False
        try:
            index = read_checked(path / "examples" / "index.json", ExampleIndex, INDEX_FORMAT)
        except BenchError:
            return False
        drawn = (path / "report.html").stat().st_mtime_ns
        return index is not None and drawn >= (path / "run.json").stat().st_mtime_ns

    def mend_tables(self) -> None:
        """Make the tables anew before anything else is done, where they are not those that were written."""
        if self.found and changed(self.folder.path, self._tables):
            self.write(finished=False)

    def write(self, *, finished: bool) -> None:
        """Write run.json and all tables; `finished` False: more cells are to come in this run."""
        assert self.say is not None
        cells = read_finished(self.folder, self.suite, self.plans, self.scores, self._is_damaged)
        self.strengths.recall(self.folder, self.plans)
        strengths = self.strengths.rows(self.plans)
        places = ((*name, plan.job.reconstructions()) for name, plan in self.plans.items())
        more, pairs = reconstructions(places, self._all_reconstructions())
        tables = tables_of_cells(cells, self.suite.further)
        tables |= {"strengths.csv": strengths_text(strengths), ATTRIBUTES: attributes_text(self.attributes)}
        if finished:
            there = self.folder.finished() - self.damaged.keys()
            study = planned_study(self.suite, self.plans, there, strengths, self.folder.read_cell)
            tables |= study.tables() | {SLICES_TABLE: slices_text(study, self.attributes)}
        tables |= seeds_table(cells, self._groups(), self._tables)
        tables |= more | self.timings.tables(self._planned_timings(), self._clean_score)
        known = {name: one for name, one in self._tables.items() if name not in _PASSING} | checksums(tables)
        if self.suite.throughput is None:  # an earlier suite of the folder timed something
            known = {name: one for name, one in known.items() if name not in TABLES}
        record = self._record(cells, known, finished=finished)
        write_examples_index(self.folder, cells, self.strips, pairs)
        write_tables(self.folder.path, tables, self._tables, self.say)
        self.folder.write_record(record)
        remove_tables(self.folder.path, _PASSING - tables.keys())
        self._tables = known

    def _groups(self) -> dict[tuple[str, str], str]:
        return {name: plan.job.spec.group for name, plan in self.plans.items() if plan.job.spec.group}

    def _planned_timings(self) -> tuple[PlannedTiming, ...]:
        return self.timings.planned({name: plan.job for name, plan in self.plans.items()})

    def _clean_score(self, timing: PlannedTiming) -> CleanScore:
        """Return the score of what is timed: it has one where a clean cell of its precision is in the folder."""
        key, job = timing.cell_key, self.plans[timing.dataset, timing.model].job
        if not key or key in self.damaged or not self.folder.has(key):
            return CleanScore()
        place = timing.dataset, timing.model, key
        try:
            if place not in self.scores:  # of a precision that the suite had before
                stored = self.folder.read_cell(key, planned_images(job))
                self.scores[place] = scored(stored, ("clean", 0.0), scoring(self.suite, job))
        except DamagedFile:
            return CleanScore()
        return CleanScore(True, self.scores[place].dice)

    def _record(self, cells: Sequence[Finished], tables: dict[str, str], *, finished: bool) -> RunRecord:
        here, suite, found, now = self.circumstances, self.suite, self.found, protocol.now()
        assert here is not None
        throughput = protocol.throughput_records(cells)
        plans = self.plans.values()
        return RunRecord(
            format=FORMAT,
            name=suite.name,
            suite=suite.source,
            seed=suite.seed,
            apply_at=suite.apply_at,
            fresh_per_strength=suite.fresh_per_strength,
            segbench=here.segbench,
            code=here.code,
            machine=here.machine,
            versions=here.versions,
            git=here.git,
            command=here.command,
            started=here.started,
            updated=now,
            finished=now if finished else None,
            datasets=tuple(protocol.dataset_record(label, data) for label, data in self.datasets.items()),
            perturbations=tuple(protocol.perturbation_record(sweep) for sweep in suite.sweeps),
            metric_sets=tuple(protocol.metric_set_record(metric_set) for metric_set in suite.metric_sets),
            metrics=protocol.metric_records(suite.further),
            further=protocol.further_records(suite.further),
            without=protocol.without_records(cells),
            plugins=tuple(PluginRecord(**plugin._asdict()) for plugin in plugins()),
            models=tuple(
                protocol.model_record(p, suite.precision_of(p.job.spec), self._on_record(p.job)) for p in plans
            ),
            measured=self._all_measured(),
            cells=CellCounts(
                total=sum(1 for _ in self.conditions()), done=sum(len(c.cells) for c in cells), failed=self.failures()
            ),
            made=protocol.makers(cells),
            throughput=throughput,
            harness_efficiency=protocol.harness_efficiency(throughput),
            peak_memory_gib=max(machine.peak_memory_gib(), (found and found.peak_memory_gib) or 0.0),
            strips=self.strips,
            reconstructions=self._all_reconstructions(),
            fingerprint=self.fingerprint(),
            tables=tables,
            timings=self._planned_timings(),
            statistics=statistics_record(suite),
        )
