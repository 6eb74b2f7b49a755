"""Measures the speed of one model, group by group."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bench.evaluation.readiness import Ready
from bench.plan.timings import Timing, TimingGroup
from bench.record.timing_record import Samples, TimingRecord
from bench.suite import Sweep
from bench.suite.throughput_rules import ThroughputRules
from bench.timing.batch_search import release
from bench.timing.clock import clock_of
from bench.timing.host_load import load_caution
from bench.timing.peaks import Peaks
from bench.timing.rounds import run_rounds
from bench.timing.server import RealTime
from bench.timing.serving import run_servers
from bench.timing.stages import Middle
from bench.timing.subject import Subject
from bench.timing.surroundings import Surroundings
from bench.timing.timed_variant import TimedVariant


def measure(
    ready: Ready,
    groups: Sequence[TimingGroup],
    rules: ThroughputRules,
    sweep: Sweep | None,
    machine: Peaks,
    say: Callable[[str], None],
) -> Iterator[tuple[Timing, Samples, TimingRecord]]:
    """Measure each group in turn; what one gives comes before the next one begins.

    sweep: what is timed as the stage `perturb`, at its middle strength; None: no such stage. machine: measured in the
    same run. say: gets a line for each measurement that failed. A variant, a batch size or a size of the input with
    which the model fails is a record with `failed` and no samples; the others of its group go on.

    Raises:
        BenchError: the model cannot be loaded, or an image cannot be read any more.
    """
    subject = Subject(ready)
    middle = Middle(sweep, ready.settings.seed, ready.settings.fresh)
    for group in groups:
        yield from _measured(subject, group, rules, middle, machine, say)
        release()


def _measured(
    subject: Subject,
    group: TimingGroup,
    rules: ThroughputRules,
    middle: Middle,
    machine: Peaks,
    say: Callable[[str], None],
) -> Iterator[tuple[Timing, Samples, TimingRecord]]:
    clock, around = clock_of(subject.device), Surroundings(subject.device)
    runs = [TimedVariant(subject, timing, clock, middle, around) for timing in group.timings]
    if group.scenario == "server":
        run_servers(runs, clock, rules.seconds, rules.latency_bound_ms, subject.ready.settings.seed, RealTime())
    else:
        run_rounds([run.lane for run in runs], clock, group.scenario, rules.seconds)
    common = around.facts()
    for run in runs:
        if run.lane.failed:
            say(f"{subject.ready.job.name[1]}: {group.scenario} of {run.timing.variant}: failed: {run.lane.failed}")
        elif around.gpu and group.scenario in ("single_stream", "offline"):
            run.measure_energy(around.gpu.joules)
        yield run.timing, run.lane.log.samples(), _record(subject, run, rules, machine, common)


def _record(
    subject: Subject, run: TimedVariant, rules: ThroughputRules, machine: Peaks, common: dict[str, Any]
) -> TimingRecord:
    timing, lane = run.timing, run.lane
    dataset, model = subject.ready.job.name
    # A size that the model cannot have is named all the same: its measurement says why there are no samples.
    size = timing.size or subject.geometry(None)
    precision = subject.precision(timing.variant)
    kind = "tf32" if timing.variant == "tf32" else precision.partition("_")[0]
    return TimingRecord(
        dataset=dataset,
        model=model,
        scenario=timing.scenario,
        variant=timing.variant,
        precision=precision,
        height=size.height if size else None,
        width=size.width if size else None,
        batch_size=run.batch_size,
        warm_up_calls=len(lane.warm_up),
        rate_per_second=run.rate,
        latency_bound_ms=rules.latency_bound_ms if timing.scenario == "server" else None,
        parameters=subject.ready.measurement.parameters_total,
        peak_gflop_per_second=machine.gflop_per_second.get(kind),
        peak_gb_per_second=machine.gb_per_second,
        failed=lane.failed,
        caution=_cautions(run, common["other_cpu_share"]),
        **common,
        **run.facts,
        **(run.turns.facts() if run.turns else {}),
    )


def _cautions(run: TimedVariant, other: float | None) -> str:
    """Return what a reader has to know, in one line; "": nothing."""
    known = [*run.cautions, load_caution(other)]
    if not run.lane.failed and not run.lane.settled:
        known.append(f"latency had not settled after {len(run.lane.warm_up)} calls of warm-up")
    return "; ".join(filter(None, known))
