"""The measurements of speed of one run: what is planned, what is there, and their tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bench.host.checked_json import DamagedFile
from bench.plan.jobs import Job
from bench.plan.timings import Timing, TimingGroup, TimingHost, clean_cell, plan_timings
from bench.record.run_folder import RunFolder
from bench.record.run_record import PlannedTiming
from bench.record.timing_tables import CleanScore, TimingRows, timing_rows, timing_tables
from bench.suite import Suite


@dataclass
class Timings:
    """What a run measures of its models' speed; of a suite without `throughput` it is empty, and costs nothing.

    device: where speed is measured, as a user gives it. damaged: gets the key of each damaged file and its error.
    Under `fresh` what is in the folder counts for the tables until it is measured anew.
    """

    folder: RunFolder
    suite: Suite
    device: str
    fresh: bool
    damaged: Callable[[str, DamagedFile], None]
    plans: dict[tuple[str, str], tuple[TimingGroup, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.written: set[str] = set()
        self._lost: set[str] = set()
        self._checked: set[str] = set()
        self._rows: dict[str, TimingRows] = {}

    @cached_property
    def host(self) -> TimingHost:
        """This machine: its name is part of the keys."""
        return TimingHost.here(self.device)

    def place(self, job: Job, precision: str | None) -> None:
        """Plan a job's measurements, none while its precision is not known, and look at those that are there."""
        if self.suite.throughput is None:
            return
        self.plans[job.name] = plan_timings(self.suite, job, precision, self.host) if precision else ()
        for key in (one.key for one in self.of(job.name)):
            if key not in self._checked:
                self._checked.add(key)
                try:
                    self.folder.check_timing(key)
                except DamagedFile as error:
                    self._lost.add(key)
                    self.damaged(key, error)

    def of(self, name: tuple[str, str]) -> Iterator[Timing]:
        """Yield what is planned of the model and the data set of these labels."""
        yield from (timing for group in self.plans.get(name, ()) for timing in group.timings)

    def missing(self, name: tuple[str, str]) -> list[TimingGroup]:
        """Return what is to be measured: the groups that lack something, whole, since their variants take turns."""
        groups = self.plans.get(name, ())
        return [group for group in groups if not all(self._is_done(one.key) for one in group.timings)]

    def _is_done(self, key: str) -> bool:
        failed = self.folder.timing_failure_path(key).is_file()
        return self._is_there(key) and not failed and (not self.fresh or key in self.written)

    def _is_there(self, key: str) -> bool:
        return key not in self._lost and self.folder.timing_path(key).is_file()

    def expected(self, job: Job) -> tuple[int, int]:
        """Return how many measurements a job has, and how many are missing; the most, until its precision is known."""
        if self.suite.throughput and not self.plans.get(job.name):
            requested = self.suite.precision_of(job.spec)
            groups = plan_timings(self.suite, job, requested, self.host)
            total = sum(len(group.timings) for group in groups)
            return total, total
        missing = sum(len(group.timings) for group in self.missing(job.name))
        return sum(1 for _ in self.of(job.name)), missing

    def take(self, key: str) -> None:
        """Take up that a measurement was written just now."""
        self.written.add(key)
        self._lost.discard(key)
        self._rows.pop(key, None)

    @property
    def total(self) -> int:
        """How many measurements are planned."""
        return sum(1 for name in self.plans for _ in self.of(name))

    def keys(self) -> list[str]:
        """Return the keys of those that are in the folder."""
        return [one.key for name in self.plans for one in self.of(name) if self._is_there(one.key)]

    def planned(self, jobs: Mapping[tuple[str, str], Job]) -> tuple[PlannedTiming, ...]:
        """Return the plan as `run.json` holds it."""
        return tuple(
            PlannedTiming(
                dataset=name[0],
                model=name[1],
                scenario=one.scenario,
                variant=one.variant,
                key=one.key,
                cell_key=clean_cell(self.suite, jobs[name], one),
            )
            for name in self.plans
            for one in self.of(name)
        )

    def tables(self, planned: Iterable[PlannedTiming], score: Callable[[PlannedTiming], CleanScore]) -> dict[str, str]:
        """Return the tables of what is there; none for a suite that times nothing."""
        if self.suite.throughput is None:
            return {}
        there = (one for one in planned if self._is_there(one.key))
        return timing_tables((one, rows, score(one)) for one in there if (rows := self._read(one.key)))

    def _read(self, key: str) -> TimingRows | None:
        if key not in self._rows:
            try:
                self._rows[key] = timing_rows(key, *self.folder.read_timing(key))
            except DamagedFile as error:
                self._lost.add(key)
                self.damaged(key, error)
        return self._rows.get(key)
