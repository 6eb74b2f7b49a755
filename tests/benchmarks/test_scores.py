"""Counting one image, and every metric set on the counts of 200."""

import numpy as np
import pytest
import torch

from bench.metrics.counts import Counts, confusion
from bench.metrics.scores import evaluate
from bench.metrics.sets import METRIC_SETS
from bench.testing import record

pytestmark = pytest.mark.speed
CLASSES = ("background", "cat", "dog")


def test_confusion(benchmark, mask):
    """The counts of one image of 375 x 500 and three classes."""
    truth, labels = torch.from_numpy(mask), torch.randint(0, 3, mask.shape, dtype=torch.uint8)
    benchmark(confusion, truth, labels, 3)
    record(benchmark, device="cpu")


@pytest.mark.parametrize("name", METRIC_SETS)
def test_metric_set(benchmark, name):
    """All metrics of 200 images."""
    random = np.random.default_rng(0)
    counts = Counts(3, random.integers(1, 3, 200), random.integers(0, 10_000, (200, 4, 3)))
    benchmark(evaluate, counts, METRIC_SETS[name], CLASSES)
    record(benchmark, images=200, device="cpu")
