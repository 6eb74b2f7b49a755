"""Scores against strength, one panel: a line with its band for each model. `curves.js` draws the same over other axes.

Each panel carries its own numbers as JSON, so that the page can be looked at over another axis, relative to the clean
image, or with fewer models, without Python.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from reports.svg.canvas import Frame, Scale, colour, dashes, drawing, mark, named, path, text, ticks, x_axis, y_axis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SMALL, LARGE = (320.0, 226.0), (560.0, 330.0)
"""Width and height of a panel among many, and of one that stands alone."""
_SEEN = "★"


@dataclass(frozen=True)
class Over:
    """What a panel's x axis can be: the place of each level, the clean image first; None: it has no place there.

    names: what stands below the levels, where these are no quantity. falls: damage grows as the numbers fall.
    """

    label: str
    places: tuple[float | None, ...]
    names: tuple[str, ...] = ()
    falls: bool = False


@dataclass(frozen=True)
class ScoreLine:
    """One model's scores at each level, the clean image first; None where there is no score, or no interval.

    index: the number of its colour, dashes and mark. seen: the model saw this perturbation in training.
    """

    label: str
    index: int
    values: tuple[float | None, ...]
    lows: tuple[float | None, ...] = ()
    highs: tuple[float | None, ...] = ()
    seen: bool = False


@dataclass(frozen=True)
class Heights:
    """The ends of the y axis, and its numbers."""

    low: float
    high: float
    numbers: tuple[float, ...]

    @classmethod
    def around(cls, values: "Sequence[float]", about: int = 5) -> "Heights":
        """Return an axis that holds all values and ends at round numbers, from 0 where nothing is negative."""
        low, high = min([0.0, *values]), max([0.0, *values]) or 1.0
        numbers = ticks(low, high * 1.0001, about)
        step = numbers[1] - numbers[0] if len(numbers) > 1 else high
        low = numbers[0] - step if numbers[0] - low > 1e-9 else numbers[0]
        return cls(low, max(high, numbers[-1]) + 0.02 * (high - low), tuple(numbers))


def panel(
    axes: "Mapping[str, Over]",
    lines: "Sequence[ScoreLine]",
    heights: "Mapping[str, Heights]",
    alt: str,
    x: str = "strength",
    size: tuple[float, float] = SMALL,
) -> Markup:
    """Return a panel over the axis `x`, or over the strength where it has no such axis.

    axes: by name, what the page's switch offers. heights: "absolute" and "relative" (to the clean image).
    Without any point it says so.
    """
    over, y, box = axes.get(x) or axes["strength"], heights["absolute"], Frame(38, 20, size[0] - 14, size[1] - 40)
    xs, ys = _x_scale(over, box), Scale(y.low, y.high, box.bottom, box.top)
    body = y_axis(box, ys, y.numbers) + x_axis(box, level_places(over, xs), over.label)
    drawn = [_line(line, over, xs, ys) for line in lines]
    if not any(drawn):
        body += text((box.left + box.right) / 2, box.bottom / 2, _nothing(over, lines), "", "middle")
    facts = escape(json.dumps(_facts(axes, lines, heights, box), separators=(",", ":"), allow_nan=False))
    return drawing(*size, alt, body + "".join(drawn), "curves", f' data-curves="{facts}"')


def _nothing(over: Over, lines: "Sequence[ScoreLine]") -> str:
    scored = any(value is not None for line in lines for value in line.values)
    return "nothing measured yet" if scored and not any(one is not None for one in over.places) else "no score yet"


def _x_scale(over: Over, box: Frame) -> Scale:
    known = [one for one in over.places if one is not None] or [0.0, 1.0]
    low, high = min(known), max(known)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    start, end = box.left + 6, box.right - 6
    return Scale(low, high, end, start) if over.falls else Scale(low, high, start, end)


def level_places(over: Over, scale: Scale) -> list[tuple[float, str]]:
    """Return the words below an axis with their places: names of levels, or round numbers."""
    if over.names:
        named_levels = zip(over.places, over.names, strict=True)
        return [(scale(place), name) for place, name in named_levels if place is not None]
    return [(scale(one), f"{one:g}") for one in ticks(scale.low, scale.high)]


def _line(line: ScoreLine, over: Over, xs: Scale, ys: Scale) -> str:
    """Return a model's band, line and marks; "" where it has no point."""
    points = [
        (i, xs(place), ys(value))
        for i, (place, value) in enumerate(zip(over.places, line.values, strict=True))
        if place is not None and value is not None
    ]
    if not points:
        return ""
    band = _band(line, over, xs, ys)
    route = f'<path class="line" d="{path([(x, y) for _, x, y in points])}"{dashes(line.index)}/>'
    marks = "".join(named(mark(line.index, x, y), _words(line, over, i), f"point p{i}") for i, x, y in points)
    _, x, y = points[-1]
    star = f'<text class="seen" x="{x + 5:.1f}" y="{y + 4:.1f}">{_SEEN}</text>' if line.seen else ""
    return f'<g class="series {colour(line.index)}" data-model="{escape(line.label)}">{band}{route}{marks}{star}</g>'


def _band(line: ScoreLine, over: Over, xs: Scale, ys: Scale) -> str:
    each = zip(over.places, line.lows, line.highs, strict=False)
    known = [(xs(x), ys(low), ys(high)) for x, low, high in each if None not in (x, low, high)]  # type: ignore[arg-type]
    edge = [(x, high) for x, _, high in known] + [(x, low) for x, low, _ in reversed(known)]
    return f'<path class="band" d="{path(edge, close=True)}"/>'


def _words(line: ScoreLine, over: Over, i: int) -> str:
    """Return what a point says: model, level, score and interval."""
    place = over.places[i]
    level = "clean" if i == 0 else over.names[i] if over.names else f"{place:.4g}"
    low, high = (bounds[i] if i < len(bounds) else None for bounds in (line.lows, line.highs))
    interval = f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else ""
    return f"{line.label}, {level}: {line.values[i]:.3f}{interval}"


def _facts(
    axes: "Mapping[str, Over]", lines: "Sequence[ScoreLine]", heights: "Mapping[str, Heights]", box: Frame
) -> dict[str, Any]:
    """Return what `curves.js` needs: the box, each axis with its places and words, each line's numbers."""
    return {
        "box": [box.left, box.top, box.right, box.bottom],
        "axes": {name: _axis_facts(over, box) for name, over in axes.items()},
        "heights": {name: [one.low, one.high, one.numbers] for name, one in heights.items()},
        "lines": {line.label: [_short(line.values), _short(line.lows), _short(line.highs)] for line in lines},
    }


def _axis_facts(over: Over, box: Frame) -> dict[str, Any]:
    scale = _x_scale(over, box)
    words = [[round(x, 1), name] for x, name in level_places(over, scale)]
    places = [None if one is None else round(scale(one), 1) for one in over.places]
    return {"label": over.label, "places": places, "words": words}


def _short(values: "Sequence[float | None]") -> list[float | None]:
    return [None if value is None else round(value, 4) for value in values]
