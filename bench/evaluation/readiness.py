"""From a job to a segmenter ready to predict: trained if missing, loaded, at its resolved precision."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from bench.data.sample_cache import Decoded
from bench.evaluation.evaluator import Settings, prepare
from bench.evaluation.model_size import size_facts
from bench.evaluation.precision import CANDIDATES, Probe, calibrate
from bench.host.files import locked
from bench.host.screen import Screen, duration
from bench.plan.checkpoints import checkpoint_path, load_checkpoint, state_hash
from bench.plan.datasets import Opened
from bench.plan.jobs import Condition, Job
from bench.record import speeds as rates
from bench.record.protocol import made
from bench.suite import ModelSpec, Suite
from bench.suite.recipe_rules import Stage
from registry.adapter import TorchSegmenter
from registry.entry_results import built
from registry.errors import BenchError
from registry.segmenter import Segmenter
from registry.weights import load_state

if TYPE_CHECKING:
    from bench.training.trainer import Assignment

BATCH_SIZES = {"cpu": 8, "cuda": 32}
EXACT = "exact"  # the precision of a model without a network


def resolve_device(asked: str) -> str:
    """Return the torch device for `auto`, `cpu`, `cuda` or `cuda:N`.

    Raises:
        BenchError: there is no such device here.
    """
    if asked == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = asked.partition(":")
    if kind not in BATCH_SIZES or (number and not (kind == "cuda" and number.isdigit())):
        raise BenchError(f"no device '{asked}'; give auto, cpu, cuda or cuda:N")
    if kind == "cuda" and int(number or 0) >= torch.cuda.device_count():
        raise BenchError(
            f"device {asked}: this machine shows {torch.cuda.device_count()} CUDA devices; give --device cpu"
        )
    return asked


@dataclass(frozen=True)
class Ready:
    """A job whose segmenter can predict, and what was measured of it."""

    job: Job
    segmenter: Segmenter
    decoded: Decoded
    settings: Settings
    measured: dict[str, Any]


@dataclass(frozen=True)
class Workshop:
    """Where and from what models are trained. again: also where a checkpoint is there. devices: how many share it.

    made: keys of the checkpoints trained in this process, so that `again` means once.
    """

    suite: Suite
    opened: Mapping[str, Opened]
    device: str
    screen: Screen
    again: bool = False
    devices: int = 1
    made: set[str] = field(default_factory=set)


def trained(job: Job, workshop: Workshop) -> Job:
    """Return the job with weights, training them if they are missing, and before that the first stage's.

    Two processes never train one checkpoint at once: the second waits, and finds it there.
    """
    weights = job.weights
    if weights.training_key is None or not (weights.to_train or workshop.again):
        return job
    if weights.pretext_path and weights.pretext_key:
        _train(job, "pretext", weights.pretext_path, weights.pretext_key, workshop)
    path = checkpoint_path(job.spec.name, weights.training_key)
    _train(job, "training", path, weights.training_key, workshop)
    return replace(job, weights=replace(weights, state=state_hash(path), path=path))


def _train(job: Job, stage: Stage, path: Path, key: str, workshop: Workshop) -> None:
    from bench.training.trainer import train

    spec, screen = job.spec, workshop.screen
    with locked(path.with_suffix(".lock")):
        if workshop.again and key not in workshop.made:
            shutil.rmtree(path.with_suffix(".partial"), ignore_errors=True)
        elif path.is_file():
            return
        facts = train(_assignment(job, stage, path, key, workshop), workshop.device, screen, devices=workshop.devices)
    workshop.made.add(key)
    what = spec.label if stage == "training" else f"the autoencoder of {spec.label}"
    if not facts["epochs_run"]:
        screen.line(f"{what}: left untrained, as its recipe says")
        return
    rates.note(job, stage, workshop.device, facts["seconds"] / facts["epochs_run"] / facts["n_train"])
    epochs = "1 epoch" if facts["epochs_run"] == 1 else f"{facts['epochs_run']} epochs"
    screen.line(
        f"{what}: trained {epochs} in {duration(facts['seconds'])} "
        f"(stopped by {facts['stopped_by']}), best epoch {facts['best_epoch']}"
    )


def _assignment(job: Job, stage: Stage, path: Path, key: str, workshop: Workshop) -> "Assignment":
    from bench.training.trainer import Assignment

    spec, source = job.spec, workshop.opened[job.trained_on].dataset
    recipe = spec.recipe if stage == "training" else spec.pretext
    assert recipe is not None
    train, held_out = (source.subset(split, None, workshop.suite.seed) for split in ("train", "val"))
    named = {"model": spec.name, "parameters": spec.parameters.model_dump(mode="json"), "dataset": job.trained_on}
    return Assignment(
        label=spec.label if stage == "training" else f"the autoencoder of {spec.label}",
        build=partial(_initial if stage == "training" else reconstructor, job, train.classes),
        recipe=recipe,
        train=train,
        held_out=held_out,
        seed=workshop.suite.seed,
        path=path,
        facts={**named, "training_key": key, **_began_with(job, stage), "made": made(workshop.device)},
    )


def _began_with(job: Job, stage: Stage) -> dict[str, str]:
    """Return the hash of the first stage's weights, for the record of what began with them."""
    path = job.weights.pretext_path
    return {"autoencoder": state_hash(path)} if path and stage == "training" else {}


def _initial(job: Job, classes: tuple[str, ...]) -> TorchSegmenter:
    """Return the segmenter as training finds it: its encoder from the first stage, where there was one."""
    spec, first = job.spec, job.weights.pretext_path
    segmenter = _ordered(built(spec.entry, spec.parameters, classes, True), spec, classes)
    assert isinstance(segmenter, TorchSegmenter)
    if first and (pretext := spec.entry.pretext(spec.parameters)):
        pretext.transfer(load_state(first), segmenter.network)
    return segmenter


def reconstructor(job: Job, classes: tuple[str, ...]) -> TorchSegmenter:
    """Return the autoencoder of a job's first stage with random weights, as what training and reporting take."""
    from bench.training.reconstructor import Reconstructor

    spec = job.spec
    pretext, geometry = spec.entry.pretext(spec.parameters), spec.geometry
    assert pretext is not None
    assert geometry is not None
    return Reconstructor(pretext.build(spec.parameters), geometry)


def check_order(spec: ModelSpec, classes: tuple[str, ...]) -> None:
    """Raise BenchError where the suite's order of a model's labels does not name each of the data's classes once."""
    if spec.label_order and (spec.task == "binary" or not spec.entry.recipe):
        raise BenchError(f"'{spec.name}' has no classes of a network's to order; remove label_order")
    if spec.label_order and sorted(spec.label_order) != sorted(classes):
        raise BenchError(
            f"label_order [{', '.join(spec.label_order)}] must name each class of the data set once: "
            f"{', '.join(classes)}"
        )


def _ordered(segmenter: Segmenter, spec: ModelSpec, classes: tuple[str, ...]) -> Segmenter:
    """Tell a segmenter in which order its network says the classes, where the suite says so."""
    check_order(spec, classes)
    if (order := spec.label_order) is None:
        return segmenter
    assert isinstance(segmenter, TorchSegmenter)
    segmenter.label_order = torch.tensor([classes.index(name) for name in order])
    return segmenter


def loaded(job: Job) -> Segmenter:
    """Return the job's segmenter with its weights, in fp32 on the CPU.

    Raises:
        BenchError: the checkpoint is not this model's.
    """
    classes = job.opened.subset.classes
    initialise = job.weights.path is None  # of a model that is taken as it is
    segmenter = _ordered(built(job.spec.entry, job.spec.parameters, classes, initialise), job.spec, classes)
    if job.weights.path is not None:
        if not isinstance(segmenter, TorchSegmenter):
            raise BenchError(f"'{job.spec.name}' has no weights, so it takes no checkpoint; remove checkpoint:")
        load_checkpoint(segmenter.network, job.weights.path, job.spec.checkpoint)
    return segmenter


def ready(job: Job, suite: Suite, device: str, batch_size: int | None, measured: Mapping[str, Any]) -> Ready:
    """Load a trained job and bring it to its precision: the `measured` one of an earlier run, or calibrated."""
    size = batch_size or BATCH_SIZES[device.partition(":")[0]]
    spec = job.spec
    settings = Settings(
        suite.seed,
        suite.apply_at,
        size,
        device,
        spec.geometry,
        suite.fresh_per_strength,
        prompt=spec.prompt,
        task=spec.task,
    )
    decoded, segmenter = Decoded(job.opened.subset), loaded(job)
    probe = calibration_batch(decoded, settings)
    facts = {"device": device, "batch_size": size, "threads": torch.get_num_threads()}
    facts |= size_facts(segmenter, probe, trained=spec.recipe is not None)
    if not isinstance(segmenter, TorchSegmenter):
        none: dict[str, Any] = {"precision": EXACT, "calibration": [], "forward_ms_per_image": None}
        return Ready(job, segmenter, decoded, settings, facts | none)
    if {k: measured.get(k) for k in facts} == facts:
        segmenter.place(device, measured["precision"])
        return Ready(job, segmenter, decoded, settings, dict(measured))
    # A folder keeps the precision it began with, or its cells would no longer match; the speed is measured anew.
    names = (str(measured["precision"]),) if measured.get("precision") else CANDIDATES[suite.precision]
    calibrated = calibrate(segmenter, names, device, probe)
    facts |= calibrated.record()
    return Ready(
        job,
        calibrated.segmenter,
        decoded,
        settings,
        facts | {"calibration": measured.get("calibration") or facts["calibration"]},
    )


def calibration_batch(decoded: Decoded, settings: Settings) -> Probe:
    """Return one clean batch, spread evenly over the evaluated pictures."""
    n = len(decoded.subset.rows)
    places = sorted({i * n // settings.batch_size for i in range(settings.batch_size)})
    batch = [prepare(decoded[i], Condition(None, 0.0), settings) for i in places]
    return Probe([p.image for p in batch], [p.prompt for p in batch])
