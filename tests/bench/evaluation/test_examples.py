"""Example pictures show what they say."""

import numpy as np
import pytest

from bench.evaluation.example_files import error_map
from bench.evaluation.examples import ranked
from registry.palette import ERRORS, rgb


def test_best_median_and_worst_are_found():
    """Undefined scores do not take part; ties go to the first."""
    assert ranked(np.array([0.5, np.nan, 0.9, 0.1, 0.9])) == {"best": 2, "median": 4, "worst": 3}


@pytest.mark.parametrize(
    ("scores", "ranks"), [([], {}), ([np.nan], {}), ([0.3], {"best": 0}), ([0.3, 0.2], {"best": 0, "worst": 1})]
)
def test_few_pictures_are_shown_once(scores, ranks):
    """No picture stands twice."""
    assert ranked(np.array(scores, dtype=float)) == ranks


def test_an_error_map_has_four_kinds():
    """Half the colour over the picture; true background and border stay as they are."""
    picture = np.full((1, 6, 3), 100, np.uint8)
    truth = np.array([[0, 1, 1, 0, 2, 255]], np.uint8)
    labels = np.array([[0, 1, 0, 1, 1, 2]], np.uint8)
    kinds = [None, "correct", "false negative", "false positive", "wrong class", None]
    expected = [[100] * 3 if kind is None else [(100 + c) // 2 for c in rgb(ERRORS[kind])] for kind in kinds]
    assert error_map(picture, truth, labels)[0].tolist() == expected
    assert (picture == 100).all()
