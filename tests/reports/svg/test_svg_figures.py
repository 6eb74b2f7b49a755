"""The other figures: well-formed, escaped, with every value in words, marks at their places."""

from itertools import pairwise

import pytest
from svg.parsed import of_class, parsed, words

from reports.record.statistics_rows import CalibrationRow
from reports.svg.canvas import Frame as Box
from reports.svg.canvas import Scale, drawing, mark, named, ticks, x_axis
from reports.svg.line_chart import Track, line_chart
from reports.svg.matrix import MatrixTile, grid
from reports.svg.reliability import expected_error, reliability
from reports.svg.rows import Dot, Spread, Stack, dots, spreads
from reports.svg.scatter import Spot, trade_off

NASTY = '<b onload="x">&'


def rows(*bins):
    """Bins of 15 as a run has them: (number, pixels, mean confidence, accuracy)."""
    place = ("pets", NASTY, "clean", 0.0, "standard")
    known = {number: rest for number, *rest in bins}
    return [CalibrationRow(*place, i, *known.get(i, (0, None, None))) for i in range(1, 16)]


def test_the_expected_error_is_the_mean_gap():
    """60 pixels of 0.9 of which 0.8 are right, 40 of 0.5 of which all are: 0.6 x 0.1 + 0.4 x 0.5."""
    assert expected_error(rows((14, 60, 0.9, 0.8), (8, 40, 0.5, 1.0))) == pytest.approx(0.26)
    assert expected_error(rows()) is None


def test_reliability_says_each_bin():
    """Bins without pixels have no mark."""
    root = parsed(reliability(rows((14, 60, 0.9, 0.8), (8, 40, 0.5, 1.0)), 0, NASTY))
    assert len(words(root)) >= 2
    assert any("0.9" in text and "0.8" in text for text in words(root))


def test_the_front_is_marked_and_every_point_named():
    """Two of three points are on the front: the third costs more and scores less."""
    spots = [
        Spot("a", 0, 1.0, 0.5, "a: 0.5", on_front=True),
        Spot("b", 1, 2.0, 0.9, "b: 0.9", 0.85, 0.95, on_front=True),
        Spot(NASTY, 2, 3.0, 0.8, "c: 0.8", hollow=True),
    ]
    root = parsed(trade_off(spots, "parameters", "Dice", "alt"))
    assert words(root) == ["a: 0.5", "b: 0.9", "c: 0.8"]
    assert len(of_class(root, "whisker")) == 1
    assert len(of_class(root, "hollow")) == 1


def test_rows_name_what_they_hold():
    """A spread, dots and parts: each says its words, names are text."""
    spread = Spread(NASTY, 0, ((0.0, 0.5, 0.2), (0.5, 1.0, 1.0)), "half above 0.5", (0.1, 0.4, 0.6, 0.8, 0.9))
    assert words(parsed(spreads([spread], "Dice", "alt", (0.0, 1.0)))) == ["half above 0.5"]
    found = parsed(
        dots(
            [[Dot("cat", 0, 0.5, "cat: 0.5", 0.4, 0.6), Dot("cat", 1, 0.7, "other", pale=True)]], "Dice", "alt", (0, 1)
        )
    )
    assert words(found) == ["cat: 0.5", "other"]
    assert Stack(NASTY, (("decode", 0.5, "#123456"),), "3 ms").parts[0][1] == 0.5


def test_a_line_chart_marks_its_points():
    """A missing value is a gap; a dotted line stands at the epoch that was kept."""
    tracks = [Track("loss", 0, ((1, 0.9), (2, None), (3, 0.4)))]
    root = parsed(line_chart(tracks, ("epoch", "loss"), "alt", upright=3))
    assert any("0.9" in text for text in words(root))
    assert any("0.4" in text for text in words(root))


def test_a_grid_has_a_tile_for_each_pair():
    """With its words; an absent share is a tile without a number."""
    tiles = [[MatrixTile(0.9, "90 %", "cat as cat"), MatrixTile(None, "", "cat as dog")]]
    root = parsed(grid(["cat"], ["cat", "dog"], tiles, "alt"))
    assert [one.get("aria-label") for one in root.iter() if one.get("aria-label")][1:] == ["cat as cat", "cat as dog"]


@pytest.mark.parametrize("number", range(20))
def test_marks_and_groups_are_well_formed(number):
    """Of every series, dashes and marks beyond the first colours too."""
    svg = str(drawing(100, 50, NASTY, named(mark(number, 10, 10), NASTY)))
    assert parsed(svg).get("aria-label") == NASTY
    assert "style=" not in svg


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3, 12), (0.001, 0.0042), (5, 5), (1e6, 3e6)])
def test_ticks_are_round_and_inside(low, high):
    """Steps are equal, and 1, 2, 2.5 or 5 times a power of ten."""
    found = ticks(low, high)
    assert all(low - 1e-9 <= one <= high + 1e-9 for one in found)
    steps = {round(b - a, 9) for a, b in pairwise(found)}
    assert len(steps) <= 1
    for step in steps:
        assert float(f"{step:e}".split("e")[0]) in (1.0, 2.0, 2.5, 5.0)


def test_words_below_an_axis_do_not_run_into_each_other():
    """Of ten long names some are left out, the first stays."""
    axis = x_axis(Box(0, 0, 100, 50), [(10.0 * i, f"level {i}") for i in range(10)])
    assert axis.count("<text") < 6
    assert "level 0" in axis
    assert Scale(0, 10, 0, 100)(5) == 50
