"""From a job with weights to a segmenter ready to predict: loaded, measured, at its resolved precision."""

from dataclasses import dataclass

import torch

from bench.data.sample_cache import Decoded
from bench.evaluation.evaluator import Settings, prepare
from bench.evaluation.model_size import measured_size
from bench.evaluation.precision import CANDIDATES, Probe, calibrate
from bench.plan.cells import Condition
from bench.plan.jobs import Job
from bench.plan.segmenters import loaded_segmenter
from bench.record.model_record import Measurement
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
    measurement: Measurement


def ready(job: Job, suite: Suite, device: str, batch_size: int | None, known: Measurement) -> Ready:
    """Load a trained job and bring it to its precision: the one of an earlier run in `known`, or calibrated.

    Raises:
        BenchError: the checkpoint is not this model's.
    """
    settings = _settings(job, suite, device, batch_size)
    decoded, segmenter = Decoded(job.opened.subset), loaded_segmenter(job)
    probe = calibration_batch(decoded, settings)
    now = measured_size(segmenter, probe, trained=job.spec.recipe is not None).model_copy(
        update={"device": device, "batch_size": settings.batch_size, "threads": torch.get_num_threads()}
    )
    if not isinstance(segmenter, TorchSegmenter):
        return Ready(job, segmenter, decoded, settings, now.model_copy(update={"precision": EXACT}))
    if known.precision and _same_place(known, now):
        segmenter.place(device, known.precision)
        return Ready(job, segmenter, decoded, settings, known)
    # A folder keeps the precision it began with, or its cells would no longer match; the speed is measured anew.
    names = (known.precision,) if known.precision else CANDIDATES[suite.precision]
    calibrated = calibrate(segmenter, names, device, probe)
    update = {
        "precision": calibrated.precision,
        "forward_ms_per_image": calibrated.ms_per_image,
        "calibration": known.calibration or calibrated.trials,
    }
    return Ready(job, calibrated.segmenter, decoded, settings, now.model_copy(update=update))


def _settings(job: Job, suite: Suite, device: str, batch_size: int | None) -> Settings:
    spec = job.spec
    return Settings(
        suite.seed,
        suite.apply_at,
        batch_size or BATCH_SIZES[device.partition(":")[0]],
        device,
        spec.geometry,
        suite.fresh_per_strength,
        prompt=spec.prompt,
        task=spec.task,
    )


def _same_place(known: Measurement, now: Measurement) -> bool:
    """Return whether a speed was measured on the device, with the batch, threads and network of now."""
    later = {"precision", "calibration", "forward_ms_per_image"}
    return known.model_dump(exclude=later) == now.model_dump(exclude=later)


def calibration_batch(decoded: Decoded, settings: Settings) -> Probe:
    """Return one clean batch, spread evenly over the evaluated images."""
    n = len(decoded.subset.rows)
    places = sorted({i * n // settings.batch_size for i in range(settings.batch_size)})
    batch = [prepare(decoded[i], Condition(None, 0.0), settings) for i in places]
    return Probe([p.image for p in batch], [p.prompt for p in batch])
