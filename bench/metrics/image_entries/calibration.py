"""Calibration: whether a model's probabilities can be believed, and whether they tell right pixels from wrong ones."""

from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.confidence import ConfidenceTerms, size
from bench.metrics.confidence_kernel import confidences
from bench.metrics.image_entry import CellTerms, Given, ImageMetric
from bench.metrics.image_scores import of_all, of_classes
from bench.metrics.ratio import ratio
from registry.labels import IGNORE

if TYPE_CHECKING:
    from bench.metrics.quantities import Quantity
    from bench.metrics.scores import Floats
    from bench.metrics.views import SeenImage
    from registry.parameters import Parameters


def measure(image: "SeenImage", parameters: "Parameters") -> "Floats":
    """Return the histograms of an image's pixels, flat."""
    truth, labels = (np.ascontiguousarray(one).ravel() for one in (image.ground_truth, image.prediction))
    by_bin, by_rank, gaps, squares = confidences(truth, labels, image.shares, IGNORE)
    scored = gaps[image.labels.start : image.labels.stop]
    return np.concatenate([by_bin.ravel(), by_rank.ravel(), scored.ravel(), [squares]])


def expected_error(flat: "Floats") -> "Floats":
    """Return the sum over bins of n_b / n |accuracy_b - confidence_b|: |correct_b - sum of confidences| / n."""
    found = ConfidenceTerms.of(flat).by_bin
    error: Floats = ratio(np.abs(found[..., 2] - found[..., 1]).sum(-1), found[..., 0].sum(-1))
    return error


def class_error(both: "Floats") -> "Floats":
    """Return the same of one class: by its probability, against how often pixels are of it."""
    error: Floats = ratio(np.abs(both[..., 1:]).sum(-1), both[..., 0])
    return error


def brier(flat: "Floats") -> "Floats":
    """Return the mean over pixels of the sum over classes of (probability - truth) squared."""
    found = ConfidenceTerms.of(flat)
    score: Floats = ratio(found.squares, found.by_bin[..., 0].sum(-1))
    return score


def auroc(flat: "Floats") -> "Floats":
    """Return how likely a right pixel has a higher confidence than a wrong one; within a bin it is one half."""
    found = ConfidenceTerms.of(flat).by_rank
    wrong, right = found[..., 1], found[..., 0] - found[..., 1]
    below = np.cumsum(wrong, -1) - wrong / 2
    area: Floats = ratio((right * below).sum(-1), right.sum(-1) * wrong.sum(-1))
    return area


def aurc(flat: "Floats") -> "Floats":
    """Return the mean, over all numbers of pixels that are kept, of the share of wrong ones among the most confident.

    The pixels of a bin stand in no order: it is the mean over all orders of them. With W of N pixels wrong before a
    bin of n pixels, w of them wrong, its k-th pixel has the risk (W + k w / n) / (N + k).
    """
    from scipy.special import digamma

    found = ConfidenceTerms.of(flat).by_rank[..., ::-1, :]
    pixels, wrong = found[..., 0], found[..., 1]
    before, wrong_before = np.cumsum(pixels, -1) - pixels, np.cumsum(wrong, -1) - wrong
    slope = np.nan_to_num(ratio(wrong, pixels))
    harmonic = digamma(before + pixels + 1) - digamma(before + 1)  # the sum of 1 / (N + k), k = 1 … n
    risk: Floats = ratio((wrong + (wrong_before - slope * before) * harmonic).sum(-1), pixels.sum(-1))
    return risk


TOTALS = {"ece": expected_error, "brier": brier, "auroc": auroc, "aurc": aurc}


def scores(cell: CellTerms) -> "list[Quantity]":
    """Return the scores of all pixels, then the calibration error of each class and their mean."""
    assert cell.terms is not None
    found = ConfidenceTerms.of(cell.terms)
    pixels = np.repeat(found.by_bin[..., 0].sum(-1)[:, None, None], len(cell.names), axis=1)
    rows = [of_all(name, cell, cell.terms, score) for name, score in TOTALS.items()]
    return rows + of_classes("classwise_ece", cell, np.concatenate([pixels, found.gaps], axis=-1), class_error)


ENTRY = ImageMetric(
    title="Calibration",
    source="ECE: Naeini et al. 2015, AAAI, and Guo et al. 2017, ICML; class-wise: Kull et al. 2019, NeurIPS; "
    "Brier 1950, Monthly Weather Review 78(1); AURC: Geifman, Uziel, El-Yaniv 2019, ICLR; "
    "AUROC: Hendrycks, Gimpel 2017, ICLR",
    reads="probabilities",
    gives=(
        Given("ece", "ECE", higher_is_better=False, per_class=False),
        Given("brier", "Brier score", higher_is_better=False, bounds=(0.0, 2.0), per_class=False),
        Given("auroc", "AUROC of correct pixels", per_class=False),
        Given("aurc", "AURC", higher_is_better=False, per_class=False),
        Given("classwise_ece", "Class-wise ECE", higher_is_better=False),
    ),
    terms=size,
    measure=measure,
    scores=scores,
)
