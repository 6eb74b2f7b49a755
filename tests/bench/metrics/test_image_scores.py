"""What all further metrics share: sums and means, medians, resamples, what their entries declare."""

import numpy as np
import pytest

from bench.metrics import METRIC_SETS, METRICS, evaluate
from bench.metrics.counts import Counts
from bench.metrics.further import AskedMetric, columns, further_quantities, measure
from bench.metrics.image_entry import IMAGE_METRICS
from bench.metrics.image_scores import medians
from bench.metrics.views import LabelledImage, MetricView, SeenImage, views_of
from registry.errors import BenchError
from tests.bench.metrics.made_up_masks import BINARY, CLASSES, blobs

NAMES = IMAGE_METRICS.names()
CLASS_NAMES = ("a", "b", "c")


def asked(name):
    return AskedMetric(name, IMAGE_METRICS[name].parameters())


def images(number, ignored=0.6):
    """Return pairs of masks with probabilities that fit their labels."""
    found = []
    for seed in range(number):
        truth, labels = blobs(seed, shape=(30, 40), ignored=ignored)
        shares = np.random.default_rng(seed).dirichlet([1, 1, 1], truth.shape).transpose(2, 0, 1).astype(np.float32)
        shares = np.where(np.arange(3)[:, None, None] == labels, 1 + shares, shares) / 2
        found.append(LabelledImage(truth, labels, 3, 1, None, lambda shares=shares: shares))
    return found


def counts_of(pairs):
    import torch

    from bench.metrics.counts import confusion

    each = [confusion(torch.from_numpy(one.ground_truth), torch.from_numpy(one.prediction), 3) for one in pairs]
    return Counts.gather(3, each, [one.foreground for one in pairs])


def scored(name, pairs, metric_set="standard"):
    view = MetricView(METRIC_SETS[metric_set].border, METRIC_SETS[metric_set].task)
    found = [measure(one, [asked(name)], [view]) for one in pairs]
    terms = {key: np.stack([one[key] for one in found]) for key in found[0]}
    return further_quantities(counts_of(pairs), terms, [asked(name)], METRIC_SETS[metric_set], CLASS_NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_declares_what_it_is(name):
    """Source, version, what it reads; what images are measured for has a size."""
    entry = IMAGE_METRICS[name]
    assert entry.source
    assert entry.title
    assert entry.version >= 1
    assert entry.reads in ("counts", "masks", "probabilities")
    assert (entry.measure is None) == (entry.terms is None) == (entry.reads == "counts")
    assert len({given.name for given in entry.gives} | set(METRICS.names())) == len(entry.gives) + len(METRICS.names())


@pytest.mark.parametrize("metric_set", ["standard", "edinburgh_000", "binary", "sam2_binary"])
@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_declared_and_within_bounds(name, metric_set):
    """Every declared name, of every class where it is of each class; no other; a value within the bounds."""
    found, declared = scored(name, images(5), metric_set), {one.name: one for one in IMAGE_METRICS[name].gives}
    assert {one.metric.removesuffix("_per_image") for one in found} == set(declared)
    for one in found:
        low, high = declared[one.metric.removesuffix("_per_image")].bounds
        assert low <= one.value <= high, one
        assert one.n <= 5
    by_class = {one.class_name for one in found if declared.get(one.metric) and declared[one.metric].per_class}
    classes = set(CLASS_NAMES) if METRIC_SETS[metric_set].task == "classes" else {"foreground"}
    assert by_class in ({"mean"}, {*classes, "mean"}, set())


@pytest.mark.parametrize("metric_set", ["standard", "edinburgh_000"])
@pytest.mark.parametrize("name", NAMES)
def test_a_resample_is_the_score_of_the_images_drawn(name, metric_set):
    """An image of weight 3 stands three times, one of weight 0 not at all; with weights of 1 it is the value."""
    pairs, weights = images(6), np.array([[1, 1, 1, 1, 1, 1], [3, 0, 1, 0, 2, 0], [0, 0, 0, 0, 5, 1]], float)
    found = scored(name, pairs, metric_set)
    for row in weights:
        drawn = scored(
            name, [pair for pair, times in zip(pairs, row, strict=True) for _ in range(int(times))], metric_set
        )
        for one, expected in zip(found, drawn, strict=True):
            value = one.resampled(np.asfortranarray(row[None]))[0]
            assert value == pytest.approx(expected.value, rel=1e-9, abs=1e-12, nan_ok=True), one.metric


@pytest.mark.parametrize("name", [name for name in NAMES if IMAGE_METRICS[name].reads != "counts"])
def test_columns_have_the_size_that_is_declared(name):
    """Of all classes, and of the one of object or not."""
    wanted = columns([asked(name)], [CLASSES, BINARY], 3)
    found = measure(images(1)[0], [asked(name)], [CLASSES, BINARY])
    assert {key: len(one) for key, one in found.items()} == wanted
    assert list(wanted) == [f"{name} ignore classes", f"{name} ignore binary"]


@pytest.mark.parametrize("name", [name for name in NAMES if IMAGE_METRICS[name].reads == "masks"])
def test_a_perfect_prediction_is_the_best(name):
    """Whatever is ignored: nothing is wrong."""
    for one in scored(name, [LabelledImage(*(pair.ground_truth,) * 2, 3, 1) for pair in images(3)]):
        if "infinite" not in one.metric:
            assert one.value == (0 if one.metric.endswith(("error", "hd95")) else 1), one


@pytest.mark.parametrize("name", [name for name in NAMES if IMAGE_METRICS[name].reads == "masks"])
def test_what_is_predicted_where_nothing_counts_changes_no_score(name):
    """Of the ignored pixels only the error split knows: they join or part its segments, and none is counted."""
    if name == "error_split":
        pytest.skip("its definition lets them shape the segments")
    pairs = images(3)
    other = [
        one._replace(prediction=np.where(one.ground_truth == 255, 2, one.prediction).astype(np.uint8)) for one in pairs
    ]
    assert [one.value for one in scored(name, pairs)] == [one.value for one in scored(name, other)]


def test_a_model_without_probabilities_has_no_calibration():
    """Empty, of no image; not 0 and not 1."""
    pairs = [one._replace(shares=None) for one in images(2)]
    assert measure(pairs[0], [asked("calibration")], [CLASSES]) == {}
    found = further_quantities(counts_of(pairs), {}, [asked("calibration")], METRIC_SETS["standard"], CLASS_NAMES)
    assert [(one.metric, one.class_name) for one in found][:4] == [
        (name, "all") for name in ("ece", "brier", "auroc", "aurc")
    ]
    assert {one.class_name for one in found[4:]} == {*CLASS_NAMES, "mean"}
    assert all(np.isnan(one.value) and one.n == 0 for one in found)
    assert np.isnan(found[0].resampled(np.ones((3, 2)))).all()


@pytest.mark.parametrize("metric_set", ["standard", "edinburgh_000", "edinburgh_001"])
def test_the_worst_images_are_the_lowest(metric_set):
    """1 % and 10 % of 30 images: one image, and three; the 5 % between them is in every run."""
    pairs = images(30)
    found = {one.metric: one for one in scored("worst_images", pairs, metric_set)}
    counts = counts_of(pairs)
    each = []
    for i in range(30):
        own = Counts(3, counts.foreground[i : i + 1], counts.values[i : i + 1])
        rows = evaluate(own, METRIC_SETS[metric_set], CLASS_NAMES)
        each.append(next(row.value for row in rows if row.metric == "dice_per_image"))
    assert found["dice_worst_1"].value == pytest.approx(min(each))
    assert found["dice_worst_10"].value == pytest.approx(np.mean(sorted(each)[:3]))
    assert found["dice_worst_10"].n == 30


def test_medians_are_those_of_repeated_images():
    """NumPy's median of a list where each image stands as often as its weight says; inf is larger than all."""
    values = np.array([[3.0, np.nan], [1.0, 2.0], [np.inf, np.nan], [2.0, 8.0], [7.0, np.inf]])
    weights = np.random.default_rng(0).multinomial(5, [0.2] * 5, 200).astype(float)
    first, second, mean = (one.resampled(weights) for one in medians("x", ("a", "b"), values))
    for row, *found in zip(weights, first, second, mean, strict=True):
        expected = []
        for column in values.T:
            repeated = np.repeat(column, row.astype(int))
            repeated = repeated[~np.isnan(repeated)]
            expected.append(np.median(repeated) if len(repeated) else np.nan)
        assert found[:2] == pytest.approx(expected, nan_ok=True)
        defined = [one for one in expected if not np.isnan(one)]
        assert found[2] == pytest.approx(np.mean(defined) if defined else np.nan, nan_ok=True)


def test_borders_and_pixels_outside_are_seen_as_the_set_says():
    """The border is ignored, background, or the object's; what is not in the image never counts."""
    truth = np.array([[0, 255, 2, 255]], np.uint8)
    counted = np.array([[True, True, True, False]])
    pair = LabelledImage(truth, np.array([[0, 2, 2, 2]], np.uint8), 3, 2, counted)
    expected = {"ignore": [0, 255, 2, 255], "background": [0, 0, 2, 255], "foreground": [0, 2, 2, 255]}
    for border, labels in expected.items():
        assert SeenImage(pair, MetricView(border, "classes")).ground_truth.tolist() == [labels]
        binary = [label if label == 255 else int(label > 0) for label in labels]
        assert SeenImage(pair, MetricView(border, "binary")).ground_truth.tolist() == [binary]
    without = SeenImage(pair._replace(foreground=0), MetricView("foreground", "classes"))
    assert without.ground_truth.tolist() == [[0, 255, 2, 255]]


def test_views_are_those_of_sets_that_score_the_model():
    """Each once, whatever the order of the suite; of object or not, those of that task alone."""
    sets = [METRIC_SETS[name] for name in ("standard", "binary", "edinburgh_001", "edinburgh_000", "sam2_binary")]
    assert views_of(sets, "classes") == views_of(sets[::-1], "classes")
    assert len(views_of(sets, "classes")) == 4
    assert views_of(sets, "binary") == [MetricView("foreground", "binary"), MetricView("ignore", "binary")]


def test_an_unknown_name_is_suggested():
    """One line."""
    with pytest.raises(BenchError, match="no further metric named 'boundary_io'; did you mean 'boundary_iou'?"):
        IMAGE_METRICS["boundary_io"]
