"""Names beside points, where they hide neither a point nor each other."""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_POINTS = 7.0
"""Size of the letters."""
_LETTER = 0.56
"""Width of a letter in its size, no less than that of the drawing font's mean."""
_AWAY = 6.0
"""Points between a point and its name."""
_OFFSETS = [(right, 8.0 * step) for step in (0, 1, -1, 2, -2, 3, -3, 4, -4, 6, -6) for right in (True, False)]
"""Places of a name from the nearest on: at which side of its point, and how much higher."""
_LEADER = "#7A7A7A"


class _Box(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.bottom < other.top and other.bottom < self.top
        )


def name_points(
    axes: "Axes",
    points: "Sequence[tuple[float, float]]",
    texts: "Sequence[str]",
    line: "Sequence[tuple[float, float]]" = (),
) -> None:
    """Write a text beside each point of data coordinates; one that finds no free place is left out.

    Call it when the limits and scales of the axes stand. The first texts choose first. line: the corners of a line of
    horizontal and vertical parts, which no text may hide either.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # the layout decides where a point stands
    scale = 72 / figure.dpi
    inside = _Box(*(scale * value for value in axes.bbox.extents))
    places = [_place(axes, point, scale) for point in points]
    corners = [_place(axes, corner, scale) for corner in line]
    taken = [_around(place, place, 3) for place in places]
    taken += [_around(one, other, 0.5) for one, other in pairwise(corners)]
    for point, (x, y), text in zip(points, places, texts, strict=True):
        for right, dy in _OFFSETS:
            box = _beside(x, y + dy, text, right=right)
            if _within(box, inside) and not any(box.meets(other) for other in taken):
                taken.append(box)
                _write(axes, point, text, right, dy)
                break


def _write(axes: "Axes", point: tuple[float, float], text: str, right: bool, dy: float) -> None:
    """Write a text at its place, with a thin line to its point where it is not beside it."""
    leader = (
        {"arrowstyle": "-", "linewidth": 0.5, "color": _LEADER, "shrinkA": 1, "shrinkB": 3} if abs(dy) > 10 else None
    )
    axes.annotate(
        text, point, (_AWAY if right else -_AWAY, dy), textcoords="offset points", fontsize=_POINTS,
        ha="left" if right else "right", va="center", annotation_clip=False, arrowprops=leader,
    )  # fmt: skip


def _place(axes: "Axes", point: tuple[float, float], scale: float) -> tuple[float, float]:
    """Return where a point of data coordinates stands, in points of the page."""
    x, y = axes.transData.transform(point)
    return scale * float(x), scale * float(y)


def _around(one: tuple[float, float], other: tuple[float, float], room: float) -> _Box:
    """Return the box that holds two places and some room around them."""
    (left, right), (bottom, top) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    return _Box(left - room, bottom - room, right + room, top + room)


def _beside(x: float, y: float, text: str, *, right: bool) -> _Box:
    """Return the place of a text at one side of a point, in points of the page."""
    width, height = _POINTS * _LETTER * len(text), _POINTS
    left = x + _AWAY if right else x - _AWAY - width
    return _Box(left, y - height / 2, left + width, y + height / 2)


def _within(box: _Box, outer: _Box) -> bool:
    return box.left >= outer.left and box.right <= outer.right and box.bottom >= outer.bottom and box.top <= outer.top
