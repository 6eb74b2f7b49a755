"""Figures of rows: areas as NumPy's histogram has them, boxes at their quantiles, parts that fill their whole."""

import numpy as np
import pytest
from made_up_run import NASTY
from made_up_speed import MadeUpSpeed
from svg.parsed import mark_places, numbers, of_class, parsed, texts, words

from registry.palette import series
from reports.record.run import open_run
from reports.svg.latency_rows import latency_spreads
from reports.svg.rows import Dot, Spread, Stack, dots, spreads, stacks

BINS = ((0.0, 0.5, 0.25), (0.5, 1.0, 1.0))


def tick_places(root):
    """Return the place of each number below the figure."""
    (group,) = of_class(root, "x")
    return {one.text: float(one.get("x")) for one in group.iter("text") if one.get("class") != "quiet"}


def test_an_area_is_as_high_as_its_bins():
    """The second bin is four times as high as the first, and both begin at the same line."""
    root = parsed(spreads([Spread("a", 0, BINS, "words")], "Dice", "alt", (0, 1)))
    (area,) = of_class(root, "soft")
    corners = numbers(area.get("d"))
    heights = [corners[1] - y for y in corners[1::2]]
    assert heights[1] == heights[2] == pytest.approx(heights[3] / 4, abs=0.1)
    assert heights[-1] == 0
    ends = tick_places(root)
    assert (min(corners[::2]), max(corners[::2])) == pytest.approx((ends["0"], ends["1"]), abs=0.1)


def test_the_box_lies_at_its_quantiles():
    """On an axis from 0 to 1: by the places of its numbers."""
    root = parsed(spreads([Spread("a", 0, BINS, "words", (0.1, 0.3, 0.5, 0.7, 0.9))], "Dice", "alt", (0, 1)))
    ends = tick_places(root)
    at = lambda value: pytest.approx(ends["0"] + value * (ends["1"] - ends["0"]), abs=0.1)  # noqa: E731
    (whisker,), (bar,), (ring,) = (of_class(root, name) for name in ("whisker", "fill", "middle"))
    left, _, right = numbers(whisker.get("d"))
    assert (left, right) == (at(0.1), at(0.9))
    assert float(bar.get("x")) == at(0.3)
    assert float(bar.get("x")) + float(bar.get("width")) == at(0.7)
    assert float(ring.get("cx")) == at(0.5)


def test_dots_lie_between_the_ends_of_their_intervals():
    """A pale dot is hollow; every dot says its words; a row has the name of its first dot."""
    rows = [
        [Dot("cats", 0, 0.5, "a, cats", 0.4, 0.8), Dot("", 1, 0.25, "b, cats")],
        [Dot(NASTY, 0, 1.0, NASTY, pale=True)],
    ]
    root = parsed(dots(rows, "Dice", "alt", (0, 1)))
    (whisker,) = of_class(root, "whisker")
    left, y, right = numbers(whisker.get("d"))
    places = mark_places(root)
    assert (places[0][0] - left) / (right - left) == pytest.approx(0.25, abs=0.01)
    assert places[0][1] == pytest.approx(y, abs=0.1)
    assert [y for _, y in places] == sorted(y for _, y in places)
    assert words(root) == ["a, cats", "b, cats", NASTY]
    assert len(of_class(root, "hollow")) == 1
    assert "cats" in texts(root)


def test_parts_fill_their_whole_and_the_remark_stands_behind():
    """Shares of a quarter and three quarters: the second part is three times as wide and begins where the first ends."""
    parts = (("decode", 0.25, "#D55E00"), ("network", 0.75, "#0072B2"))
    root = parsed(stacks([Stack("unet, fp32", parts, "12.0 ms")], "alt"))
    first, second = of_class(root, "part")
    x, width, after, wide = (float(one.get(key)) for one in (first, second) for key in ("x", "width"))
    assert wide == pytest.approx(3 * width, abs=0.3)
    assert x + width == pytest.approx(after, abs=0.11)
    (remark,) = (one for one in root.iter("text") if one.text == "12.0 ms")
    assert float(remark.get("x")) > after + wide
    assert words(root) == ["unet, fp32, decode: 25.0 %", "unet, fp32, network: 75.0 %"]


def test_no_name_is_wider_than_its_room():
    """A name of 60 letters is shortened, and nothing begins left of the figure."""
    root = parsed(stacks([Stack("m" * 60, (("a", 1.0, "#000000"),), "1 ms")], "alt"))
    (name,) = (one for one in root.iter("text") if one.get("text-anchor") == "end")
    assert "…" in name.text
    assert float(name.get("x")) - 6.1 * len(name.text) > 0


def test_latencies_are_counted_as_numpy_counts_them(make_run):
    """60 bins of equal ratio; the heights are NumPy's counts; the row says its percentiles."""
    run = open_run(MadeUpSpeed(make_run(models=1, perturbations=0)).write())
    row = next(one for one in run.speed if one.scenario == "single_stream" and one.path == "predict")
    latencies = np.sort(np.random.default_rng(3).gamma(4.0, 2.0, 500)) + 1
    root = parsed(latency_spreads([("a", row, latencies, series(0))], "alt"))
    edges = np.geomspace(latencies[0] * 0.97, latencies[-1] * 1.03, 61)
    counts = np.histogram(latencies, edges)[0]
    (area,) = of_class(root, "soft")
    corners = numbers(area.get("d"))
    heights = (corners[1] - np.array(corners[3:-2:4])) / (corners[1] - min(corners[1::2]))
    assert heights == pytest.approx(counts / counts.max(), abs=0.01)
    assert f"p50 {row.p50_ms:.1f} ms" in words(root)[0]
    assert len(of_class(root, "whisker")) == 3
