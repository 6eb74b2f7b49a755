"""The main job: train what is missing, evaluate what is missing, write down everything as it comes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.data import absent_words, described
from bench.host.devices import resolve_device
from bench.host.screen import Screen
from bench.plan.datasets import OpenDataset, open_datasets
from bench.plan.equal_damage import is_open, with_strengths
from bench.plan.jobs import Job, is_refused, plan_jobs
from bench.record.circumstances import Circumstances
from bench.record.equal_damage import known_strengths
from bench.record.ledger import Ledger
from bench.record.protocol import code_hash
from bench.record.run_folder import RunFolder
from bench.record.strengths import warnings
from bench.runner.requirements import fetch_weights
from bench.runner.trouble import Trouble, trouble_words
from bench.suite import Suite
from bench.suite.model_filter import selected
from registry.errors import BenchError, SeveralFaultsError, fault_lines

if TYPE_CHECKING:
    from bench.evaluation.pictures import Pictures


@dataclass(frozen=True)
class Options:
    """How to run a suite; none of these changes what a finished cell holds.

    follow: gets the label of each model in training, and what each of its epochs measured.
    """

    out: Path
    data_root: Path | None = None
    only: tuple[str, ...] = ()
    limit: int | None = None
    device: str = "auto"
    batch_size: int | None = None
    fresh: bool = False
    devices: int = 1
    command: str = "bench run"
    follow: Callable[[str, Mapping[str, float | None]], None] | None = None

    def __post_init__(self) -> None:
        for name in ("limit", "batch_size", "devices"):
            value = getattr(self, name)
            unset = value is None and name != "devices"
            if not unset and (not isinstance(value, int) or value < 1):
                raise BenchError(f"{name}={value!r}: give a whole number, at least 1")


class Speeds(NamedTuple):
    """Measurements of speed: of the whole suite, those in the folder, those made just now.

    failed: a line for each that ended with an error.
    """

    total: int = 0
    done: int = 0
    measured: int = 0
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How a run ended: cells of the whole suite, and those evaluated just now.

    failed: a line for each failed cell of the models that were run, with model and data set.
    failed_models: the labels of these models.
    changed: the outputs were written anew, so the report is to be drawn.
    speeds: the measurements of speed.
    """

    total: int
    done: int
    evaluated: int
    failed: tuple[str, ...]
    changed: bool
    failed_models: tuple[str, ...] = ()
    speeds: Speeds = field(default_factory=Speeds)


def run(suite: Suite, options: Options, screen: Screen) -> Outcome:
    """Run every missing cell of `suite`; a failed one is recorded, not fatal, and the next run tries it again.

    Raises:
        BenchError: what the user has to fix first; everything finished before is kept.
    """
    folder, labels = RunFolder(options.out), selected(suite, options.only)
    with folder.locked(
        lambda: screen.line(f"{options.out}: another run is at work here; waiting a moment for its end")
    ):
        datasets = _opened(suite, labels, options, screen)
        if is_open(suite):
            suite = with_strengths(suite, datasets, screen, known_strengths(folder))
        ledger = Ledger(folder, suite, datasets, options.fresh, screen.warning, device=options.device)
        return run_on(datasets, labels, ledger, options, screen)


def _opened(suite: Suite, labels: set[str], options: Options, screen: Screen) -> Mapping[str, OpenDataset]:
    """Open the data sets; where one is not as the suite says, the models' faults are told with it."""
    try:
        return open_datasets(suite, options.data_root, options.limit, download=True, screen=screen)
    except BenchError as error:
        from bench.runner.examination import examine

        found = examine(suite, options.data_root, labels).faults
        others = [f"{one.label}: {one.message}" for one in found if one.place[0] == "models"]
        raise SeveralFaultsError([*fault_lines(error), *others]) from error


def run_on(
    datasets: Mapping[str, OpenDataset], labels: set[str], ledger: Ledger, options: Options, screen: Screen
) -> Outcome:
    """Run the missing cells of the models called `labels`; `ledger` keeps what is found. See `run`."""
    # First, since what was fetched stands in the keys of the cells.
    fetch_weights([m for m in ledger.suite.models if m.label in labels], screen)
    for job in _sound(plan_jobs(ledger.suite, datasets), labels, ledger.suite, options, screen):
        ledger.place(job)
    _warn(ledger, screen)
    ledger.mend_tables()
    failed: tuple[str, ...] = ()
    if (jobs := ledger.unfinished(labels)) or ledger.untimed(labels):
        failed = _work(jobs, labels, ledger, options, screen)
    elif ledger.is_current():
        return _outcome(ledger, labels, changed=False)
    ledger.write(finished=True)
    for line in warnings(ledger.strengths.rows(ledger.plans)):
        screen.warning(line)
    return _outcome(ledger, labels, failed, changed=True)


def _sound(jobs: list[Job], labels: set[str], suite: Suite, options: Options, screen: Screen) -> list[Job]:
    """Return the jobs that can be planned, without those that are not to run and have a fault."""
    faulty = [job for job in jobs if is_refused(job)]
    if any(job.spec.label in labels for job in faulty):
        _check([job for job in jobs if job.spec.label in labels], suite, options, resolve_device(options.device))
    for line in dict.fromkeys(f"{job.spec.label}: left out of the tables: {job.weights.fault}" for job in faulty):
        screen.warning(line)
    return [job for job in jobs if job not in faulty]


def _check(jobs: list[Job], suite: Suite, options: Options, device: str) -> Trouble:
    from bench.runner.checks import Hardware, check_jobs

    return check_jobs(suite, jobs, Hardware(device, options.devices))


def _tell(jobs: list[Job], trouble: Trouble, screen: Screen) -> None:
    """Say once how each given checkpoint was read, and which model will fail."""
    notes = [f"{job.spec.label}: the checkpoint: {job.weights.note}" for job in jobs if job.weights.note]
    failing = [job for job in jobs if job.name in trouble]
    fails = [f"{job.spec.label}: {trouble_words(job.spec, trouble[job.name])}; the others run" for job in failing]
    for line in dict.fromkeys([*notes, *fails]):
        screen.warning(line)


def _work(jobs: list[Job], labels: set[str], ledger: Ledger, options: Options, screen: Screen) -> tuple[str, ...]:
    """Evaluate what is missing of the jobs, then time their models; return a line for each failed measurement."""
    from bench.evaluation.strips import drawn_strips
    from bench.runner.job import JobRun

    device = resolve_device(options.device)
    trouble = _check(jobs, ledger.suite, options, device)
    _tell(jobs, trouble, screen)
    ledger.circumstances = Circumstances.here(options.command, device)
    try:
        ledger.strips = drawn_strips(ledger.folder.path, ledger.suite, ledger.datasets, ledger.strips, device)
        with screen.showing():
            for i, (job, pictures) in enumerate(_with_pictures(jobs), 1):
                title = f"[{i}/{len(jobs)}] {job.spec.label} on {job.name[0]}"
                error = trouble.get(job.name)
                how = options.batch_size, options.devices, title, error, options.follow
                JobRun(job, pictures, ledger, screen, device, *how).execute()
                ledger.write(finished=False)
            # Last, since a machine that evaluates at the same time would not be the one that is measured.
            return _time(labels, ledger, options, screen, device)
    except (KeyboardInterrupt, SystemExit):  # a signal: ours, or by a handler of the program that called
        ledger.write(finished=False)  # so that `bench report` shows what is there
        raise


def _time(labels: set[str], ledger: Ledger, options: Options, screen: Screen, device: str) -> tuple[str, ...]:
    if not (jobs := ledger.untimed(labels)):
        return ()
    from bench.runner.timing import TimingRun

    return TimingRun(ledger, screen, device, options.batch_size).execute(jobs)


def _with_pictures(jobs: list[Job]) -> "Iterator[tuple[Job, Pictures]]":
    """Yield each job with its data set's pictures, which are let go with the last job of the data set."""
    from bench.data.sample_cache import SampleCache
    from bench.evaluation.pictures import Pictures
    from bench.host.scratch import Scratch

    for _, group in groupby(jobs, key=lambda job: job.name[0]):
        own = list(group)
        with closing(Scratch()) as scratch:
            decoded = SampleCache(own[0].data.subset, scratch=scratch)
            pictures = Pictures(decoded, scratch if len(own) > 1 else None)
            yield from ((job, pictures) for job in own)


def _warn(ledger: Ledger, screen: Screen) -> None:
    """Name what a reader of the table could miss: images left out, what their files leave open, cells of other code."""
    for label, data in ledger.datasets.items():
        if left_out := data.subset.left_out:
            named = "; ".join(f"{item.id} ({item.reason})" for item in left_out[:3])
            screen.warning(f"{label}: {len(left_out)} images left out: {named}{'; …' if len(left_out) > 3 else ''}")
        for line in (*data.dataset.remarks, *described(data.subset).remarks):
            screen.warning(f"{label}: {line}")
        if words := absent_words(data.subset):
            screen.warning(f"{label}: {words}")
    codes = {maker.code for maker in ledger.found.made} if ledger.found else set()
    if codes - {code_hash()} and not ledger.fresh:
        screen.warning(
            "the code has changed since cells of this folder were made; they are kept. Raise the version of an "
            "entry whose numbers change, or use --fresh"
        )


def _outcome(ledger: Ledger, labels: set[str], untimed: tuple[str, ...] = (), *, changed: bool) -> Outcome:
    total, done = sum(1 for _ in ledger.conditions()), sum(1 for _ in ledger.finished_cells())
    failures = [one for one in ledger.failures() if one.model in labels]
    failed = tuple(f"{one.model} on {one.dataset}: {one.message}" for one in failures)
    failing = {one.model for one in failures}
    models = tuple(spec.label for spec in ledger.suite.models if spec.label in failing)
    timings = ledger.timings
    speeds = Speeds(timings.total, len(timings.keys()), len(timings.written), untimed)
    return Outcome(total, done, ledger.evaluated, failed, changed, models, speeds)
