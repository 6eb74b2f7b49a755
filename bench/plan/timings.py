"""The measurements of a model's speed that a suite asks for, in groups that are measured together."""

import os
from collections.abc import Iterator
from typing import Literal, NamedTuple, Self

from bench.host.devices import resolve_device
from bench.host.machine import machine
from bench.plan.jobs import Job
from bench.plan.keys import cell_key, condition_identity, timing_key
from bench.suite import Suite, Sweep
from bench.suite.throughput_rules import ThroughputRules
from registry.segmenter import Size

STAGES = "stages"
"""The scenario that every model is measured in besides those of the suite."""
EXACT = "exact"
"""The variant of a model without a network."""


class Timing(NamedTuple):
    """One measurement: a scenario, a variant of the network, and the key of its file.

    scenario: `single_stream`, `offline`, `server` or `stages`. variant: a precision as `TorchSegmenter.place` calls
    it, `tf32`, `compile`, or `exact` for a model without a network. size: of the network's input; None: the model's
    own. batch_size: images in a call; `auto`: the best is searched for; of `server`: the most that are predicted at
    once.
    """

    scenario: str
    variant: str
    size: Size | None
    batch_size: int | Literal["auto"]
    key: str


class TimingGroup(NamedTuple):
    """Measurements that differ in their variant alone: their calls are interleaved in rounds."""

    scenario: str
    size: Size | None
    batch_size: int | Literal["auto"]
    timings: tuple[Timing, ...]


class TimingHost(NamedTuple):
    """Where speed is measured: the kind of device, the names of its processor and of torch, cores and threads."""

    device: str
    processor: str
    cores: int
    threads: int
    torch: str

    @classmethod
    def here(cls, device: str) -> Self:
        """Return this machine; device: as a user gives it. Imports torch.

        Raises:
            BenchError: there is no such device here.
        """
        import torch

        found = resolve_device(device)
        about = machine(found)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else about["cores"]
        processor = about["gpu"] or about["cpu"]
        return cls(found.partition(":")[0], processor, cores, torch.get_num_threads(), str(torch.__version__))


def plan_timings(suite: Suite, job: Job, precision: str, host: TimingHost) -> tuple[TimingGroup, ...]:
    """Return what is measured of a job's model; precision: the one that its scores have. None where nothing is timed.

    A size that is the model's own is the same measurement as `model`.
    """
    if (rules := suite.throughput) is None:
        return ()
    return tuple(
        TimingGroup(scenario, size, batch, tuple(_timings(suite, job, precision, host, (scenario, size, batch))))
        for size in _sizes(rules, job)
        for scenario in (*rules.scenarios, STAGES)
        for batch in _batch_sizes(rules, scenario)
    )


def variants(rules: ThroughputRules, precision: str) -> tuple[str, ...]:
    """Return the variants that a model is measured in; a model without a network has one, whatever is asked for."""
    if precision == EXACT:
        return (EXACT,)
    return rules.variants or tuple(dict.fromkeys((precision, "fp32")))


def clean_cell(suite: Suite, job: Job, timing: Timing) -> str:
    """Return the key of the clean cell that scores what is timed; "": no cell can be that of such a variant."""
    if timing.size is not None or timing.variant in ("tf32", "compile"):
        return ""
    manifest, state = job.data.subset.manifest, job.weights.state
    return cell_key(suite, job.spec, state, timing.variant, manifest)(None, 0.0)


def timed_sweep(suite: Suite, job: Job) -> Sweep | None:
    """Return the perturbation that is timed as a stage: the suite's first one, on data that are perturbed."""
    sweeps = suite.sweeps if job.data.spec.keys.perturbed else ()
    return next((sweep for sweep in sweeps if sweep.strengths), None)


def _sizes(rules: ThroughputRules, job: Job) -> dict[Size | None, None]:
    own = job.spec.geometry
    return dict.fromkeys(None if own and size == own[:2] else size for size in rules.input_sizes)


def _batch_sizes(rules: ThroughputRules, scenario: str) -> tuple[int | Literal["auto"], ...]:
    if scenario == "server":
        return (rules.largest_batch,)
    if scenario != "offline":
        return (1,)
    return ("auto",) if rules.batch_sizes == "auto" else rules.batch_sizes


def _timings(
    suite: Suite,
    job: Job,
    precision: str,
    host: TimingHost,
    what: tuple[str, Size | None, int | Literal["auto"]],
) -> Iterator[Timing]:
    rules = suite.throughput
    assert rules is not None
    scenario, size, batch = what
    more: list[object] = [rules.latency_bound_ms] if scenario == "server" else []
    if scenario == STAGES:
        sweep = timed_sweep(suite, job)
        middle = sweep.strengths[len(sweep.strengths) // 2] if sweep else 0.0
        more = [condition_identity(suite, sweep, middle)]
    for variant in variants(rules, precision):
        facts = [scenario, variant, size, batch, rules.seconds, host, *more]
        runs_at = precision if variant == "compile" else variant
        manifest, state = job.data.subset.manifest, job.weights.state
        yield Timing(scenario, variant, size, batch, timing_key(suite, job.spec, state, runs_at, manifest, facts))
