"""The records of `run.json`: everything a reader needs to trust, repeat or refute the numbers."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bench import __version__
from bench.data import described
from bench.data.remark_words import remarks_of
from bench.host import machine
from bench.host.files import digest
from bench.metrics import METRICS, MetricSet
from bench.metrics.further import AskedMetric
from bench.metrics.image_entry import Given, ImageMetric
from bench.perturb import PERTURBATIONS
from bench.plan.cells import JobPlan
from bench.plan.checkpoints import DamagedCheckpointError, read_record
from bench.plan.datasets import OpenDataset
from bench.plan.jobs import Job, Weights
from bench.plan.keys import model_identity
from bench.record.equal_damage import equal_damage_record
from bench.record.further_record import FurtherRecord, WithoutRecord
from bench.record.model_record import (
    AutoencoderRecord,
    CheckpointRecord,
    GeometryRecord,
    Measurement,
    ModelRecord,
    TrainingRecord,
)
from bench.record.run_record import (
    DatasetRecord,
    FollowingStep,
    GitRecord,
    LeftOutRecord,
    MachineRecord,
    Maker,
    MetricRecord,
    MetricSetRecord,
    PerturbationRecord,
    RemarkRecord,
    ThroughputRecord,
)
from bench.record.summary import Finished
from bench.suite import Sweep
from registry.errors import BenchError


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@cache
def code_hash() -> str:
    """Return 32 hexadecimal digits over every source file of the machinery and the models: recorded, not keyed."""
    root = Path(__file__).resolve().parents[2]
    hashed = hashlib.blake2b(digest_size=16)
    for path in sorted([*(root / "bench").rglob("*.py"), *(root / "registry").rglob("*.py")]):
        hashed.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return hashed.hexdigest()


def machine_record(device: str) -> MachineRecord:
    """Return the machine; a GPU is named when `device` is one."""
    return MachineRecord(**machine.machine(device))


def git_record() -> GitRecord | None:
    """Return the checkout's commit and whether files differ from it; None when installed from a wheel."""
    commit = machine.commit()
    return GitRecord(**commit) if commit else None


def dataset_record(label: str, data: OpenDataset) -> DatasetRecord:
    """Return what stands of a data set in the protocol: source, classes, split, manifest, images left out, remarks."""
    entry, subset = data.spec.entry, data.subset
    return DatasetRecord(
        label=label,
        name=data.spec.keys.name,
        title=entry.title,
        licence=entry.licence,
        source=entry.source,
        parameters=data.spec.parameters.model_dump(mode="json"),
        split=subset.split,
        layout=subset.layout,
        manifest=subset.manifest,
        classes=tuple(subset.classes),
        n=len(subset.rows),
        samples=digest([row.id for row in subset.rows]),
        limit=data.limit,
        perturbed=data.spec.keys.perturbed,
        background=subset.background,
        left_out=tuple(LeftOutRecord(**asdict(item)) for item in subset.left_out),
        remarks=(
            *(RemarkRecord(text=text) for text in (*data.dataset.source_remarks, *described(subset).remarks)),
            *(
                RemarkRecord(text=text, images=len(ids), first=tuple(ids[:10]))
                for text, ids in remarks_of(subset.rows).items()
            ),
        ),
    )


def perturbation_record(sweep: Sweep) -> PerturbationRecord:
    """Return what stands of a sweep in the protocol: entry, version, strengths, parameters, what follows it."""
    entry = sweep.entry
    resources = dict(entry.resources(sweep.parameters))
    resources |= {f"{s.name}: {k}": v for s in sweep.then for k, v in s.entry.resources(s.parameters).items()}
    return PerturbationRecord(
        label=sweep.label,
        name=sweep.name,
        title=entry.title,
        family=entry.family,
        unit=entry.unit,
        identity=entry.identity,
        source=entry.source,
        version=PERTURBATIONS.version(sweep.name),
        strengths=sweep.strengths,
        parameters=sweep.parameters.model_dump(mode="json"),
        then=tuple(
            FollowingStep(name=s.name, strength=s.strength, parameters=s.parameters.model_dump(mode="json"))
            for s in sweep.then
        ),
        moves=sweep.any("moves"),
        covers=sweep.any("covers"),
        occluded=sweep.occluded,
        backend=sweep.name if entry.family == "reference" else "",
        resources=resources,
        equal=equal_damage_record(sweep),
    )


def metric_set_record(metric_set: MetricSet) -> MetricSetRecord:
    """Return a metric set's rules, also in words."""
    return MetricSetRecord(**asdict(metric_set), policy=metric_set.policy())


def metric_records(further: Sequence[AskedMetric] = ()) -> tuple[MetricRecord, ...]:
    """Return what each metric's entry declares about itself, those in every run first."""
    always = (_metric_record(name) for name in METRICS.names())
    return (*always, *(_given_record(one.entry, given) for one in further for given in one.entry.gives))


def further_records(further: Sequence[AskedMetric]) -> tuple[FurtherRecord, ...]:
    """Return the further metrics that a suite asks for."""
    return tuple(
        FurtherRecord(name=one.name, version=one.version, parameters=one.parameters.model_dump(mode="json"),
                      reads=one.entry.reads, gives=tuple(given.name for given in one.entry.gives))
        for one in further
    )  # fmt: skip


def without_records(finished: Sequence[Finished]) -> tuple[WithoutRecord, ...]:
    """Return which further metrics a model has no numbers of, and why."""
    found = {
        (*done.name, metric, reason)
        for done in finished
        for cell in done.cells
        for metric, reason in cell.record["without"].items()
    }
    return tuple(
        WithoutRecord(dataset=dataset, model=model, metric=metric, reason=reason)
        for dataset, model, metric, reason in sorted(found)
    )


def _metric_record(name: str) -> MetricRecord:
    entry = METRICS[name]
    return MetricRecord(
        name=name,
        title=entry.title,
        higher_is_better=entry.higher_is_better,
        bounds=(_finite(entry.bounds[0]), _finite(entry.bounds[1])),
        per_class=entry.per_class,
        source=entry.source,
    )


def _given_record(entry: ImageMetric, given: Given) -> MetricRecord:
    return MetricRecord(
        name=given.name,
        title=given.title,
        higher_is_better=given.higher_is_better,
        bounds=(_finite(given.bounds[0]), _finite(given.bounds[1])),
        per_class=given.per_class,
        source=entry.source,
    )


def _finite(bound: float) -> float | None:
    """Return a bound as JSON can hold it: None for one that is infinite."""
    return bound if math.isfinite(bound) else None


def model_record(plan: JobPlan, requested: str, measurement: Measurement) -> ModelRecord:
    """Return one entry of `models`: what the suite and the checkpoint hold, and what was measured."""
    job, spec, weights, entry = plan.job, plan.job.spec, plan.job.weights, plan.job.spec.entry
    geometry = spec.geometry
    file = _file(weights.path)
    return ModelRecord(
        label=spec.label,
        name=spec.name,
        dataset=job.data.spec.label,
        summary=entry.summary,
        source=entry.source,
        licence=entry.licence,
        pretraining="as in the given checkpoint" if spec.checkpoint else _words(entry.pretraining, spec.parameters),
        parameters=spec.parameters.model_dump(mode="json"),
        entry_version=spec.version,
        checkpoint=CheckpointRecord(state_hash=weights.state, **file) if file else None,
        state=weights.state,
        training_key=weights.training_key,
        geometry=GeometryRecord(size=(geometry.height, geometry.width), mode=geometry.mode) if geometry else None,
        requested_precision=requested,
        task=spec.task,
        baseline=entry.baseline,
        prompt=spec.prompt,
        supervision=spec.supervision,
        label_order=spec.label_order,
        seen_in_training=spec.seen,
        weights_licence="" if spec.checkpoint else _words(entry.weights_licence, spec.parameters),
        training=_training_record(weights.path),
        autoencoder=_autoencoder_record(weights),
        cell_keys=tuple(cell.key for cell in plan.cells),
        seed=spec.seed,
        group=spec.group,
        **dict(measurement),
    )


def _words(describe: Callable[[Any], str], parameters: Any) -> str:
    """Return an entry's words; what they would need a library for is not worth the run."""
    try:
        return describe(parameters)
    except BenchError as error:
        return f"unknown: {error}"


def _file(path: Path | None) -> dict[str, Any]:
    return {"file": path.name, "bytes": path.stat().st_size} if path and path.is_file() else {}


def _autoencoder_record(weights: Weights) -> AutoencoderRecord | None:
    """Return what is known of the first stage of a training; None where there was none, or where it is gone."""
    if (path := weights.autoencoder()) is None:
        return None
    return AutoencoderRecord(state_hash=weights.pretext_state or "", training=_training_record(path), **_file(path))


def _training_record(path: Path | None) -> TrainingRecord | None:
    """Return what a checkpoint holds of its training; None where it holds nothing.

    Raises:
        DamagedCheckpointError: it holds something else: a changed file of an earlier version, without a checksum.
    """
    record = read_record(path) if path else {}
    if not path or not (facts := record.get("training")):
        return None
    try:
        return TrainingRecord.model_validate({"dataset": record.get("dataset"), **facts})
    except (ValueError, TypeError):
        raise DamagedCheckpointError(path, "its record is that of no training") from None


def measured_key(job: Job, requested: str) -> str:
    """Return the key under which a folder remembers what was measured of a model: labels do not matter."""
    return digest(model_identity(job.spec), job.weights.state, requested)


def cell_maker(device: str) -> dict[str, Any]:
    """Return what made a cell, for its metadata: a folder may hold cells of several days and machines."""
    here, commit = machine.machine(device), machine.commit()
    maker = Maker(
        segbench=__version__,
        code=code_hash(),
        commit=commit["commit"] if commit else None,
        torch=machine.versions()["torch"],
        cpu=here["cpu"],
        gpu=here["gpu"],
    )
    return maker.model_dump(exclude={"cells"})


def makers(finished: Sequence[Finished]) -> tuple[Maker, ...]:
    """Return each distinct maker of the finished cells, with the number of its cells."""
    counted = Counter(json.dumps(c.record["made"], sort_keys=True) for done in finished for c in done.cells)
    return tuple(Maker.model_validate({**json.loads(text), "cells": n}) for text, n in counted.items())


def throughput_records(finished: Sequence[Finished]) -> tuple[ThroughputRecord, ...]:
    """Return how fast each model was evaluated."""
    return tuple(_throughput_record(done) for done in finished if done.cells)


def harness_efficiency(records: Sequence[ThroughputRecord]) -> float | None:
    """Return bare network time over wall time, of the models with a network; None where there is none.

    Bare network time = images x conditions x the network's pure forward time per image.
    """
    pairs = [(r.network_seconds, r.seconds) for r in records if r.network_seconds is not None]
    return sum(network for network, _ in pairs) / sum(wall for _, wall in pairs) if pairs else None


def _throughput_record(done: Finished) -> ThroughputRecord:
    pairs = [(cell.images, cell.record["forward_ms_per_image"]) for cell in done.cells]
    bare = None if any(ms is None for _, ms in pairs) else sum(n * ms for n, ms in pairs) / 1000
    return ThroughputRecord(
        dataset=done.name[0],
        model=done.name[1],
        images=done.images,
        seconds=done.seconds,
        images_per_second=done.images / done.seconds,
        network_seconds=bare,
        forward_ms_per_image=None if bare is None else 1000 * bare / done.images,
        efficiency=None if bare is None else bare / done.seconds,
    )
