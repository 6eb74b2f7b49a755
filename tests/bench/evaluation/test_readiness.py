"""From a job to a segmenter: the device, one training at a time, the precision that was."""

import threading

import pytest
import torch

import bench.training.trainer as training
from bench.evaluation.readiness import EXACT, Workshop, calibration_batch, loaded, ready, resolve_device, trained
from bench.host.screen import Screen
from bench.plan import jobs as plan
from bench.plan.datasets import open_datasets
from bench.suite import load_suite
from registry.errors import BenchError


@pytest.fixture
def opened(write):
    """The tiny suite, its data, its jobs."""
    suite = load_suite(write())
    data = open_datasets(suite)
    return suite, data, plan.jobs(suite, data)


def test_the_device_is_the_gpu_where_there_is_one(monkeypatch):
    """`auto`."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == "cpu"


@pytest.mark.parametrize("asked", ["tpu", "cuda:x", "cpu:0", "", "cuda:"])
def test_an_unknown_device_is_one_line(asked, monkeypatch):
    """With what is allowed."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(BenchError, match="give auto, cpu, cuda or cuda:N|shows 0 CUDA devices"):
        resolve_device(asked)


def test_a_device_beyond_the_last_is_one_line(monkeypatch):
    """How many there are."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert resolve_device("cuda:1") == "cuda:1"
    with pytest.raises(BenchError, match="this machine shows 2 CUDA devices"):
        resolve_device("cuda:2")


def test_a_model_without_a_network_is_exact(opened):
    """Nothing to calibrate."""
    suite, _, jobs = opened
    made = ready(jobs[0], suite, "cpu", None, {})
    assert made.measured["precision"] == EXACT
    assert made.measured["forward_ms_per_image"] is None
    assert made.settings.batch_size == 8


def test_a_checkpoint_for_a_model_without_weights_is_refused(opened, tmp_path):
    """The message says what to remove."""
    from dataclasses import replace

    from bench.plan.jobs import Weights

    job = replace(opened[2][0], weights=Weights("x", tmp_path / "a.safetensors"))
    with pytest.raises(BenchError, match="'background' has no weights"):
        loaded(job)


def test_the_known_precision_is_kept_and_the_speed_measured_anew(opened):
    """Another batch size: same precision, same trials, its own time."""
    suite, data, jobs = opened
    job = trained(jobs[1], Workshop(suite, data, "cpu", Screen()))
    first = ready(job, suite, "cpu", 4, {"precision": "fp32_channels_last", "calibration": ["as it was"]})
    assert first.measured["precision"] == "fp32_channels_last"
    assert first.measured["calibration"] == ["as it was"]
    assert first.measured["batch_size"] == 4
    again = ready(job, suite, "cpu", 4, first.measured)
    assert again.measured == first.measured
    assert again.segmenter.layout == torch.channels_last


def test_the_size_is_counted(opened):
    """Parameters of U-Net with width 2, by hand: convolutions, their norms, the 1x1 ones and the head."""
    suite, data, jobs = opened
    made = ready(trained(jobs[1], Workshop(suite, data, "cpu", Screen())), suite, "cpu", None, {})
    c = [2, 4, 8, 16, 32]
    down = sum(9 * (i * o + o * o) + 4 * o for i, o in zip([3, *c], c, strict=False))
    up = sum(9 * (2 * o * o + o * o) + 4 * o for o in c[:4])
    flat = sum(deep * o + o for deep, o in zip(c[1:], c, strict=False))
    assert made.measured["parameters_total"] == down + up + flat + 2 * 3 + 3


def test_one_checkpoint_is_trained_once_at_a_time(opened, monkeypatch):
    """Two that want it at once: the second waits, and finds it there."""
    suite, data, jobs = opened
    real, begun = training.train, []

    def slow(*args, **options):
        begun.append(threading.get_ident())
        return real(*args, **options)

    monkeypatch.setattr(training, "train", slow)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.evaluation.readiness.locked", _Turnstile())
        results = [trained(jobs[1], Workshop(suite, data, "cpu", Screen())) for _ in range(2)]
    assert len(begun) == 1
    assert results[0].weights.state == results[1].weights.state


class _Turnstile:
    """Counts that the lock is taken every time."""

    def __call__(self, path):
        from bench.host.files import locked

        assert path.suffix == ".lock"
        return locked(path)


def test_the_lock_makes_the_second_wait(tmp_path):
    """In two threads with two open files, as in two processes."""
    from bench.host.files import locked

    order = []
    with locked(tmp_path / "a.lock"):
        other = threading.Thread(target=lambda: _enter(tmp_path / "a.lock", order))
        other.start()
        order.append("first")
    other.join(timeout=10)
    assert order == ["first", "second"]


def _enter(path, order):
    from bench.host.files import locked

    with locked(path):
        order.append("second")


def test_the_calibration_batch_is_spread_over_the_pictures(opened):
    """As many as the batch, or all there are."""
    suite, _, jobs = opened
    made = ready(jobs[0], suite, "cpu", 2, {})
    assert len(calibration_batch(made.decoded, made.settings).pictures) == 2
    made = ready(jobs[0], suite, "cpu", 100, {})
    assert len(calibration_batch(made.decoded, made.settings).pictures) == 4
