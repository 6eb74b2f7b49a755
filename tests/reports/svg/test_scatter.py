"""Trade-offs and rooflines: points at their places, the front through those that no other beats, names that collide not."""

import re

import pytest
from made_up_run import NASTY
from svg.parsed import mark_places, numbers, of_class, parsed, texts, words

from reports.record.pareto import on_front
from reports.svg.canvas import LETTER
from reports.svg.labels import point_names
from reports.svg.scatter import BOX, Spot, roofline, trade_off

POINTS = [(10.0, 0.5), (20.0, 0.9), (30.0, 0.8)]


def spots(points, **more):
    """Return spots of these places, those on the front marked."""
    front = on_front(points)
    each = enumerate(zip(points, front, strict=True))
    return [Spot(f"model {i}", i, x, y, f"{i}: {x} {y}", on_front=on, **more) for i, ((x, y), on) in each]


def test_points_keep_the_order_and_the_distances_of_their_numbers():
    """Linear in both: 20 lies in the middle of 10 and 30, and 0.8 a quarter of the way from 0.9 to 0.5."""
    (x0, y0), (x1, y1), (x2, y2) = mark_places(parsed(trade_off(spots(POINTS), "cost", "score", "alt")))
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert y2 - y1 == pytest.approx((y0 - y1) / 4, abs=0.2)
    assert y1 < y2 < y0


def test_the_front_leads_over_its_points_to_the_dear_end():
    """From the lower edge up to the cheap point, right, up to the best, and on; the beaten point is not on it."""
    root = parsed(trade_off(spots(POINTS), "cost", "score", "alt"))
    (x0, y0), (x1, y1), _ = mark_places(root)
    (front,) = of_class(root, "front")
    expected = [x0, BOX.bottom, x0, y0, x1, y0, x1, y1, BOX.right, y1]
    assert numbers(front.get("d")) == pytest.approx(expected, abs=0.06)


def test_where_more_is_better_the_front_leads_to_the_left():
    """Of images per second the dear end is the slow one."""
    flipped = [Spot("slow", 0, 1.0, 0.9, "", on_front=True), Spot("fast", 1, 2.0, 0.5, "", on_front=True)]
    (front,) = of_class(parsed(trade_off(flipped, "images/s", "score", "alt", -1)), "front")
    found = numbers(front.get("d"))
    assert found[0] == max(found[::2])
    assert found[-2] == BOX.left


def test_an_interval_is_an_upright_line_through_its_point():
    """And lies inside the box though it is wider than the points are apart."""
    root = parsed(trade_off(spots([(1, 0.5), (2, 0.52)], low=0.1, high=0.9), "cost", "score", "alt"))
    for whisker, (x, y) in zip(of_class(root, "whisker"), mark_places(root), strict=True):
        at, top, bottom = numbers(whisker.get("d"))
        assert at == pytest.approx(x, abs=0.06)
        assert BOX.top <= top < y < bottom <= BOX.bottom


def test_a_model_without_parameters_stands_at_0_before_a_logarithmic_axis():
    root = parsed(trade_off(spots([(0, 0.1), (1e5, 0.5), (1e8, 0.9)]), "parameters", "score", "alt"))
    zero, small, large = (x for x, _ in mark_places(root))
    assert zero < small < large
    assert {"0", "1\u00a0M"} <= set(texts(root))
    (label,) = (one for one in root.iter("text") if one.text == "0" and one.get("text-anchor") == "middle")
    assert float(label.get("x")) == pytest.approx(zero, abs=0.06)


def test_hollow_points_are_marked_and_names_are_words():
    """A name that holds markup is shown, not run."""
    root = parsed(trade_off([Spot(NASTY, 0, 1, 0.5, NASTY, hollow=True), Spot("b", 1, 2, 0.6, "b")], "x", "y", NASTY))
    assert len(of_class(root, "hollow")) == 1
    assert NASTY in texts(root)
    assert NASTY in words(root)
    assert root.get("aria-label") == NASTY
    assert not list(root.iter("b"))


def test_names_hide_neither_points_nor_each_other():
    """Twenty points in a heap: every name that stands has room of its own."""
    points = [(150 + 5 * (i % 5), 100 + 6 * (i // 5)) for i in range(20)]
    found = point_names(BOX, points, [f"model {i}" for i in range(20)])
    boxes = []
    for x, y, anchor, name in re.findall(r'<text x="([\d.]+)" y="([\d.]+)"(?: text-anchor="(end)")?>([^<]+)', found):
        width, left = LETTER * len(name), float(x)
        left -= width if anchor else 0
        boxes.append((left, float(y) - 7, left + width, float(y) + 2))
    assert len(boxes) > 3
    for i, (left, top, right, bottom) in enumerate(boxes):
        assert all(not (left <= x <= right and top <= y <= bottom) for x, y in points)
        assert all(right <= a or c <= left or bottom <= b or d <= top for a, b, c, d in boxes[i + 1 :])


def test_the_roof_bends_where_peak_and_bytes_meet():
    """200 GFLOP/s and 20 GB/s: at 10 FLOP/byte; a point of 5 FLOP/byte and 100 GFLOP/s lies on the rising part."""
    root = parsed(roofline([Spot("net", 0, 5.0, 100.0, "net")], [(200.0, 20.0)], "alt"))
    (roof,) = of_class(root, "front")
    x0, y0, x1, y1, x2, y2 = numbers(roof.get("d"))
    ((x, y),) = mark_places(root)
    assert y1 == y2
    assert x0 < x < x1 < x2
    assert (y - y1) / (y0 - y1) == pytest.approx((x1 - x) / (x1 - x0), abs=0.01)
    assert "matrix product: 200 GFLOP/s" in texts(root)
