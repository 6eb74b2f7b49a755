"""Panels of curves: what stands where, computed by hand from the box and the ends of the axes."""

import json

import pytest
from svg.parsed import corners, of_class, parsed, words

from reports.svg.curves import SMALL, Heights, Over, ScoreLine, panel

STRENGTH = Over("strength", (0.0, 1.0, 4.0))
HEIGHTS = {"absolute": Heights(0.0, 1.0, (0.0, 0.5, 1.0)), "relative": Heights(0.0, 1.0, (0.0, 1.0))}
LEFT, RIGHT, TOP, BOTTOM = 44.0, SMALL[0] - 20, 20.0, SMALL[1] - 40
"""Where the first and the last level stand, and the heights of 1 and 0."""


def drawn(*lines, over=STRENGTH, **more):
    return parsed(panel({"strength": over, **more}, lines, HEIGHTS, "a chart"))


def test_points_stand_at_their_places():
    """Strength 1 of 4 is a quarter of the way; a score of 0.5 is half of the height."""
    root = drawn(ScoreLine("net", 0, (1.0, 0.5, 0.0)))
    (line,) = of_class(root, "line")
    quarter = LEFT + (RIGHT - LEFT) / 4
    xs, ys = zip(*corners(line), strict=True)
    assert xs == pytest.approx((LEFT, quarter, RIGHT), abs=0.06)
    assert ys == pytest.approx((TOP, (TOP + BOTTOM) / 2, BOTTOM), abs=0.06)


def test_a_band_goes_there_above_and_back_below():
    """Upper ends from left to right, lower ends from right to left; a level without an interval is left out."""
    root = drawn(ScoreLine("net", 0, (0.9, 0.5, 0.2), (0.8, None, 0.1), (1.0, None, 0.3)))
    (band,) = of_class(root, "band")
    heights = [TOP, BOTTOM - 0.3 * (BOTTOM - TOP), BOTTOM - 0.1 * (BOTTOM - TOP), BOTTOM - 0.8 * (BOTTOM - TOP)]
    assert [y for _, y in corners(band)] == pytest.approx(heights, abs=0.06)
    assert [x for x, _ in corners(band)] == pytest.approx([LEFT, RIGHT, RIGHT, LEFT], abs=0.06)


def test_every_point_says_model_level_score_and_interval():
    """By pointer and by keyboard."""
    root = drawn(ScoreLine("net", 0, (0.9, None, 0.2), (0.8, None, 0.1), (1.0, None, 0.3)))
    assert words(root) == ["net, clean: 0.900 [0.800, 1.000]", "net, 4: 0.200 [0.100, 0.300]"]
    assert all(one.get("tabindex") == "0" for one in of_class(root, "point"))


def test_damage_grows_to_the_right():
    """Where the numbers fall, the axis is turned; levels that are no quantity have names."""
    root = drawn(ScoreLine("net", 0, (1.0, 0.5, 0.2)), over=Over("factor", (1.0, 0.5, 0.1), falls=True))
    assert [x for x, _ in corners(of_class(root, "line")[0])] == sorted(
        x for x, _ in corners(of_class(root, "line")[0])
    )
    named = drawn(ScoreLine("net", 0, (1.0, 0.5, 0.2)), over=Over("quality", (0.0, 1.0, 2.0), ("clean", "50", "10")))
    texts = [one.text for one in of_class(named, "x")[0]]
    assert texts == ["clean", "50", "10", "quality"]


def test_what_the_script_needs_is_there():
    """The places of each axis and the numbers of each line, None where there is none."""
    ssim = Over("SSIM", (1.0, 0.8, 0.4), falls=True)
    root = drawn(ScoreLine("net", 0, (1.0, 0.5, None)), ScoreLine('<b>"', 1, (0.7, 0.6, 0.5)), ssim=ssim)
    facts = json.loads(root.get("data-curves"))
    assert facts["lines"]["net"][0] == [1.0, 0.5, None]
    assert facts["lines"]['<b>"'][0] == [0.7, 0.6, 0.5]
    assert facts["axes"]["ssim"]["places"] == pytest.approx([LEFT, LEFT + (RIGHT - LEFT) / 3, RIGHT], abs=0.06)


def test_without_a_score_it_says_so():
    """Nothing evaluated yet, or nothing measured on this axis."""
    assert "no score yet" in "".join(drawn(ScoreLine("net", 0, (None, None, None))).itertext())
    nowhere = Over("RMSE", (None, None, None))
    assert "nothing measured yet" in "".join(drawn(ScoreLine("net", 0, (1.0, 0.5, 0.2)), over=nowhere).itertext())


def test_names_are_text():
    """Markup in a label is shown, never read."""
    svg = str(panel({"strength": STRENGTH}, [ScoreLine("<script>x</script>", 0, (1.0, 0.5, 0.2))], HEIGHTS, "<i>"))
    assert "<script" not in svg
    assert "<i>" not in svg


@pytest.mark.parametrize(
    ("values", "ends"), [([0.2, 0.9], (0.0, 1.0)), ([0.3, 1.3], (0.0, 1.5)), ([-0.4, 0.6], (-0.4, 0.6))]
)
def test_heights_end_at_round_numbers(values, ends):
    """All values are inside, with room for a line along the top."""
    found = Heights.around(values)
    assert found.low <= min(0.0, *values)
    assert found.high >= max(values)
    assert ends[0] >= found.low - 0.21
    assert ends[1] <= found.high + 0.31
