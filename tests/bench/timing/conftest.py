"""A clock that a test moves, and a tiny model ready to be timed."""

import pytest

from bench.evaluation.readiness import ready
from bench.host.screen import Screen
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record.model_record import Measurement
from bench.suite import load_suite
from bench.training.stages import TrainingContext, trained


class ManualClock:
    """A `Clock` and a `Timeline` whose nanoseconds pass when the test says so; marks count once they are settled."""

    def __init__(self):
        self.time, self.settlings = 0, 0

    def mark(self):
        return self.time

    def settle(self):
        self.settlings += 1

    def between(self, begin, end):
        return end - begin

    def now(self):
        return self.time

    def wait_until(self, then):
        self.time = max(self.time, int(then))

    def take(self, ns):
        self.time += int(ns)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def prepared(write):
    """(number of the model in the tiny suite, changes of its text) -> the suite, and the model ready."""

    def make(number, *changes, precision="fp32"):
        suite = load_suite(write(("epochs: 1", "epochs: 0"), *changes))
        data = open_datasets(suite)
        job = trained(plan_jobs(suite, data)[number], TrainingContext(suite, data, "cpu", Screen()))
        return suite, ready(job, suite, "cpu", None, Measurement(precision=precision if number else None))

    return make
