"""From a job with weights to a segmenter ready to predict: its size, the precision that was."""

import pytest
import torch

from bench.evaluation import readiness
from bench.evaluation.readiness import EXACT, clean_images, ready
from bench.host.screen import Screen
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record.model_record import Measurement, PrecisionTrial
from bench.suite import load_suite
from bench.training.stages import TrainingContext, trained


@pytest.fixture
def opened(write):
    """The tiny suite, its data, its jobs."""
    suite = load_suite(write())
    data = open_datasets(suite)
    return suite, data, plan_jobs(suite, data)


def test_a_model_without_a_network_is_exact(opened):
    """Nothing to calibrate."""
    suite, _, jobs = opened
    made = ready(jobs[0], suite, "cpu", None, Measurement())
    assert made.measurement.precision == EXACT
    assert made.measurement.forward_ms_per_image is None
    assert made.settings.batch_size == 8


def test_a_wide_network_gets_small_batches_on_a_cpu(opened, monkeypatch):
    """Its widest layer is the head: 3 classes of 32 x 32 floats, 12 KiB; 36 KiB are allowed. What a user says holds."""
    suite, data, jobs = opened
    job = trained(jobs[1], TrainingContext(suite, data, "cpu", Screen()))
    monkeypatch.setattr(readiness, "CACHED_BYTES", 36 * 1024)
    assert ready(job, suite, "cpu", None, Measurement()).settings.batch_size == 3
    assert ready(job, suite, "cpu", 5, Measurement()).settings.batch_size == 5
    monkeypatch.setattr(readiness, "CACHED_BYTES", 1)
    assert ready(job, suite, "cpu", None, Measurement()).settings.batch_size == 1


def test_the_known_precision_is_kept_and_the_speed_measured_anew(opened):
    """Another batch size: same precision, same trials, its own time."""
    suite, data, jobs = opened
    job = trained(jobs[1], TrainingContext(suite, data, "cpu", Screen()))
    trials = (PrecisionTrial(precision="as it was"),)
    known = Measurement(precision="fp32_channels_last", calibration=trials)
    first = ready(job, suite, "cpu", 4, known)
    assert first.measurement.precision == "fp32_channels_last"
    assert first.measurement.calibration == trials
    assert first.measurement.batch_size == 4
    again = ready(job, suite, "cpu", 4, first.measurement)
    assert again.measurement == first.measurement
    assert again.segmenter.layout == torch.channels_last


def test_the_size_is_counted(opened):
    """Parameters of U-Net with width 2, by hand: convolutions, their norms, the 1x1 ones and the head."""
    suite, data, jobs = opened
    made = ready(trained(jobs[1], TrainingContext(suite, data, "cpu", Screen())), suite, "cpu", None, Measurement())
    c = [2, 4, 8, 16, 32]
    down = sum(9 * (i * o + o * o) + 4 * o for i, o in zip([3, *c], c, strict=False))
    up = sum(9 * (2 * o * o + o * o) + 4 * o for o in c[:4])
    flat = sum(deep * o + o for deep, o in zip(c[1:], c, strict=False))
    assert made.measurement.parameters_total == down + up + flat + 2 * 3 + 3


def test_the_clean_images_are_spread_over_all(opened):
    """As many as wanted, or all there are."""
    suite, _, jobs = opened
    made = ready(jobs[0], suite, "cpu", None, Measurement())
    two, all_ = (clean_images(made.samples, made.settings, count).images for count in (2, 100))
    assert (len(two), len(all_)) == (2, 4)
    assert [any(torch.equal(image, other) for other in two) for image in all_] == [True, False, True, False]


def test_the_batch_size_does_not_decide_the_precision(opened, monkeypatch):
    """The images that are compared are the same ones, each alone; only the speed is measured on a batch."""
    suite, data, jobs = opened
    job = trained(jobs[1], TrainingContext(suite, data, "cpu", Screen()))
    probes = []
    real = readiness.calibrate
    monkeypatch.setattr(readiness, "calibrate", lambda *given: probes.append(given[3:]) or real(*given))
    for size in (1, 3):
        ready(job, suite, "cpu", size, Measurement())
    (first, one), (second, three) = probes
    assert all(map(torch.equal, first.images, second.images))
    assert (len(first.images), len(second.images), len(one.images), len(three.images)) == (4, 4, 1, 3)
