"""From a job with weights to a segmenter ready to predict: loaded, measured, at its resolved precision."""

from dataclasses import dataclass, replace

import torch

from bench.data.sample_cache import SampleCache
from bench.evaluation.model_size import NetworkSize, measured_size
from bench.evaluation.pictures import Pictures
from bench.evaluation.precision import CALIBRATION_IMAGES, Probe, calibrate, candidates
from bench.evaluation.preparation import EvaluationSettings, prepare
from bench.metrics.further import measured_of
from bench.metrics.views import views_of
from bench.plan.cells import Condition
from bench.plan.jobs import Job
from bench.plan.segmenters import loaded_segmenter
from bench.record.model_record import Measurement, PrecisionTrial
from bench.suite import ModelSpec, Suite
from registry.adapter import TorchSegmenter
from registry.errors import BenchError
from registry.segmenter import Prediction, Segmenter

BATCH_SIZES = {"cpu": 8, "cuda": 32}
CACHED_BYTES = 26 * 2**20
"""On a CPU a batch may be so large that the widest layer's output has no more bytes than this, in float32.

Beyond the caches a larger batch is slower: `unet` of width 64 took 1.35 times as long an image in batches of 8 as of 2.
"""
EXACT = "exact"  # the precision of a model without a network


@dataclass(frozen=True)
class Ready:
    """A job whose segmenter can predict, and what was measured of it."""

    job: Job
    segmenter: Segmenter
    pictures: Pictures
    settings: EvaluationSettings
    measurement: Measurement

    @property
    def samples(self) -> SampleCache:
        """The decoded images."""
        return self.pictures.decoded


def ready(
    job: Job,
    suite: Suite,
    device: str,
    batch_size: int | None,
    known: Measurement,
    pictures: Pictures | None = None,
) -> Ready:
    """Load a trained job and bring it to its precision: the one of an earlier run in `known`, or the rule's.

    pictures: what the jobs of a data set share; None: this one stands alone.

    Raises:
        BenchError: the checkpoint is not this model's, or the network has another number of classes.
    """
    # torch lets convolutions of float32 use TF32, which keeps 10 bits of a number: fp32 means fp32 here.
    torch.backends.cudnn.allow_tf32 = False
    settings = _settings(job, suite, device, batch_size)
    pictures, segmenter = pictures or Pictures(SampleCache(job.data.subset)), loaded_segmenter(job)
    decoded = pictures.decoded
    fixed = clean_images(decoded, settings, CALIBRATION_IMAGES)
    size = measured_size(segmenter, fixed, trained=job.spec.recipe is not None)
    if batch_size is None and device == "cpu":
        settings = replace(settings, batch_size=cached_batch(size.widest))
    probe = clean_images(decoded, settings, settings.batch_size)
    if not isinstance(segmenter, TorchSegmenter):
        return Ready(job, segmenter, pictures, settings, _measurement(size, settings, EXACT))
    if known.precision and _same_place(known, _measurement(size, settings, known.precision)):
        segmenter.place(device, known.precision)
        return Ready(job, segmenter, pictures, settings, known)
    check_classes(segmenter.predict(probe.images[:1], probe.prompts[:1])[0], job.spec, job.data.dataset.classes)
    if job.spec.task != "binary":  # SAM2's masks are logits by themselves
        segmenter.check_scores(probe.images[:1], probe.prompts[:1])
    # A folder keeps the precision it began with, or its cells would no longer match; the speed is measured anew.
    wanted = suite.precision_of(job.spec)
    names = (known.precision,) if known.precision else candidates(wanted, device, segmenter.network)
    found = calibrate(segmenter, names, device, fixed, probe)
    trials = known.calibration or found.trials
    measurement = _measurement(size, settings, found.precision, found.ms_per_image, trials)
    return Ready(job, found.segmenter, pictures, settings, measurement)


def check_classes(prediction: Prediction, spec: ModelSpec, classes: tuple[str, ...]) -> None:
    """Check that a network has a score for each class, and no more: a wrong number would be scored all the same.

    Raises:
        BenchError: it has another number of scores.
    """
    shares = prediction.probabilities
    names = ("background", "object") if spec.task == "binary" else classes
    if shares is not None and len(shares) != len(names):
        hint = "; from the one logit z of an object, return torch.cat([0 * z, z], 1)" if len(shares) == 1 else ""
        raise BenchError(
            f"the network has scores for {len(shares)} classes, but there are {len(names)} "
            f"({', '.join(names)}); give a network of these classes, in this order{hint if len(names) == 2 else ''}"
        )


def _measurement(
    size: NetworkSize,
    settings: EvaluationSettings,
    precision: str,
    ms_per_image: float | None = None,
    trials: tuple[PrecisionTrial, ...] = (),
) -> Measurement:
    return Measurement(
        parameters_total=size.total,
        parameters_trainable=size.trainable,
        parameters_frozen=size.frozen,
        macs=size.macs,
        precision=precision,
        calibration=trials,
        device=settings.device,
        batch_size=settings.batch_size,
        threads=torch.get_num_threads(),
        forward_ms_per_image=ms_per_image,
    )


def cached_batch(widest: int) -> int:
    """Return how many images go through a network together on a CPU; `widest`: see `NetworkSize`.

    >>> cached_batch(4 * 64 * 224 * 224), cached_batch(4 * 16 * 224 * 224)
    (2, 8)
    """
    return max(1, min(BATCH_SIZES["cpu"], CACHED_BYTES // max(widest, 1)))


def _settings(job: Job, suite: Suite, device: str, batch_size: int | None) -> EvaluationSettings:
    spec = job.spec
    return EvaluationSettings(
        suite.seed,
        suite.apply_at,
        batch_size or BATCH_SIZES[device.partition(":")[0]],
        device,
        spec.geometry,
        suite.fresh_per_strength,
        prompt=spec.prompt,
        task=spec.task,
        further=tuple(measured_of(suite.further)),
        views=tuple(views_of(suite.metric_sets, spec.task)),
    )


def _same_place(known: Measurement, now: Measurement) -> bool:
    """Return whether a speed was measured on the device, with the batch, threads and network of now."""
    later = {"calibration", "forward_ms_per_image"}
    return known.model_dump(exclude=later) == now.model_dump(exclude=later)


def clean_images(decoded: SampleCache, settings: EvaluationSettings, count: int) -> Probe:
    """Return `count` clean images (all, where there are fewer), spread evenly over those that are evaluated."""
    n = len(decoded.subset.rows)
    places = sorted({i * n // count for i in range(count)})
    batch = [prepare(decoded[i], Condition(None, 0.0), settings) for i in places]
    return Probe([p.image for p in batch], [p.prompt for p in batch])
