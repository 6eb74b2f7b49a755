"""Small multiples of curves with what the page's script needs to redraw them: other axes, other models, larger."""

import json
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reports.record.measures import MEASURES
from reports.svg.canvas import element
from reports.svg.colours import look_class
from reports.svg.marks import SHAPES, dashes, legend
from reports.svg.panels import SIZE, Panel, YAxis, panel
from reports.svg.scales import thousandth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from registry.palette import Series
    from reports.svg.canvas import Point
    from reports.svg.panels import XAxis

_DECIMALS = 4


def curves(
    name: str, shown: "Sequence[Panel]", y: YAxis, looks: "dict[str, Series]", desc: str, size: "Point" = SIZE
) -> Markup:
    """Return panels below one legend; without scripts they stand as they are.

    name: unique on the page, it names the view in the page's address; looks: of all series, in the order of the lines
    of each panel; desc: what a panel shows, for those who cannot see it.
    """
    drawn = [element("figure", panel(one, y, desc, size), class_="plot") for one in shown]
    data = element("script", embedded(_data(shown, y, looks, size)), type="application/json")
    grid = element("div", *drawn, class_="panels-of-curves" if len(drawn) > 1 else "one-of-curves")
    return element("div", data, legend(looks), grid, class_="curves", data_name=name)


def embedded(data: object) -> Markup:
    """Return data as JSON that no page can take for markup."""
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(written)


def _data(shown: "Sequence[Panel]", y: YAxis, looks: "dict[str, Series]", size: "Point") -> dict[str, Any]:
    """Return what the script draws from; places on the x axis are thousandths of it."""
    relative = _relative(shown)
    return {
        "size": size,
        "series": [
            {"label": label, "colour": look_class(look), "dashes": dashes(look), "shape": SHAPES[look.marker]}
            for label, look in looks.items()
        ],
        "x": {axis: MEASURES[axis].title if axis in MEASURES else axis for one in shown[:1] for axis in one.axes},
        "y": {"value": _y(y)} | ({"relative": _y(relative)} if relative else {}),
        "panels": [_panel(one) for one in shown],
    }


def _relative(shown: "Sequence[Panel]") -> YAxis | None:
    """Return the axis of values divided by the clean ones; None where a clean one is 0, below it, or unknown."""
    shares = [
        value / line.values[0]
        for one in shown
        for line in one.lines
        if line.values[0]
        for value in line.values
        if value is not None
    ]
    if not shares or min(shares) < 0:
        return None
    return YAxis("share of the clean score", 0.0, max(1.0, *shares))


def _y(y: YAxis) -> dict[str, Any]:
    return {"title": y.title, "low": y.low, "high": y.high, "ticks": y.ticks()}


def _panel(one: Panel) -> dict[str, Any]:
    return {
        "title": one.title,
        "levels": one.levels,
        "x": {name: _x(axis) for name, axis in one.axes.items()},
        "y": [_rounded(line.values) for line in one.lines],
        "low": [_rounded(line.low) for line in one.lines],
        "high": [_rounded(line.high) for line in one.lines],
        "seen": [number for number, line in enumerate(one.lines) if line.seen],
    }


def _x(axis: "XAxis") -> dict[str, Any]:
    places = [None if place is None else thousandth(place) for place in axis.places]
    return {"title": axis.title, "at": places, "ticks": [(thousandth(place), words) for place, words in axis.ticks]}


def _rounded(values: "Sequence[float | None]") -> list[float | None]:
    return [None if value is None else round(value, _DECIMALS) for value in values]
