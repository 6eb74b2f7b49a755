"""Pairs of masks for the tests of further metrics."""

import numpy as np

from bench.metrics.image_entry import IMAGE_METRICS, CellTerms
from bench.metrics.sets import METRIC_SETS
from bench.metrics.views import LabelledImage, MetricView, SeenImage

CLASSES = MetricView("ignore", "classes")
BINARY = MetricView("ignore", "binary")


def blobs(seed, shape=(60, 81), classes=3, ignored=0.0):
    """Return ground truth and prediction of smooth areas that differ at their edges and here and there."""
    from scipy.ndimage import gaussian_filter

    random = np.random.default_rng(seed)
    fields = [gaussian_filter(random.normal(size=shape), 6) for _ in range(classes)]
    truth = np.argmax(fields, axis=0).astype(np.uint8)
    moved = [field + gaussian_filter(random.normal(size=shape), 3) * 0.25 for field in fields]
    prediction = np.argmax(moved, axis=0).astype(np.uint8)
    if ignored:
        truth = np.where(gaussian_filter(random.normal(size=shape), 4) > ignored, np.uint8(255), truth)
    return truth, prediction


def seen(truth, prediction, classes=2, view=CLASSES, **more):
    """Return an image under a view."""
    return SeenImage(
        LabelledImage(np.asarray(truth, np.uint8), np.asarray(prediction, np.uint8), classes, **more), view
    )


def measured(name, images, **parameters):
    """Return what a metric measures of seen images, float64 [N, K]."""
    entry = IMAGE_METRICS[name]
    return np.stack([entry.measure(one, entry.parameters(**parameters)) for one in images])


def scores(name, images, metric_set="standard", names=("background", "object"), counts=None, **parameters):
    """Return a metric's scores of seen images by metric and class."""
    entry = IMAGE_METRICS[name]
    terms = None if images is None else measured(name, images, **parameters)
    cell = CellTerms(terms, names, METRIC_SETS[metric_set], entry.parameters(**parameters), counts)
    return {(one.metric, one.class_name): one for one in entry.scores(cell)}


def values(name, images, **more):
    """Return the numbers of `scores`."""
    return {place: one.value for place, one in scores(name, images, **more).items()}
