"""What `bench plan` estimates comes from what was measured."""

import pytest

from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record import speeds
from bench.suite import load_suite


@pytest.fixture
def job(write):
    """The network of a changed tiny suite."""

    def build(*changes):
        suite = load_suite(write(*changes))
        return plan_jobs(suite, open_datasets(suite))[1]

    return build


def test_nothing_measured_is_no_estimate(job):
    """Not zero."""
    assert speeds.estimate(job(), missing=4, trainable=10, counted=set()) is None


def test_cells_times_pictures_times_seconds(job):
    """3 cells of 4 pictures at 0.5 s, after one epoch of 10 pictures at 2 s."""
    todo = job()
    speeds.note(todo, "evaluation", "cpu", 0.5)
    assert speeds.estimate(todo, missing=3, trainable=10, counted=set()) is None  # the training was never measured
    speeds.note(todo, "training", "cpu", 2.0)
    assert speeds.estimate(todo, missing=3, trainable=10, counted=set()) == 3 * 4 * 0.5 + 10 * 2.0


def test_a_budget_is_a_ceiling(job):
    """A quarter of a minute at the most."""
    todo = job(("epochs: 1", "epochs: 100, minutes: 0.25"))
    speeds.note(todo, "evaluation", "cpu", 0.0)
    assert speeds.estimate(todo, missing=1, trainable=10, counted=set()) == 15
    speeds.note(todo, "training", "cpu", 2.0)
    assert speeds.estimate(todo, missing=1, trainable=10, counted=set()) == 15


def test_another_model_is_measured_on_its_own(job):
    """A width of 3 says nothing of a width of 2."""
    speeds.note(job(("width: 2", "width: 3")), "evaluation", "cpu", 0.5)
    assert speeds.estimate(job(), missing=1, trainable=1, counted=set()) is None
