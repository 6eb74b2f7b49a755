"""Axes: NumPy's logarithms place what ours place, numbers are round, long words get shorter."""

import numpy as np
import pytest

from reports.svg.canvas import Scale
from reports.svg.scales import LogScale, fitted, log_ticks, numbered, short, shortened


def test_a_logarithmic_scale_is_straight_in_the_logarithm():
    """As NumPy interpolates between the logarithms of the ends."""
    values = np.geomspace(0.3, 700, 9)
    expected = np.interp(np.log(values), np.log([0.3, 700]), [40.0, 340.0])
    scale = LogScale(0.3, 700, 40, 340)
    assert [scale(value) for value in values] == pytest.approx(expected)


def test_one_value_alone_stands_in_the_middle():
    assert LogScale(5, 5, 0, 100)(5) == 50


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, 3.9], Scale), ([1, 4.1], LogScale), ([0, 100], Scale), ([-1, 100], Scale), ([], Scale), ([7, 7], Scale)],
)
def test_an_axis_is_logarithmic_where_values_above_0_differ_by_more_than_4(values, kind):
    """And holds its values with room at both ends."""
    scale = fitted(values, 0, 100)
    assert type(scale) is kind
    assert all(0 < scale(value) < 100 for value in values)


@pytest.mark.parametrize(("low", "high"), [(0.03, 0.2), (5, 30), (1, 39), (1, 41), (0.002, 900), (7, 7.5)])
def test_numbers_of_a_logarithmic_axis_lie_on_it_and_rise(low, high):
    """Each is a digit times a power of ten."""
    found = log_ticks(low, high)
    assert found == sorted(set(found))
    assert all(low <= value <= high for value in found)
    assert all(f"{value:e}"[1:8] == ".000000" for value in found)


def test_the_words_of_an_axis_stand_at_their_numbers():
    """0, 20 … 100 by hand on 200 pixels, and the letters of large numbers."""
    assert numbered(Scale(0, 100, 0, 200)) == [(0, "0"), (40, "20"), (80, "40"), (120, "60"), (160, "80"), (200, "100")]
    assert [short(one) for one in (999, 1500, -2e6, 3e9, 0)] == ["999", "1.5\u00a0k", "−2\u00a0M", "3\u00a0G", "0"]


@pytest.mark.parametrize("most", [5, 8, 20, 26])
def test_a_shortened_name_keeps_its_ends(most):
    name = "segformer (encoder=mit_b5, size=512)"
    found = shortened(name, most)
    head, tail = found.split("…")
    assert len(found) == most
    assert name.startswith(head)
    assert name.endswith(tail)
