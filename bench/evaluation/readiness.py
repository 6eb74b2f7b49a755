"""From a job with weights to a segmenter ready to predict: loaded, measured, at its resolved precision."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from bench.data.sample_cache import Decoded
from bench.evaluation.evaluator import Settings, prepare
from bench.evaluation.model_size import size_facts
from bench.evaluation.precision import CANDIDATES, Probe, calibrate
from bench.plan.jobs import Condition, Job
from bench.plan.segmenters import loaded_segmenter
from bench.suite import Suite
from registry.adapter import TorchSegmenter
from registry.segmenter import Segmenter

BATCH_SIZES = {"cpu": 8, "cuda": 32}
EXACT = "exact"  # the precision of a model without a network


@dataclass(frozen=True)
class Ready:
    """A job whose segmenter can predict, and what was measured of it."""

    job: Job
    segmenter: Segmenter
    decoded: Decoded
    settings: Settings
    measured: dict[str, Any]


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
    decoded, segmenter = Decoded(job.opened.subset), loaded_segmenter(job)
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
