"""The figures of speed draw the very numbers of the tables."""

from math import isclose

import pytest
from made_up_speed import MadeUpSpeed

from registry.palette import series
from reports.plots.pareto_plot import pareto, steps
from reports.plots.roofline import roofline
from reports.plots.speed_plots import by_batch, latency_rows, speed_looks
from reports.plots.stage_bars import stage_bars
from reports.record.boards import boards
from reports.record.run import open_run
from reports.record.samples import latencies
from reports.record.speed import fastest, measured, names
from reports.record.speed_rows import TOO_SMALL
from reports.tables.pareto_table import offers, panels


@pytest.fixture
def run(make_run):
    return open_run(MadeUpSpeed(make_run(models=3, perturbations=1), ("bf16",)).write())


def looks(run):
    return speed_looks(run, "pets", names(run.speed))


def test_the_marked_percentiles_are_the_tables(run):
    """On the base line of their row; one that lacks calls is a text."""
    first, second, _ = measured(run, "pets", "single_stream")
    few = measured(run, "pets", "offline")[0]
    rows = [(row.model, row, latencies(run.folder, row), series(0)) for row in (first, second, few)]
    (axes,) = latency_rows(rows).axes
    marks = {(line.get_gid(), line.get_ydata()[0]): line.get_xdata()[0] for line in axes.lines if line.get_gid()}
    wanted = {("p50", 0): first.p50_ms, ("p90", 0): first.p90_ms, ("p99", 0): first.p99_ms, ("p50", 1): second.p50_ms}
    assert wanted.items() <= marks.items()
    assert ("p99", 2) not in marks
    assert [text.get_text() for text in axes.texts] == [f"p99: {TOO_SMALL}"]


def test_a_batch_size_has_its_point(run):
    """For each model, in its look."""
    rows = [(row.model, row) for row in measured(run, "pets", "offline")]
    (axes,) = by_batch(rows, looks(run), lambda row: row.images_per_second, "images/s").axes
    first = [row for name, row in rows if name == rows[0][0]]
    (line,) = [line for line in axes.lines if line.get_color() == series(0).colour]
    assert [*line.get_xdata()] == [1, 2, 4, 8]
    assert [*line.get_ydata()] == [row.images_per_second for row in first]


def test_the_parts_of_a_bar_are_the_shares_of_the_whole():
    """One behind the other; a negative remainder has no part."""
    (axes,) = stage_bars([("net", {"decode": 1.0, "network": 3.5, "remainder": -0.5, "end_to_end": 4.0})]).axes
    parts = [(part.get_gid(), part.get_x(), part.get_width()) for part in axes.patches]
    assert parts == [("decode", 0.0, 0.25), ("network", 0.25, 0.875)]
    assert axes.texts[0].get_text() == "4.00 ms"


@pytest.mark.parametrize(
    ("sign", "corners"),
    [(1, [(1, 0.2), (3, 0.2), (3, 0.6), (9, 0.6), (9, 0.7)]), (-1, [(9, 0.7), (3, 0.7), (3, 0.6), (1, 0.6), (1, 0.2)])],
)
def test_the_front_is_a_staircase(sign, corners):
    """From the cheapest point on: a score is had from its own cost onwards."""
    assert steps([(3, 0.6), (1, 0.2), (9, 0.7)], sign) == corners


def test_a_pareto_figure_draws_every_point(run):
    """And the line through the front alone."""
    (board,) = boards(run, "pets")
    found = offers(run, board)
    panel = next(one for one in panels(found) if one.cost.name == "images/s")
    (axes,) = pareto(panel, looks(run)).axes
    points = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_gid() != "front"]
    assert points == panel.points == [(row.images_per_second, row.dice) for row in fastest(run, "pets")]
    (front,) = [line for line in axes.lines if line.get_gid() == "front"]
    corners = set(zip(front.get_xdata(), front.get_ydata(), strict=True))
    assert {point for point, on in zip(panel.points, panel.front, strict=True) if on} <= corners


def test_the_roof_is_what_was_measured(run):
    """Rises with the bytes per second, is flat at the operations per second, and bends where they meet."""
    rows = [(row.model, row) for row in fastest(run, "pets", "network")]
    (axes,) = roofline(rows, looks(run)).axes
    (roof,) = [line for line in axes.lines if line.get_gid() == "roof"]
    (x0, ridge, _), (y0, *flat) = roof.get_xdata(), roof.get_ydata()
    assert (ridge, flat) == (8000 / 20, [8000, 8000])
    assert isclose(y0 / x0, 20)
    points = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_gid() != "roof"]
    assert points == [(2 * row.macs / row.bytes_per_image, row.gflop_per_second) for _, row in rows]
