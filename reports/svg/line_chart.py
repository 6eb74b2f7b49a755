"""Curves over a number that is no strength: the epochs of a training, the size of a batch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.svg.canvas import Frame, Scale, colour, dashes, drawing, mark, named, path, place, text, ticks, x_axis
from reports.svg.scales import LogScale, fitted, numbered, short, x_lines, y_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

WIDTH, HEIGHT = 360.0, 240.0
BOX = Frame(44, 24, 346, 198)
_MARKED = 30
"""Longer curves have no marks on them."""


@dataclass(frozen=True)
class Track:
    """One curve: the number of its series, and its points (x, y) from left to right; y is None where none is known."""

    label: str
    index: int
    points: "tuple[tuple[float, float | None], ...]"


def line_chart(
    tracks: "Sequence[Track]",
    labels: tuple[str, str],
    alt: str,
    *,
    heights: tuple[float, float] | None = None,
    log: bool = False,
    upright: float | None = None,
    legend: bool = True,
) -> "Markup":
    """Return curves over one axis, with their names where there are several; labels: what the axes are.

    heights: the ends of the y axis; without them it holds the values, from 0 where it is not logarithmic.
    log: the x axis is one of doublings. upright: where a dotted line stands. legend: whether the names stand above.
    """
    xs = sorted({x for track in tracks for x, _ in track.points})
    known = [y for track in tracks for _, y in track.points if y is not None]
    if not known:
        return drawing(WIDTH, HEIGHT, alt, text(WIDTH / 2, HEIGHT / 2, "nothing measured", "", "middle"))
    across = LogScale(xs[0], xs[-1], BOX.left + 8, BOX.right - 8) if log else _steps(xs)
    up = Scale(*heights, BOX.bottom, BOX.top) if heights else _heights(known)
    words = [(across(x), short(x)) for x in xs] if log else [(across(x), f"{x:g}") for x in _whole(xs)]
    body = x_lines(BOX, words) + y_lines(BOX, numbered(up), labels[1]) + x_axis(BOX, words, labels[0])
    if upright is not None:
        body += f'<path class="dotted" d="M{place(across(upright))} {place(BOX.top)}V{place(BOX.bottom)}"/>'
    body += "".join(_track(track, across, up, labels) for track in tracks)
    return drawing(WIDTH, HEIGHT, alt, body + (_names(tracks) if legend else ""), "lines")


def _steps(xs: "Sequence[float]") -> Scale:
    """Return an axis of whole numbers; a single one stands in the middle."""
    room = 0.5 if xs[-1] == xs[0] else 0.0
    return Scale(xs[0] - room, xs[-1] + room, BOX.left + 6, BOX.right - 6)


def _whole(xs: "Sequence[float]") -> list[float]:
    return [x for x in ticks(xs[0], xs[-1], 6) if x == round(x)]


def _heights(values: "Sequence[float]") -> Scale | LogScale:
    found = fitted(values, BOX.bottom, BOX.top)
    return (
        found
        if isinstance(found, LogScale)
        else Scale(min(0.0, *values), max(values) * 1.08 or 1.0, BOX.bottom, BOX.top)
    )


def _track(track: Track, across: Scale | LogScale, up: Scale | LogScale, labels: tuple[str, str]) -> str:
    points = [(x, y) for x, y in track.points if y is not None]
    places = [(across(x), up(y)) for x, y in points]
    route = f'<path class="line" d="{path(places)}"{dashes(track.index)}/>' if len(places) > 1 else ""
    told = [f"{track.label}, {labels[0]} {x:g}: {y:.4g}" for x, y in points]
    marks = "".join(named(mark(track.index, *at), words, "point") for at, words in zip(places, told, strict=True))
    plain = "" if len(points) > _MARKED else marks
    return f'<g class="series {colour(track.index)}">{route}{plain}</g>'


def _names(tracks: "Sequence[Track]") -> str:
    """Return the curves' names in one line above the figure, each with its mark."""
    if len(tracks) < 2:
        return ""
    found, x = [], BOX.right
    for track in reversed(tracks):
        x -= 6.1 * len(track.label)
        found.append(
            f'<g class="series {colour(track.index)}">{mark(track.index, x - 8, 10)}</g>{text(x, 14, track.label)}'
        )
        x -= 24
    return "".join(found)
