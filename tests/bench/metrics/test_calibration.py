"""Calibration against torchmetrics, scikit-learn and sums written out."""

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from bench.metrics.confidence import BINS, RANKS, ConfidenceTerms
from bench.metrics.confidence_kernel import rank_of
from bench.metrics.views import MetricView
from tests.bench.metrics.made_up_masks import BINARY, CLASSES, measured, scores, seen, values


def predicted(seed, classes=3, shape=(40, 50), sharpness=2.0):
    """Return ground truth, labels and probabilities of a model that is right more often where it is surer."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(classes, *shape)) * sharpness
    shares = np.exp(logits) / np.exp(logits).sum(0)
    truth = (random.random(shape)[None] > np.cumsum(0.7 * shares + 0.3 / classes, 0)).sum(0).clip(0, classes - 1)
    truth[random.random(shape) < 0.05] = 255
    return truth.astype(np.uint8), shares.argmax(0).astype(np.uint8), shares.astype(np.float32)


def image(seed, view=CLASSES, **more):
    truth, labels, shares = predicted(seed, **more)
    return seen(truth, labels, len(shares), view, shares=lambda: shares)


def pixels(seeds, **more):
    """Return truth [P], labels [P] and probabilities [P, C] of the pixels that count in all images."""
    parts = [predicted(seed, **more) for seed in seeds]
    kept = [part[0] != 255 for part in parts]
    truth, labels = (np.concatenate([part[i][k] for part, k in zip(parts, kept, strict=True)]) for i in (0, 1))
    return truth, labels, np.concatenate([part[2][:, k].T for part, k in zip(parts, kept, strict=True)])


def test_ece_is_that_of_torchmetrics():
    """15 bins, L1, over the pixels of all images."""
    torch = pytest.importorskip("torch")
    functional = pytest.importorskip("torchmetrics.functional.classification")
    found = values("calibration", [image(seed) for seed in range(3)], names="abc")["ece", "all"]
    truth, _, shares = pixels(range(3))
    expected = functional.multiclass_calibration_error(
        torch.from_numpy(shares), torch.from_numpy(truth.astype(int)), num_classes=3, n_bins=BINS, norm="l1"
    )
    assert found == pytest.approx(expected.item(), abs=1e-6)


def test_brier_is_that_of_scikit_learn():
    """The sum over classes; of object or not that is twice the score of the object's probability."""
    found = values("calibration", [image(seed) for seed in range(3)], names="abc")["brier", "all"]
    truth, _, shares = pixels(range(3))
    by_class = [brier_score_loss(truth == c, shares[:, c]) for c in range(3)]
    assert found == pytest.approx(sum(by_class), rel=1e-6)
    binary = values("calibration", [image(seed, BINARY) for seed in range(3)], names=["foreground"])["brier", "all"]
    assert binary == pytest.approx(2 * brier_score_loss(truth > 0, 1 - shares[:, 0]), rel=1e-6)


def test_auroc_is_that_of_scikit_learn_but_for_the_bins():
    """128 bins: within 0.002 of the exact area, and the exact one of the bins' numbers."""
    found = values("calibration", [image(seed) for seed in range(3)], names="abc")["auroc", "all"]
    truth, labels, shares = pixels(range(3))
    confidence = shares[np.arange(len(labels)), labels].astype(float)
    assert found == pytest.approx(roc_auc_score(truth == labels, confidence), abs=2e-3)
    ranks = [rank_of(one) for one in confidence]
    assert found == pytest.approx(roc_auc_score(truth == labels, ranks), rel=1e-12)


def test_aurc_is_the_mean_risk_over_all_coverages():
    """Against the definition on sorted pixels: within 0.002; and exactly, as the mean over orders within the bins."""
    found = values("calibration", [image(0)], names="abc")["aurc", "all"]
    truth, labels, shares = pixels([0])
    confidence, wrong = shares[np.arange(len(labels)), labels].astype(float), (truth != labels).astype(float)
    count = np.arange(1, len(wrong) + 1)

    def area(key, tie):
        order = np.lexsort((tie, -np.asarray(key)))
        return (np.cumsum(wrong[order]) / count).mean()

    assert found == pytest.approx(area(confidence, count), abs=2e-3)
    random, ranks = np.random.default_rng(0), [rank_of(one) for one in confidence]
    drawn = [area(ranks, random.random(len(wrong))) for _ in range(400)]
    assert found == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / 20)


def test_classwise_error_by_its_definition():
    """For each class: bins of its probability, mean probability against the share of its pixels."""
    found = values("calibration", [image(seed) for seed in range(2)], names="abc")
    truth, _, shares = pixels(range(2))
    expected = []
    for c in range(3):
        place = np.minimum((shares[:, c].astype(float) * BINS).astype(int), BINS - 1)
        gaps = [
            (place == b).mean() * abs((truth[place == b] == c).mean() - shares[place == b, c].mean())
            for b in range(BINS)
            if (place == b).any()
        ]
        expected.append(sum(gaps))
        assert found["classwise_ece", "abc"[c]] == pytest.approx(expected[-1], abs=1e-6)
    assert found["classwise_ece", "mean"] == pytest.approx(np.mean(expected), abs=1e-6)


def test_a_perfect_and_a_hopeless_model():
    """Sure and right: no error, nothing to tell apart. Sure and wrong: an error of 1, a Brier score of 2."""
    truth = np.tile([0, 1], (4, 6)).astype(np.uint8)
    sure = np.stack([truth == 0, truth == 1]).astype(np.float32)
    right = values("calibration", [seen(truth, truth, shares=lambda: sure)])
    assert [right[name, "all"] for name in ("ece", "brier", "aurc")] == [0, 0, 0]
    assert np.isnan(right["auroc", "all"])
    wrong = values("calibration", [seen(1 - truth, truth, shares=lambda: sure)])
    assert [wrong[name, "all"] for name in ("ece", "brier", "aurc")] == [1, 2, 1]


def test_confidence_is_the_probability_of_the_label():
    """Not the largest one, where a model takes its label otherwise."""
    shares = np.full((3, 1, 4), 0.2, np.float32)
    shares[0] = 0.6
    labels = np.full((1, 4), 1, np.uint8)
    terms = ConfidenceTerms.of(measured("calibration", [seen(labels, labels, 3, shares=lambda: shares)])[0])
    assert terms.by_bin[3] == pytest.approx([4, 0.8, 4])


def test_per_image_takes_the_mean_of_the_images():
    """Each image's own error; an image without a pixel that counts has none."""
    blank = np.full((40, 50), 255, np.uint8)
    _, labels, shares = predicted(0)
    images = [image(0), image(1), seen(blank, labels, 3, shares=lambda: shares)]
    each = [values("calibration", [one], names="abc")["ece", "all"] for one in images[:2]]
    found = scores("calibration", images, metric_set="edinburgh_000", names="abc")["ece", "all"]
    assert found.value == pytest.approx(np.mean(each), rel=1e-12)
    assert found.n == 2


def test_ranks_go_up_with_confidence():
    """Every bin is reached, in order, whatever float it is."""
    edges = np.concatenate([np.linspace(0, 0.5, 400), 1 - 0.5 ** np.linspace(1, 17, 4000), [1.0]])
    found = [rank_of(float(one)) for one in edges]
    assert found == sorted(found)
    assert set(found) == set(range(RANKS))


def test_views_of_ignored_borders():
    """The border joins the background where the set says so; nothing is counted twice."""
    whole = measured("calibration", [image(0, MetricView("background", "classes"))])[0]
    without = measured("calibration", [image(0)])[0]
    number = [ConfidenceTerms.of(one).by_bin[:, 0].sum() for one in (whole, without)]
    assert number == [2000, 2000 - (predicted(0)[0] == 255).sum()]
