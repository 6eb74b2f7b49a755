"""Whole evaluations against a slow reference, closed forms and published numbers."""

import math
from dataclasses import replace
from functools import partial
from statistics import fmean

import numpy as np
import pytest
import torch

from bench.metrics import METRIC_SETS, METRICS, Metric, MetricSet, evaluate, per_image, scores
from bench.metrics.counts import Counts, confusion
from bench.metrics.ratio import ratio

NAMES = ("background", "cat", "dog")
NAN = float("nan")
REFERENCED = ("dice", "iou", "pixel_accuracy", "precision", "recall")


def scene(images: int = 45, seed: int = 0) -> list[tuple[list[int], list[int], int]]:
    """Ground truth, prediction and foreground class of images as lists of pixels, with absent classes."""
    random = np.random.default_rng(seed)
    made = []
    for i in range(images):
        foreground = (0, 1, 2, 2, 1)[i % 5]
        ground_truth = random.choice([0, 0, foreground, foreground, 255], size=40)
        predictable = [0, foreground, (foreground + 1) % 3] if i % 7 else [0]
        correct = random.random(40) < random.random()
        predicted = np.where(correct & (ground_truth != 255), ground_truth, random.choice(predictable, size=40))
        made.append((ground_truth.tolist(), predicted.tolist(), foreground))
    return made


def counts_of(data: list[tuple[list[int], list[int], int]], classes: int = 3) -> Counts:
    pairs = [(torch.tensor([t], dtype=torch.uint8), torch.tensor([p], dtype=torch.uint8)) for t, p, _ in data]
    return Counts.gather(
        classes, [confusion(*pair, classes) for pair in pairs], [foreground for *_, foreground in data]
    )


def table(data, metric_set: MetricSet) -> dict[tuple[str, str], tuple[int, float]]:
    return {(s.metric, s.class_name): (s.n, s.value) for s in evaluate(counts_of(data), metric_set, NAMES)}


class Reference:
    """The definitions once more, in plain Python on lists of pixels, pixel by pixel."""

    def __init__(self, data, metric_set: MetricSet) -> None:
        self.set = metric_set
        binary = metric_set.task == "binary"
        self.names = ["foreground"] if binary else list(NAMES)
        self.labels = [1] if binary else [0, 1, 2]
        self.images = [self._settled(*image, binary) for image in data]
        self.all = [pixel for image in self.images for pixel in image]

    def _settled(self, ground_truth, predicted, foreground, binary):
        border = {"ignore": None, "background": 0, "foreground": foreground or None}[self.set.border]
        pairs = [(border if t == 255 else t, p) for t, p in zip(ground_truth, predicted, strict=True)]
        return [((t > 0, p > 0) if binary else (t, p)) for t, p in pairs if t is not None]

    def score(self, metric: str, pixels, label: int) -> float:
        """One class of one list of (ground truth, prediction)."""
        tp = sum(t == label == p for t, p in pixels)
        tp += self.set.epsilon if metric in ("iou", "dice") else 0
        fp = sum(t != label == p for t, p in pixels)
        fn = sum(p != label == t for t, p in pixels)
        absent = not any(label in pixel for pixel in pixels)
        if absent:
            return {"skip": NAN, "one": 1.0, "zero": 0.0}[self.set.absent_class]
        whole = {"iou": tp + fp + fn, "dice": tp + (fp + fn) / 2, "precision": tp + fp, "recall": tp + fn}
        return tp / whole[metric] if whole[metric] else 0.0

    def expected(self) -> dict[tuple[str, str], tuple[int, float]]:
        """All rows: (metric, class) to (n, value)."""
        rows = {}
        for metric in ("iou", "dice", "precision", "recall"):
            chosen = [v for v in self.labels if metric != "dice" or self.set.dice_classes == "all" or v]
            per = [{v: self.score(metric, image, v) for v in self.labels} for image in self.images]
            of_class = {}
            for label, name in zip(self.labels, self.names, strict=True):
                defined = [s[label] for s in per if not math.isnan(s[label])]
                pooled = self.score(metric, self.all, label)
                of_class[label] = pooled if self.set.reduction == "dataset" else mean(defined)
                rows[metric, name] = len(defined), of_class[label]
            means = [mean([s[v] for v in chosen if not math.isnan(s[v])]) for s in per]
            ranked = sorted(m for m in means if not math.isnan(m))
            shown = [of_class[v] for v in chosen if not math.isnan(of_class[v])]
            rows[metric, "mean"] = len(ranked), mean(shown)
            if metric in ("iou", "dice"):
                rows[f"{metric}_per_image", "mean"] = len(ranked), mean(ranked)
                rows[f"{metric}_worst_5", "mean"] = len(ranked), mean(ranked[: -(-len(ranked) // 20)])
        right = [mean([t == p for t, p in image]) for image in self.images if image]
        whole = mean([t == p for t, p in self.all]) if self.set.reduction == "dataset" else mean(right)
        rows["pixel_accuracy", "all"] = len(right), whole
        return rows


def known(metric: str) -> bool:
    """Whether the reference defines the metric of a row: a new one is tested by the contract alone."""
    return metric.removesuffix("_per_image").removesuffix("_worst_5") in REFERENCED


def mean(values) -> float:
    return fmean(values) if values else NAN


VARIANTS = [
    *METRIC_SETS.values(),
    replace(METRIC_SETS["standard"], name="zero", absent_class="zero"),
    replace(METRIC_SETS["edinburgh_000"], name="skip", absent_class="skip", dice_classes="foreground"),
    replace(METRIC_SETS["sam2_binary"], name="pooled", reduction="dataset", absent_class="one"),
]


@pytest.mark.parametrize("metric_set", VARIANTS, ids=lambda s: s.name)
@pytest.mark.parametrize("images", [45, 3, 1])
def test_every_row_agrees_with_the_slow_reference(metric_set: MetricSet, images: int) -> None:
    """Values and n of all rows are those of the definitions written out pixel by pixel."""
    data = scene(images, seed=images)
    expected = Reference(data, metric_set).expected()
    got = {row: found for row, found in table(data, metric_set).items() if known(row[0])}
    assert got.keys() == expected.keys()
    for row, (n, value) in expected.items():
        assert got[row][0] == n, row
        assert got[row][1] == pytest.approx(value, rel=1e-12, nan_ok=True), row


def test_rows_come_in_a_fixed_order() -> None:
    """Metrics by name, classes in their order and the mean, then the rows over images."""
    scored = evaluate(counts_of(scene()), METRIC_SETS["standard"], NAMES)
    rows = [(s.metric, s.class_name) for s in scored if known(s.metric)]
    classwise = [*NAMES, "mean"]
    expected = [("dice", c) for c in classwise] + [("iou", c) for c in classwise] + [("pixel_accuracy", "all")]
    expected += [(m, c) for m in ("precision", "recall") for c in classwise]
    means = ("dice_per_image", "iou_per_image", "dice_worst_5", "iou_worst_5")
    assert rows == expected + [(m, "mean") for m in means]


def background_only(shares: list[float]) -> Counts:
    """An all-background prediction for images of 10,000 pixels, cats and dogs by turns."""
    matrices = []
    for i, share in enumerate(shares):
        matrix = np.zeros((4, 3), dtype=np.int64)
        matrix[0, 0] = round(10_000 * share)
        matrix[1 + i % 2, 0] = 10_000 - matrix[0, 0]
        matrices.append(matrix)
    return Counts.gather(3, matrices, [1 + i % 2 for i in range(len(shares))])


def means_of(counts: Counts, name: str) -> dict[str, float]:
    rows = evaluate(counts, METRIC_SETS[name], NAMES)
    return {s.metric: s.value for s in rows if s.class_name in ("mean", "all")}


def test_all_background_scores_high_when_an_absent_class_counts_as_one() -> None:
    """Per image with absent = 1 a model that finds nothing reaches the published .568 and .605."""
    # Team 000, table 2, first autoencoder (all background): mIoU .5682, Dice .6050, accuracy .7002.
    # Closed form at that share of background: (.7002 + 0 + 1) / 3 and (2 · .7002 / 1.7002 + 0 + 1) / 3.
    # Images differ in their share, which lowers the mean of the concave Dice: hence the tolerance.
    means = means_of(background_only([0.7002] * 40), "edinburgh_000")
    assert means["iou"] == pytest.approx((0.7002 + 1) / 3, rel=1e-12)
    assert means["dice"] == pytest.approx((1.4004 / 1.7002 + 1) / 3, rel=1e-12)
    assert means["pixel_accuracy"] == pytest.approx(0.7002, rel=1e-12)
    assert means["iou"] == pytest.approx(0.5682, abs=0.002)
    assert means["dice"] == pytest.approx(0.6050, abs=0.004)


def test_all_background_scores_low_when_counts_are_summed() -> None:
    """By the text's definition the same prediction has a mean IoU of .70 / 3 = .23."""
    means = means_of(background_only([0.7002] * 40), "edinburgh_000_as_written")
    assert means["iou"] == pytest.approx(0.7002 / 3, abs=1e-9)
    assert means["dice"] == pytest.approx(1.4004 / 1.7002 / 3, abs=1e-9)


def test_epsilon_rewards_no_silence() -> None:
    """With (I + e) / (U + e) a class that is absent or never predicted still gets nothing out of it."""
    rows = table([([0, 0, 1], [0, 0, 0], 1)], METRIC_SETS["edinburgh_000_as_written"])
    assert rows["iou", "cat"] == (1, pytest.approx(1e-7, rel=1e-6))
    assert rows["iou", "dog"] == (0, pytest.approx(NAN, nan_ok=True))
    assert rows["precision", "cat"] == (1, 0.0)


def test_a_model_that_predicts_nothing_gains_nothing_when_absent_is_left_out() -> None:
    """A class in 2 of 5 images that is never found scores 0 from those 2, and .6 only if absent = 1."""
    data = [([1] * 10 if i < 2 else [0] * 10, [0] * 10, int(i < 2)) for i in range(5)]
    skip = replace(METRIC_SETS["edinburgh_000"], absent_class="skip")
    assert table(data, skip)["dice", "cat"] == (2, 0.0)
    assert table(data, METRIC_SETS["edinburgh_000"])["dice", "cat"] == (5, pytest.approx(0.6))


def test_a_class_that_is_nowhere_has_no_score_and_no_weight() -> None:
    """Without a dog in ground truth or prediction its rows are NaN with n = 0, and the mean is of the others."""
    data = [([0, 0, 1, 1], [0, 1, 1, 1], 1)] * 3
    rows = table(data, METRIC_SETS["standard"])
    assert rows["iou", "dog"][0] == 0
    assert math.isnan(rows["iou", "dog"][1])
    assert rows["iou", "mean"] == (3, pytest.approx((1 / 2 + 2 / 3) / 2))


# Pixels by ground truth and prediction, three classes; each case as in the tables of scikit-learn's zero_division=0.
CASES = {
    "never predicted": ([0, 0, 1, 1], [0, 0, 0, 0]),
    "predicted but not there": ([0, 0, 0, 0], [0, 0, 1, 1]),
    "both": ([0, 0, 1, 1], [0, 2, 0, 2]),
    "nothing right": ([1, 1, 1, 1], [2, 2, 2, 2]),
    "all right": ([0, 1, 2, 2], [0, 1, 2, 2]),
}


@pytest.mark.parametrize("metric", ["dice", "iou", "precision", "recall"])
@pytest.mark.parametrize("case", CASES)
def test_a_class_in_one_mask_only_scores_as_in_torchmetrics(case: str, metric: str) -> None:
    """Each class and the mean are theirs: 0 and counted for such a class, left out where it is in neither mask."""
    from torchmetrics import functional

    ground_truth, predicted = (torch.tensor(pixels) for pixels in CASES[case])
    score = {
        "dice": functional.f1_score,
        "iou": functional.jaccard_index,
        "precision": functional.precision,
        "recall": functional.recall,
    }[metric]
    theirs = partial(score, predicted, ground_truth, task="multiclass", num_classes=3)
    rows = table([(*CASES[case], 1)], METRIC_SETS["standard"])
    present = {*CASES[case][0], *CASES[case][1]}
    for label, value in enumerate(theirs(average="none").tolist()):
        expected = (1, pytest.approx(value)) if label in present else (0, pytest.approx(NAN, nan_ok=True))
        assert rows[metric, NAMES[label]] == expected
    assert rows[metric, "mean"][1] == pytest.approx(theirs(average="macro").item())


def test_the_mean_precision_counts_a_class_that_is_never_predicted() -> None:
    """By hand: background .5, cat 0, and no dog: a mean of .25, as scikit-learn has it; not .5."""
    rows = table([([0, 0, 1, 1], [0, 0, 0, 0], 1)], METRIC_SETS["standard"])
    assert rows["precision", "mean"] == (1, 0.25)
    assert rows["precision", "cat"] == (1, 0.0)


def test_image_by_image_a_class_in_one_mask_only_is_0_and_one_in_neither_as_the_set_says() -> None:
    """By hand: the cat is found in one of its two images, and the third has none in either mask."""
    data = [([0, 1], [0, 1], 1), ([0, 1], [0, 0], 1), ([0, 0], [0, 0], 0)]
    skip = replace(METRIC_SETS["edinburgh_000"], absent_class="skip")
    assert table(data, skip)["precision", "cat"] == (2, 0.5)
    assert table(data, METRIC_SETS["edinburgh_000"])["precision", "cat"] == (3, pytest.approx(2 / 3))
    mirrored = [(predicted, ground_truth, label) for ground_truth, predicted, label in data]
    assert table(mirrored, skip)["recall", "cat"] == (2, 0.5)


def test_a_binary_set_scores_a_missed_object_and_a_false_one_as_0() -> None:
    """One column: nothing predicted has precision 0, an object where there is none recall 0, neither has no score."""
    sets = METRIC_SETS["binary"]
    assert table([([0, 2, 255], [0, 0, 1], 2)], sets)["precision", "foreground"] == (1, 0.0)
    assert table([([0, 0], [0, 1], 0)], sets)["recall", "foreground"] == (1, 0.0)
    assert table([([0, 0], [0, 0], 0)], sets)["recall", "foreground"] == (0, pytest.approx(NAN, nan_ok=True))


def test_the_binary_set_leaves_the_border_out() -> None:
    """By hand: of the 4 pixels that count 1 object is found and 1 missed; the border would make it 1 of 4."""
    data = [([0, 0, 2, 2, 255, 255], [0, 0, 1, 0, 0, 0], 2)]
    assert table(data, METRIC_SETS["binary"])["dice", "foreground"] == (1, pytest.approx(2 / 3))
    assert table(data, METRIC_SETS["sam2_binary"])["dice", "foreground"] == (1, pytest.approx(2 / 5))


def test_images_of_border_only_are_left_out_and_counted() -> None:
    """An image without a pixel that counts has no score; n is how many had one."""
    data = [([0, 1], [0, 1], 1), ([255, 255], [0, 1], 0)]
    rows = table(data, METRIC_SETS["standard"])
    assert rows["dice_per_image", "mean"] == (1, 1.0)
    assert rows["pixel_accuracy", "all"] == (1, 1.0)
    assert np.isnan(per_image(counts_of(data), METRIC_SETS["standard"])).tolist() == [False, True]


@pytest.mark.parametrize(("images", "lowest"), [(1, 1), (19, 1), (20, 1), (21, 2), (100, 5), (101, 6)])
def test_the_worst_five_percent_are_the_lowest_twentieth_rounded_up(images: int, lowest: int) -> None:
    """The mean of the ceil(n / 20) lowest Dice; image i has the Dice of i / images by construction."""
    order = np.random.default_rng(0).permutation(images)
    data = [([1] * images, [1] * (i + 1) + [0] * (images - i - 1), 1) for i in order.tolist()]
    dice = sorted(2 * (i + 1) / (i + 1 + images) for i in range(images))
    n, value = table(data, METRIC_SETS["sam2_binary"])["dice_worst_5", "mean"]
    assert (n, value) == (images, pytest.approx(fmean(dice[:lowest])))


def test_per_image_is_each_images_mean_dice() -> None:
    """One number per image, of the classes that the set's mean Dice has."""
    data = [([0, 0, 1, 1], [0, 1, 1, 1], 1), ([0, 0, 0, 0], [0, 0, 0, 0], 0)]
    assert pytest.approx(per_image(counts_of(data), METRIC_SETS["standard"])) == [(2 / 3 + 4 / 5) / 2, 1]
    without_background = per_image(counts_of(data), METRIC_SETS["edinburgh_001"])
    assert pytest.approx(without_background, nan_ok=True) == [4 / 5, NAN]


def test_binary_takes_cat_and_dog_for_the_same() -> None:
    """A dog called cat is right when only the foreground is asked for, and the border belongs to it."""
    data = [([0, 2, 2, 255], [0, 1, 1, 1], 2)]
    rows = table(data, METRIC_SETS["sam2_binary"])
    assert rows["iou", "foreground"] == (1, 1.0)
    assert rows["pixel_accuracy", "all"] == (1, 1.0)


class With:
    """The registry with other or further metrics."""

    def __init__(self, **metrics: Metric) -> None:
        self.metrics = {name: METRICS[name] for name in METRICS.names()} | metrics

    def names(self) -> list[str]:
        return sorted(self.metrics)

    def __getitem__(self, name: str) -> Metric:
        return self.metrics[name]


def found_share(tp, fp, fn):
    """The share of a class's pixels that are found."""
    return ratio(tp, tp + fn)


def missed_share(tp, fp, fn):
    """The share of a class's pixels that are missed: better when lower."""
    return ratio(fn, tp + fn)


def test_a_short_file_is_a_metric(monkeypatch: pytest.MonkeyPatch) -> None:
    """Title, source and formula make a score of each class from 0 to 1: its rows, no epsilon, nothing by image."""
    plain = Metric(title="Found", source="here", score=found_share)
    monkeypatch.setattr(scores, "METRICS", With(found=plain))
    data = scene()
    rows = table(data, METRIC_SETS["edinburgh_000_as_written"])
    assert [row for row in rows if row[0].startswith("found")] == [("found", name) for name in (*NAMES, "mean")]
    found, recall = ([rows[metric, name][1] for name in (*NAMES, "mean")] for metric in ("found", "recall"))
    assert found == recall  # of the whole data set; an image where it is undefined does not count in n
    assert (plain.version, plain.bounds, plain.higher_is_better) == (1, (0.0, 1.0), True)


def test_a_score_of_overlap_is_smoothed_and_averaged_by_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declared in its entry: it gets the set's epsilon, a mean over images, and one over the worst of them."""
    entries = {"found": Metric(title="Found", source="here", score=found_share, overlap=True)}
    entries["missed"] = Metric(title="Missed", source="here", score=missed_share, overlap=True, higher_is_better=False)
    monkeypatch.setattr(scores, "METRICS", With(**entries))
    data = [([1] * 10, [1] * hits + [0] * (10 - hits), 1) for hits in (2, 7, 10)]
    only_cats = replace(METRIC_SETS["sam2_binary"], epsilon=1.0)
    rows = table(data, only_cats)
    # By hand: (hits + 1) / 11 of the pixels are found, (10 - hits) / 11 are missed; of three images the worst is one.
    assert rows["found_per_image", "mean"] == (3, pytest.approx(fmean([3 / 11, 8 / 11, 1])))
    assert rows["found_worst_5", "mean"] == (3, pytest.approx(3 / 11))
    assert rows["missed_per_image", "mean"] == (3, pytest.approx(fmean([8 / 11, 3 / 11, 0])))
    assert rows["missed_worst_5", "mean"] == (3, pytest.approx(8 / 11))


def test_contradicting_scores_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Dice below its IoU, as in a published figure (IoU .888, Dice .841), stops the evaluation."""
    wrong = replace(METRICS["dice"], score=lambda tp, fp, fn: 0.9 * METRICS["iou"].score(tp, fp, fn))
    monkeypatch.setattr(scores, "METRICS", With(dice=wrong))
    with pytest.raises(ArithmeticError, match="Dice and IoU"):
        evaluate(counts_of(scene()), METRIC_SETS["standard"], NAMES)


def test_names_have_to_match_the_classes() -> None:
    """A missing class name is a fault of the caller."""
    with pytest.raises(ValueError, match="2 names for 3 classes"):
        evaluate(counts_of(scene()), METRIC_SETS["standard"], NAMES[:2])


def test_more_than_32_classes_score_alike() -> None:
    """The compact counts of many classes give what the definitions give."""
    ground_truth, predicted = ([i % 40 for i in range(80)] for _ in range(2))
    predicted[5], predicted[7] = 6, 0
    counts = counts_of([(ground_truth, predicted, 1)], classes=40)
    rows = {
        (s.metric, s.class_name): s.value for s in evaluate(counts, METRIC_SETS["standard"], [*map(str, range(40))])
    }
    assert (rows["iou", "5"], rows["iou", "6"], rows["iou", "0"]) == (1 / 2, 2 / 3, 2 / 3)
    assert rows["pixel_accuracy", "all"] == 78 / 80
