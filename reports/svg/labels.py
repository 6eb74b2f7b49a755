"""Names beside points, where they hide neither a point nor a line nor each other."""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from reports.svg.canvas import LETTER, Frame, place, text

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEIGHT, _AWAY, _POINT = 11.0, 7.0, 4.0
_OFFSETS = [(right, 11.0 * step) for step in (0, 1, -1, 2, -2, 3, -3, 4, -4, 6, -6) for right in (True, False)]
"""Places of a name from the nearest on: at which side of its point, and how much lower."""
_LONG = 12.0
"""A name further above or below its point than this has a thin line to it."""


class _Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Area") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def point_names(
    box: Frame,
    points: "Sequence[tuple[float, float]]",
    names: "Sequence[str]",
    line: "Sequence[tuple[float, float]]" = (),
) -> str:
    """Return a name beside each point; one without a free place inside the box is left out. First names choose first.

    line: the corners of a line of horizontal and vertical parts, which no name may hide either.
    """
    taken = [_Area(x - _POINT, y - _POINT, x + _POINT, y + _POINT) for x, y in points]
    taken += [_Area(min(a, c) - 1, min(b, d) - 1, max(a, c) + 1, max(b, d) + 1) for (a, b), (c, d) in pairwise(line)]
    found = []
    for at, name in zip(points, names, strict=True):
        for right, lower in _OFFSETS:
            area = _beside(at, name, right=right, lower=lower)
            inside = area.left >= box.left and area.right <= box.right + 6 and area.top >= box.top - 8
            if inside and area.bottom <= box.bottom and not any(area.meets(other) for other in taken):
                taken.append(area)
                found.append(_written(at, name, right=right, lower=lower))
                break
    return "".join(found)


def _beside(at: tuple[float, float], name: str, *, right: bool, lower: float) -> _Area:
    width = 1.08 * LETTER * len(name)
    left = at[0] + _AWAY if right else at[0] - _AWAY - width
    return _Area(left, at[1] + lower - _HEIGHT / 2, left + width, at[1] + lower + _HEIGHT / 2)


def _written(at: tuple[float, float], name: str, *, right: bool, lower: float) -> str:
    x, y = at[0] + (_AWAY if right else -_AWAY), at[1] + lower
    words = text(x, y + 3.5, name, "", "" if right else "end")
    if abs(lower) <= _LONG:
        return words
    return f'<path class="leader" d="M{place(at[0])} {place(at[1])}L{place(x)} {place(y)}"/>{words}'
