"""What every metric keeps to; a new entry is tested here without an edit."""

import subprocess
import sys

import numpy as np
import pytest

from bench.metrics import METRIC_SETS, METRICS
from registry.errors import BenchError

NAMES = METRICS.names()


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_entry_describes_itself(name: str) -> None:
    """Version, title and source are given, and the bounds are in order."""
    entry = METRICS[name]
    assert entry.version >= 1
    assert entry.title
    assert entry.source
    assert entry.bounds[0] < entry.bounds[1]


def test_perfect_is_best_and_disjoint_is_worst(name: str) -> None:
    """Without an error the score is the better bound, without a hit the other."""
    entry = METRICS[name]
    worst, best = entry.bounds if entry.higher_is_better else entry.bounds[::-1]
    assert [best, worst] == entry.score(np.array([9, 0]), np.array([0, 4]), np.array([0, 5])).tolist()


def test_nothing_to_divide_is_nan(name: str) -> None:
    """A class that is nowhere has no score, and no warning either."""
    assert np.isnan(METRICS[name].score(np.zeros(2, int), np.zeros(2, int), np.zeros(2, int))).all()


def test_scores_stay_within_bounds_and_get_better_with_hits(name: str) -> None:
    """Any counts give a score within the bounds; turning errors into hits never makes it worse."""
    entry = METRICS[name]
    tp, fp, fn = np.random.default_rng(0).integers(0, 50, (3, 1000))
    score = entry.score(tp, fp, fn)
    defined = score[np.isfinite(score)]
    assert ((defined >= entry.bounds[0]) & (defined <= entry.bounds[1])).all()
    better = entry.score(tp + 1, fp, np.maximum(fn - 1, 0))
    gain = (better - score)[np.isfinite(score)] * (1 if entry.higher_is_better else -1)
    assert (gain >= 0).all()


def test_each_class_is_scored_on_its_own(name: str) -> None:
    """Another order of the classes gives the same scores in that order."""
    tp, fp, fn = np.random.default_rng(1).integers(1, 50, (3, 4, 5))
    order = [3, 0, 4, 1, 2]
    turned = METRICS[name].score(tp[:, order], fp[:, order], fn[:, order])
    assert np.array_equal(METRICS[name].score(tp, fp, fn)[:, order], turned)


SETS = {
    "dice": lambda true, predicted: 2 * len(true & predicted) / (len(true) + len(predicted)),
    "iou": lambda true, predicted: len(true & predicted) / len(true | predicted),
    "precision": lambda true, predicted: len(true & predicted) / len(predicted),
    "recall": lambda true, predicted: len(true & predicted) / len(true),
    # Over all classes together: pixels with their label as elements, so that a hit is a shared element.
    "pixel_accuracy": lambda true, predicted: len(true & predicted) / len(true),
}


@pytest.mark.parametrize("known", SETS)
def test_formulas_are_those_of_sets(known: str) -> None:
    """Each score is its textbook formula on two sets of pixels."""
    random = np.random.default_rng(2)
    for _ in range(50):
        true = set(random.choice(40, 20, replace=False).tolist())
        predicted = set(random.choice(40, 20 if known == "pixel_accuracy" else 15, replace=False).tolist())
        counts = (len(true & predicted), len(predicted - true), len(true - predicted))
        assert SETS[known](true, predicted) == pytest.approx(float(METRICS[known].score(*counts)), rel=1e-15)


def test_a_misspelt_metric_gets_a_suggestion() -> None:
    """An unknown metric is a fault of one line."""
    with pytest.raises(BenchError, match=r"no metric named 'dise'; did you mean 'dice'\?"):
        METRICS["dise"]


def test_listing_imports_neither_numpy_nor_torch() -> None:
    """Metrics and metric sets are known before anything heavy is imported."""
    code = (
        "import sys, bench.metrics.counts; from bench.metrics import METRICS as M, METRIC_SETS\n"
        "[M[n] for n in M.names()], [s.policy() for s in METRIC_SETS.values()]\n"
        "print({'torch', 'numpy', 'pandas'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_metric_sets_are_those_of_the_reports() -> None:
    """Border, reduction, absent class, task and Dice classes: ours, and those that the two reports imply."""
    chosen = {
        name: (s.border, s.reduction, s.absent_class, s.task, s.dice_classes, s.epsilon)
        for name, s in METRIC_SETS.items()
    }
    assert chosen == {
        "standard": ("ignore", "dataset", "skip", "classes", "all", 0),
        "binary": ("ignore", "dataset", "skip", "binary", "all", 0),
        "edinburgh_000": ("background", "per_image", "one", "classes", "all", 0),
        "edinburgh_000_as_written": ("background", "dataset", "skip", "classes", "all", 1e-7),
        "edinburgh_001": ("ignore", "dataset", "skip", "classes", "foreground", 0),
        "sam2_binary": ("foreground", "per_image", "skip", "binary", "all", 0),
    }
    assert all(name == s.name and s.title for name, s in METRIC_SETS.items())


def test_policies_distinguish_the_sets() -> None:
    """Each set's line for tables names border, reduction and absent class, and no two are equal."""
    lines = [s.policy() for s in METRIC_SETS.values()]
    assert len(set(lines)) == len(lines)
    assert all("\n" not in line and "border" in line and "absent class" in line for line in lines)
    assert METRIC_SETS["standard"].policy() == (
        "border ignored; counts summed over the data set; absent class left out; class in one mask only = 0"
    )
