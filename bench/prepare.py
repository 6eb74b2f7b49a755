"""From a job to a segmenter ready to predict: trained if missing, loaded, at its resolved precision."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bench import rates
from bench.calibrate import CANDIDATES, calibrate
from bench.checkpoints import checkpoint_path, load_checkpoint, state_hash
from bench.decoded import Decoded
from bench.evaluate import Settings, prepare
from bench.inputs import Opened
from bench.plan import Condition, Job, Weights
from bench.protocol import made
from bench.screen import Screen, duration
from bench.storage import locked
from bench.suite import Suite
from registry.adapter import TorchSegmenter
from registry.errors import BenchError
from registry.segmenter import Segmenter

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


def trained(
    job: Job, suite: Suite, opened: Mapping[str, Opened], device: str, screen: Screen, *, again: bool = False
) -> Job:
    """Return the job with weights, training them if they are missing (or `again`).

    Two processes never train one checkpoint at once: the second waits, and finds it there.
    """
    spec, key = job.spec, job.weights.training_key
    if key is None or not (job.weights.to_train or again):
        return job
    path = checkpoint_path(spec.name, key)
    with locked(path.with_suffix(".lock")):
        if again:
            shutil.rmtree(path.with_suffix(".partial"), ignore_errors=True)
        if again or not path.is_file():
            _train(job, path, suite, opened, device, screen)
    return replace(job, weights=Weights(state_hash(path), path, key))


def _train(job: Job, path: Path, suite: Suite, opened: Mapping[str, Opened], device: str, screen: Screen) -> None:
    from bench.training.train import Assignment, train

    spec, source = job.spec, opened[job.trained_on].dataset
    assert spec.recipe is not None
    named = {"model": spec.name, "parameters": spec.parameters.model_dump(mode="json"), "dataset": job.trained_on}
    assignment = Assignment(
        label=spec.label,
        entry=spec.entry,
        parameters=spec.parameters,
        recipe=spec.recipe,
        train=source.subset("train", None, suite.seed),
        held_out=source.subset("val", None, suite.seed),
        seed=suite.seed,
        path=path,
        facts={**named, "training_key": job.weights.training_key, "made": made(device)},
    )
    facts = train(assignment, device, screen)
    if not facts["epochs_run"]:
        screen.line(f"{spec.label}: left untrained, as its recipe says")
        return
    rates.note(job, "training", device, facts["seconds"] / facts["epochs_run"] / facts["n_train"])
    screen.line(
        f"{spec.label}: trained {facts['epochs_run']} epochs in {duration(facts['seconds'])} "
        f"(stopped by {facts['stopped_by']}), best epoch {facts['best_epoch']}"
    )


def loaded(job: Job) -> Segmenter:
    """Return the job's segmenter with its weights, in fp32 on the CPU.

    Raises:
        BenchError: the checkpoint is not this model's.
    """
    segmenter = job.spec.entry.build(job.spec.parameters, job.opened.subset.classes, False)
    if job.weights.path is not None:
        if not isinstance(segmenter, TorchSegmenter):
            raise BenchError(f"'{job.spec.name}' has no weights, so it takes no checkpoint; remove checkpoint:")
        load_checkpoint(segmenter.network, job.weights.path, job.spec.checkpoint)
    return segmenter


def ready(job: Job, suite: Suite, device: str, batch_size: int | None, measured: Mapping[str, Any]) -> Ready:
    """Load a trained job and bring it to its precision: the `measured` one of an earlier run, or calibrated."""
    size = batch_size or BATCH_SIZES[device.partition(":")[0]]
    spec = job.spec
    geometry = spec.entry.geometry(spec.parameters) if spec.entry.geometry else None
    settings = Settings(suite.seed, suite.apply_at, size, device, geometry, suite.fresh_per_strength)
    decoded, segmenter = Decoded(job.opened.subset), loaded(job)
    facts = {"device": device, "batch_size": size, "threads": torch.get_num_threads()}
    if not isinstance(segmenter, TorchSegmenter):
        none: dict[str, Any] = {
            "precision": EXACT,
            "calibration": [],
            "forward_ms_per_image": None,
            "parameters_total": None,
        }
        return Ready(job, segmenter, decoded, settings, facts | none)
    facts["parameters_total"] = sum(p.numel() for p in segmenter.network.parameters())
    if {k: measured.get(k) for k in facts} == facts:
        segmenter.place(device, measured["precision"])
        return Ready(job, segmenter, decoded, settings, dict(measured))
    # A folder keeps the precision it began with, or its cells would no longer match; the speed is measured anew.
    names = (str(measured["precision"]),) if measured.get("precision") else CANDIDATES[suite.precision]
    calibrated = calibrate(segmenter, names, device, calibration_pictures(decoded, settings))
    facts |= calibrated.record()
    return Ready(
        job,
        calibrated.segmenter,
        decoded,
        settings,
        facts | {"calibration": measured.get("calibration") or facts["calibration"]},
    )


def calibration_pictures(decoded: Decoded, settings: Settings) -> list[Tensor]:
    """Return one clean batch, spread evenly over the evaluated pictures."""
    n = len(decoded.subset.rows)
    places = sorted({i * n // settings.batch_size for i in range(settings.batch_size)})
    clean = Condition(None, 0.0)
    return [prepare(decoded[i], clean, settings).image for i in places]
