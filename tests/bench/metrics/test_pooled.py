"""Matrices of many images added up: against scikit-learn, pixel by pixel, under every border policy."""

import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix

from bench.metrics.counts import BORDERS, Counts, confusion
from bench.metrics.pooled import dense, pooled, pooled_counts, sparse, under_border

VOID = 255


def images(classes, seed=0, number=6):
    """Ground truths with a border, predictions, and the foreground class of each image; the last one has no object."""
    generator = np.random.default_rng(seed)
    truths = generator.integers(0, classes, (number, 20, 30)).astype(np.uint8)
    truths[-1] = 0
    truths[:, 5:8] = VOID
    foreground = [int(np.bincount(one[(one > 0) & (one < VOID)], minlength=1).argmax()) for one in truths[:-1]] + [0]
    return truths, generator.integers(0, classes, truths.shape).astype(np.uint8), foreground


def by_sklearn(truths, predictions, foreground, classes, border):
    """The matrix of all pixels that count, with the border's relabelled by hand."""
    relabelled = truths.astype(int)
    for image, label in zip(relabelled, foreground, strict=True):
        if border == "background":
            image[image == VOID] = 0
        elif border == "foreground" and label:
            image[image == VOID] = label
    counts = relabelled != VOID
    return confusion_matrix(relabelled[counts], predictions[counts], labels=range(classes))


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("classes", [2, 3, 21, 150])
def test_the_matrix_is_that_of_scikit_learn(classes, border):
    truths, predictions, foreground = images(classes)
    matrices = [
        confusion(torch.from_numpy(a), torch.from_numpy(b), classes).numpy()
        for a, b in zip(truths, predictions, strict=True)
    ]
    total = pooled(np.stack(matrices), foreground)
    expected = by_sklearn(truths, predictions, foreground, classes, border)
    assert np.array_equal(under_border(total, border), expected)
    assert np.array_equal(under_border(dense(sparse(total), classes), border), expected)
    counts = Counts.gather(classes, matrices, foreground)
    if classes <= 32:
        assert np.array_equal(pooled_counts(counts), total)
    else:
        assert pooled_counts(counts) is None


def test_it_holds_what_the_metrics_count():
    """Diagonal and margins are the summed true positives, false positives and false negatives."""
    truths, predictions, foreground = images(5)
    matrices = [
        confusion(torch.from_numpy(a), torch.from_numpy(b), 5).numpy() for a, b in zip(truths, predictions, strict=True)
    ]
    counts = Counts.gather(5, matrices, foreground)
    for border in BORDERS:
        matrix, stats = under_border(pooled_counts(counts), border), counts.under(border)
        assert np.array_equal(matrix.diagonal(), stats.tp.sum(0))
        assert np.array_equal(matrix.sum(0) - matrix.diagonal(), stats.fp.sum(0))
        assert np.array_equal(matrix.sum(1) - matrix.diagonal(), stats.fn.sum(0))
