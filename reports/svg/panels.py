"""A small chart of curves: a score against the levels of one perturbation, over one of several x axes."""

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from markupsafe import Markup

from reports.svg.canvas import element, figure, group, line, path, text
from reports.svg.marks import dashes, marker, series_group
from reports.svg.scales import Scale
from reports.tables.table import SEEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from registry.palette import Series
    from reports.svg.canvas import Point

T = TypeVar("T")
SIZE = (320.0, 240.0)
LEFT, RIGHT, TOP, BOTTOM = 38.0, 14.0, 40.0, 42.0
"""The room around the plot, in pixels."""


class Line(NamedTuple):
    """One curve of a panel: values at each level, None where there is none, and the ends of their intervals."""

    label: str
    look: "Series"
    values: "Sequence[float | None]"
    low: "Sequence[float | None]"
    high: "Sequence[float | None]"
    seen: bool = False


class XAxis(NamedTuple):
    """Where the levels stand on an x axis, and its ticks: shares of the way from left to right, 0 to 1."""

    title: str
    places: "Sequence[float | None]"
    ticks: "Sequence[tuple[float, str]]"


class Panel(NamedTuple):
    """One panel; `axes` by name, the first of them is drawn. levels: their names, the clean image's first."""

    title: str
    levels: "Sequence[str]"
    axes: "dict[str, XAxis]"
    lines: "Sequence[Line]"


class YAxis(NamedTuple):
    """The y axis that all panels of a figure share."""

    title: str
    low: float
    high: float

    def ticks(self) -> list[tuple[float, str]]:
        """Return its round numbers with their texts."""
        return Scale(self.low, self.high, 0, 1).ticks()


def panel(shown: Panel, y: YAxis, desc: str, size: "Point" = SIZE) -> Markup:
    """Draw one panel; a point has its value and interval as a tip."""
    x_axis = next(iter(shown.axes.values()))
    right, bottom = size[0] - RIGHT, size[1] - BOTTOM
    across, up = Scale(0, 1, LEFT, right), Scale(y.low, y.high, bottom, TOP)
    body = [frame(shown.title, x_axis, y, size)]
    if not any(value is not None for each in shown.lines for value in each.values):
        body.append(text((LEFT + right) / 2, (TOP + bottom) / 2, "no score yet", "tick", "middle"))
    body += [_curve(each, number, shown.levels, x_axis, across, up) for number, each in enumerate(shown.lines)]
    return figure(size, f"{y.title}: {shown.title}", desc, *body, kind="panel")


def frame(title: str, x_axis: XAxis, y: YAxis, size: "Point") -> Markup:
    """Return what stands around the curves: heads, grid and numbers."""
    right, bottom = size[0] - RIGHT, size[1] - BOTTOM
    across, up = Scale(0, 1, LEFT, right), Scale(y.low, y.high, bottom, TOP)
    parts = [text(0, 14, title, "head"), text(LEFT - 6, 31, y.title, "axis-title")]
    for value, words in y.ticks():
        parts += [line((LEFT, up(value)), (right, up(value)), "grid"), text(LEFT - 6, up(value) + 4, words, "tick", "end")]
    for place, words in x_axis.ticks:
        parts += [line((across(place), bottom), (across(place), bottom + 4), "rule")]
        parts += [text(across(place), bottom + 17, words, "tick", "middle")]
    parts += [line((LEFT, bottom), (right, bottom), "rule")]
    return group(*parts, text(right, size[1] - 6, x_axis.title, "axis-title", "end"), class_="frame")


def _curve(each: Line, number: int, levels: "Sequence[str]", x_axis: XAxis, across: Scale, up: Scale) -> Markup:
    """Return band, line and markers of one curve; where a level is missing it has a gap."""
    xs = [None if place is None else across(place) for place in x_axis.places]
    points = [
        None if x is None or value is None else (x, up(value)) for x, value in zip(xs, each.values, strict=True)
    ]
    known = [(at, i) for i, at in enumerate(points) if at is not None]
    if not known:
        return Markup()
    tips = [tip(each.label, levels[i], each.values[i], each.low[i], each.high[i]) for _, i in known]
    marks = [marker(each.look, at, words) for (at, _), words in zip(known, tips, strict=True)]
    (x, height), _ = known[-1]
    end = [text(x + 5, height + 4, SEEN, "seen")] if each.seen else []
    through = element("path", d="".join(map(path, runs(points))), class_="curve", stroke_dasharray=dashes(each.look))
    return series_group(each.look, _band(each, xs, up), through, *marks, *end, class_=f"s{number}")


def _band(each: Line, xs: "Sequence[float | None]", up: Scale) -> Markup:
    """Return the intervals of a curve as an area, in parts where a level has none; a single one is an upright line."""
    ends = [
        None if x is None or low is None or high is None else (x, up(low), up(high))
        for x, low, high in zip(xs, each.low, each.high, strict=True)
    ]
    parts = [
        path([*((x, high) for x, _, high in part), *((x, low) for x, low, _ in reversed(part))], close=True)
        for part in runs(ends)
        if len(part) > 1
    ]
    single = [path([(part[0][0], part[0][2]), (part[0][0], part[0][1])]) for part in runs(ends) if len(part) == 1]
    found = {"band": "".join(parts), "whisker": "".join(single)}
    return Markup().join(element("path", d=d, class_=kind) for kind, d in found.items() if d)


def runs(items: "Iterable[T | None]") -> "list[list[T]]":
    """Return the items in parts, cut where there is None.

    >>> runs([1, 2, None, 3])
    [[1, 2], [3]]
    """
    return [list(part) for known, part in groupby(items, lambda one: one is not None) if known]  # type: ignore[arg-type]


def tip(label: str, level: str, value: float | None, low: float | None, high: float | None) -> str:
    """Return what a point says of itself.

    >>> tip("unet", "σ 8", 0.91234, 0.9, 0.92)
    'unet, σ 8: 0.912 [0.900, 0.920]'
    """
    return f"{label}, {level}: {value_words(value, low, high)}"


def value_words(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """Return a score with three decimals and, where it has one, its interval; a dash for none."""
    if value is None:
        return "—"
    words = f"{value:.3f}" + ("" if low is None or high is None else f" [{low:.3f}, {high:.3f}]")
    return words.replace("-", "−")
