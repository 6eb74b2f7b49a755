"""Scores against costs, the Pareto front as a staircase."""

from itertools import pairwise
from typing import TYPE_CHECKING

from reports.plots.drawing import panel, plain_log, short
from reports.plots.labels import name_points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from registry.palette import Series
    from reports.tables.pareto_table import Panel

_SIZE = (4.6, 3.4)
_FRONT = "#7A7A7A"


def pareto(shown: "Panel", looks: "Mapping[str, Series]") -> "Figure":
    """Draw the points of a panel in the looks of their models; hollow: throttled. Names go to the front first."""
    figure, axes = panel(_SIZE)
    for offer, (x, y) in zip(shown.offers, shown.points, strict=True):
        look = looks[offer.name]
        axes.plot(
            x, y, look.marker, color=look.colour, markersize=6, markeredgewidth=1.2, zorder=3,
            markerfacecolor="none" if offer.row.slowed else look.colour,
        )  # fmt: skip
    _scale(axes, [x for x, _ in shown.points])
    axes.set(xlabel=shown.cost.label, ylabel=shown.score)
    axes.margins(x=0.12, y=0.1)
    axes.autoscale_view()
    if axes.get_xscale() == "log":
        plain_log(axes.xaxis)
    front = [point for point, on in zip(shown.points, shown.front, strict=True) if on]
    line = _staircase(axes, front, shown.cost.sign)
    order = sorted(range(len(shown.points)), key=lambda i: not shown.front[i])
    name_points(axes, [shown.points[i] for i in order], [shown.offers[i].label for i in order], line)
    return figure


def steps(front: "Sequence[tuple[float, float]]", sign: int) -> list[tuple[float, float]]:
    """Return the corners of the front's line, cheapest point first: what it costs to score more.

    >>> steps([(10.0, 0.5), (20.0, 0.9)], 1)
    [(10.0, 0.5), (20.0, 0.5), (20.0, 0.9)]
    """
    ordered = sorted(set(front), key=lambda point: sign * point[0])
    corners = ordered[:1]
    for before, after in pairwise(ordered):
        corners += [(after[0], before[1]), after]
    return corners


def _staircase(axes: "Axes", front: "Sequence[tuple[float, float]]", sign: int) -> list[tuple[float, float]]:
    """Draw the front from the lower edge to the dear end of the axes, whose limits stay; return its corners."""
    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    corners = steps(front, sign)
    dear = right if sign > 0 else left
    line = [(corners[0][0], bottom), *corners, (dear, corners[-1][1])]
    axes.plot(*zip(*line, strict=True), color=_FRONT, linewidth=1.2, zorder=2, gid="front")
    axes.set(xlim=(left, right), ylim=(bottom, top))
    return line


def _scale(axes: "Axes", xs: "Sequence[float]") -> None:
    """Make the x axis logarithmic; at 0, where a model without a network stands, it is linear."""
    positive = [x for x in xs if x > 0]
    if not positive or max(positive) < 4 * min(positive):
        return
    if len(positive) == len(xs):
        axes.set_xscale("log")
    else:
        axes.set_xscale("symlog", linthresh=min(positive), linscale=0.3)
        # Between 0 and the least there is no room for a number.
        axes.xaxis.set_major_formatter(lambda x, _: "" if 0 < x < min(positive) else short(x))
