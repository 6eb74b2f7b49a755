"""Scores against costs with the Pareto front as a staircase, and the roofline of a machine."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from reports.svg.canvas import Frame, Scale, colour, drawing, mark, named, path, place, text, x_axis
from reports.svg.labels import point_names
from reports.svg.scales import LogScale, fitted, numbered, x_lines, y_lines
from reports.tables.table import significant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markupsafe import Markup

WIDTH, HEIGHT = 370.0, 280.0
BOX = Frame(44, 24, 354, 238)
_BEFORE_ZERO = 26.0
"""The room for points at 0 before a logarithmic axis begins."""


@dataclass(frozen=True)
class Spot:
    """One point: what it is called, the number of its series, where it lies, and the interval of its height.

    hollow: to be read with care. on_front: no other point scores as much at less cost. words: what it says.
    """

    name: str
    index: int
    x: float
    y: float
    words: str
    low: float | None = None
    high: float | None = None
    hollow: bool = False
    on_front: bool = False


def trade_off(spots: "Sequence[Spot]", x: str, y: str, alt: str, sign: int = 1) -> "Markup":
    """Return the points with their front; x, y: what the axes are; sign: -1 where more of x is better, else 1."""
    across, words = _across([spot.x for spot in spots])
    reach = [one for spot in spots for one in (spot.y, spot.low, spot.high) if one is not None]
    up = _linear(fitted(reach, BOX.bottom, BOX.top, 0.12), reach)
    corners = _staircase([(across(spot.x), up(spot.y)) for spot in spots if spot.on_front], sign)
    order = sorted(spots, key=lambda spot: not spot.on_front)
    names = point_names(BOX, [(across(s.x), up(s.y)) for s in order], [s.name for s in order], corners)
    front = f'<path class="front" d="{path(corners)}"/>' if corners else ""
    body = x_lines(BOX, words) + y_lines(BOX, numbered(up), y) + x_axis(BOX, words, x)
    return drawing(WIDTH, HEIGHT, alt, body + front + "".join(_spot(s, across, up) for s in spots) + names, "scatter")


def roofline(spots: "Sequence[Spot]", roofs: "Sequence[tuple[float, float]]", alt: str) -> "Markup":
    """Return points at (FLOP/byte, GFLOP/s) below what a machine can do: each roof is (GFLOP/s, GB/s).

    Williams, Waterman and Patterson, "Roofline", CACM 52 (2009): min(peak, bytes/s times operations per byte).
    """
    xs = [*(spot.x for spot in spots), *(flops / byte for flops, byte in roofs)]
    low, high = min(xs) / 3, max(xs) * 3
    across = LogScale(low, high, BOX.left, BOX.right)
    heights = [*(spot.y for spot in spots), *(one for flops, byte in roofs for one in (low * byte, flops * 1.6))]
    up = LogScale(min(heights) / 1.5, max(heights), BOX.bottom, BOX.top)
    routes = [
        [(across(low), up(low * byte)), (across(flops / byte), up(flops)), (across(high), up(flops))]
        for flops, byte in sorted(roofs)
    ]
    lines = "".join(f'<path class="front" d="{path(route)}"/>' for route in routes)
    flops, byte = max(roofs)
    words = text(BOX.right, up(flops) - 5, f"matrix product: {significant(flops)} GFLOP/s", "quiet", "end")
    words += text(BOX.left + 4, BOX.bottom - 6, f"rising: copy of memory, {significant(byte)} GB/s", "quiet")
    names = point_names(BOX, [(across(s.x), up(s.y)) for s in spots], [s.name for s in spots])
    axes = x_lines(BOX, numbered(across)) + y_lines(BOX, numbered(up), "GFLOP/s")
    axes += x_axis(BOX, numbered(across), "operations per byte (FLOP/byte)")
    return drawing(
        WIDTH, HEIGHT, alt, axes + lines + "".join(_spot(s, across, up) for s in spots) + words + names, "scatter"
    )


def _linear(scale: Scale | LogScale, values: "Sequence[float]") -> Scale:
    """Return a straight scale in place of a logarithmic one: a score is a share, and 0 is a score."""
    if isinstance(scale, Scale):
        return scale
    room = 0.12 * (max(values) - min(values))
    return Scale(min(values) - room, max(values) + room, scale.start, scale.end)


def _across(values: "Sequence[float]") -> "tuple[Callable[[float], float], list[tuple[float, str]]]":
    """Return the x axis and its words; where some are 0 and others differ much, 0 stands before a logarithmic one."""
    above = [value for value in values if value > 0]
    if len(above) == len(values) or not above or max(above) <= 4 * min(above):
        scale = fitted(values, BOX.left, BOX.right)
        return scale, numbered(scale)
    log = fitted(above, BOX.left + 2 * _BEFORE_ZERO, BOX.right)
    zero = BOX.left + _BEFORE_ZERO
    return lambda value: log(value) if value > 0 else zero, [(zero, "0"), *numbered(log)]


def _staircase(front: "Sequence[tuple[float, float]]", sign: int) -> list[tuple[float, float]]:
    """Return the corners of the front's line from the lower edge to the dear end of the box, in places.

    >>> _staircase([(100.0, 90.0), (200.0, 50.0)], 1)
    [(100.0, 238), (100.0, 90.0), (200.0, 90.0), (200.0, 50.0), (354, 50.0)]
    """
    ordered = sorted(set(front), key=lambda point: sign * point[0])
    if not ordered:
        return []
    corners = ordered[:1]
    for before, after in pairwise(ordered):
        corners += [(after[0], before[1]), after]
    return [(ordered[0][0], BOX.bottom), *corners, (BOX.right if sign > 0 else BOX.left, ordered[-1][1])]


def _spot(spot: Spot, across: "Callable[[float], float]", up: "Callable[[float], float]") -> str:
    x, body = across(spot.x), mark(spot.index, across(spot.x), up(spot.y))
    if spot.low is not None and spot.high is not None:
        body = f'<path class="whisker" d="M{place(x)} {place(up(spot.high))}V{place(up(spot.low))}"/>{body}'
    point = named(body, spot.words, "point hollow" if spot.hollow else "point")
    return f'<g class="series {colour(spot.index)}">{point}</g>'
