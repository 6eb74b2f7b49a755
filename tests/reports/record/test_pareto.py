"""The Pareto front, by its definition."""

import numpy as np
import pytest

from reports.record.pareto import on_front


def beaten(point, points):
    """Whether another point is no worse in both and better in one: the definition, point by point."""
    cost, score = point
    return any(x <= cost and y >= score and (x < cost or y > score) for x, y in points)


@pytest.mark.parametrize("seed", range(20))
def test_the_front_is_what_no_point_beats(seed):
    """For few values, so that there are ties in cost, in score and in both."""
    draw = np.random.default_rng(seed)
    points = [(float(x), float(y)) for x, y in draw.integers(0, 6, (25, 2))]
    assert on_front(points) == [not beaten(point, points) for point in points]


def test_equal_points_are_on_the_front_together():
    """And a point with the same cost and a lower score is not."""
    assert on_front([(1, 0.5), (1, 0.5), (1, 0.4)]) == [True, True, False]


def test_no_points_have_no_front():
    """An empty figure is no error."""
    assert on_front([]) == []
