"""The trainings that a job's weights need: one at a time, each once, the first stage shared."""

import threading
from contextlib import ExitStack

import pytest

from bench.host.files import locked
from bench.host.screen import Screen
from bench.plan.checkpoints import checkpoint_path
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.suite import load_suite
from bench.training import trainer
from bench.training.stages import TrainingContext, trained

STAGES = "{name: autoencoder_unet, width: 2, size: 32, label: net, pretrain: {epochs: 1}, train: {epochs: 1}}"
NET = "{name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}"


@pytest.fixture
def opened(write):
    """The tiny suite, its data, its jobs."""
    suite = load_suite(write())
    data = open_datasets(suite)
    return suite, data, plan_jobs(suite, data)


def test_one_checkpoint_is_trained_once_at_a_time(opened, monkeypatch):
    """Two that want it at once: the second waits, and finds it there."""
    suite, data, jobs = opened
    real, begun = trainer.train, []

    def slow(*args, **options):
        begun.append(threading.get_ident())
        return real(*args, **options)

    monkeypatch.setattr(trainer, "train", slow)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.training.stages.locked", _Turnstile())
        results = [trained(jobs[1], TrainingContext(suite, data, "cpu", Screen())) for _ in range(2)]
    assert len(begun) == 1
    assert results[0].weights.state == results[1].weights.state


class _Turnstile:
    """Counts that the lock is taken every time."""

    def __call__(self, path, waiting):
        assert path.suffix == ".lock"
        return locked(path, waiting=waiting)


def test_the_lock_makes_the_second_wait(tmp_path):
    """In two threads with two open files, as in two processes."""
    order = []
    with locked(tmp_path / "a.lock"):
        other = threading.Thread(target=lambda: _enter(tmp_path / "a.lock", order))
        other.start()
        order.append("first")
    other.join(timeout=10)
    assert order == ["first", "second"]


def _enter(path, order):
    with locked(path):
        order.append("second")


def test_whoever_waits_for_another_process_says_so(opened):
    """One line, before the wait; the other then leaves the lock."""
    suite, data, jobs = opened
    other, said = ExitStack(), []
    other.enter_context(locked(checkpoint_path("unet", jobs[1].weights.training_key).with_suffix(".lock")))

    class Heard(Screen):
        def line(self, text):
            said.append(text)
            other.close()

    assert trained(jobs[1], TrainingContext(suite, data, "cpu", Heard())).weights.path
    assert said[0] == "net: another process trains it; waiting for its checkpoint"
    assert "trained 1 epoch" in said[1]


def test_training_anew_trains_a_shared_autoencoder_once(write, tmp_path):
    """`--fresh` means once in a process, not once for every segmenter that begins with it."""
    two = STAGES.replace("label: net", "label: other, skips: false")
    suite = load_suite(write((NET, f"{STAGES}\n  - {two}")))
    opened = open_datasets(suite)
    context = TrainingContext(suite, opened, "cpu", Screen(), again=True)
    jobs = [job for job in plan_jobs(suite, opened) if job.weights.training_key]
    kept = [trained(job, context).weights for job in jobs]
    assert len(context.trained_keys) == 3
    assert all(weights.autoencoder() for weights in kept)
