"""What all SVG figures share: scales, round numbers for ticks, axes, marks.

Colours come from the page's style sheet: a group of class ``c3`` has the fourth colour of the palette as its
`currentColor`, in the light and in the dark page. No element has a style attribute: the page's policy allows none.
"""

from dataclasses import dataclass
from math import floor, log10
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from registry.palette import COLOURS, series

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LETTER = 6.1
"""Mean width of a letter at the size of the figures' text, in units of the drawing."""
_MARKS = {
    "o": "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    "s": "M-2.7-2.7h5.4v5.4h-5.4z",
    "^": "M0-3.4l3.3 5.8h-6.6z",
    "v": "M0 3.4l3.3-5.8h-6.6z",
    "D": "M0-3.6l3.6 3.6-3.6 3.6-3.6-3.6z",
    "P": "M-1.2-3.4h2.4v2.2h2.2v2.4h-2.2v2.2h-2.4v-2.2h-2.2v-2.4h2.2z",
    "X": "M-3.2-1.6l1.6-1.6l1.6 1.6l1.6-1.6l1.6 1.6l-1.6 1.6l1.6 1.6l-1.6 1.6l-1.6-1.6l-1.6 1.6l-1.6-1.6l1.6-1.6z",
}


@dataclass(frozen=True)
class Scale:
    """A straight line from numbers (`low` to `high`) to places (`start` to `end`); `low` may be above `high`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a number.

        >>> Scale(0, 10, 100, 200)(2.5)
        125.0
        """
        span = self.high - self.low
        return self.start + (self.end - self.start) * ((value - self.low) / span if span else 0.5)


@dataclass(frozen=True)
class Frame:
    """The room between the axes of a figure, in units of the drawing."""

    left: float
    top: float
    right: float
    bottom: float


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from `low` to `high`, some `about` of them: steps are 1, 2, 2.5 or 5 times a power of ten.

    >>> ticks(0, 1), ticks(0, 45, 4), ticks(10, 0, 2)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 10.0, 20.0, 30.0, 40.0], [0.0, 5.0, 10.0])
    """
    low, high = sorted((low, high))
    if not high > low:
        return [low]
    rough = (high - low) / about
    unit = 10.0 ** floor(log10(rough))
    step = min((unit * factor for factor in (1, 2, 2.5, 5, 10)), key=lambda size: abs(size - rough))
    first = -floor(-low / step + 1e-9)
    found = []
    while first * step <= high + 1e-9 * step:
        found.append(round(first * step, 12))
        first += 1
    return found


def place(number: float) -> str:
    """Return a coordinate with one digit behind the point, which is enough for the eye and keeps the page small.

    >>> place(12.0), place(3.14159), place(-0.01)
    ('12', '3.1', '0')
    """
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def colour(index: int) -> str:
    """Return the class that gives a group the colour of series number `index`."""
    return f"c{index % COLOURS}"


def dashes(index: int) -> str:
    """Return the attribute of a line's dashes, nothing for a solid one."""
    found = series(index).dashes
    return f' stroke-dasharray="{" ".join(f"{one:g}" for one in found)}"' if found else ""


def mark(index: int, x: float, y: float) -> str:
    """Return the mark of series number `index` at a place."""
    return f'<path class="mark" transform="translate({place(x)} {place(y)})" d="{_MARKS[series(index).marker]}"/>'


def path(points: "Iterable[tuple[float, float]]", close: bool = False) -> str:
    """Return the corners of a line as the attribute ``d``.

    >>> path([(0, 0), (10, 5)])
    'M0 0L10 5'
    """
    joined = "L".join(f"{place(x)} {place(y)}" for x, y in points)
    return f"M{joined}{'Z' if close else ''}" if joined else ""


def text(x: float, y: float, words: object, kind: str = "", anchor: str = "") -> str:
    """Return words at a place; kind: a class; anchor: middle or end, by default the words begin there."""
    more = f' class="{kind}"' if kind else ""
    more += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{place(x)}" y="{place(y)}"{more}>{escape(words)}</text>'


def named(body: str, words: object, kind: str = "") -> str:
    """Return a group that shows `words` where a pointer rests, and says them where the keyboard stops."""
    more = f' class="{kind}"' if kind else ""
    return f'<g{more} tabindex="0" role="img" aria-label="{escape(words)}"><title>{escape(words)}</title>{body}</g>'


def y_axis(box: Frame, scale: Scale, numbers: "Sequence[float]", label: str = "") -> str:
    """Return the lines across the figure with their numbers to the left, and the axis's label above them."""
    lines = "".join(f'<path d="M{place(box.left)} {place(scale(one))}H{place(box.right)}"/>' for one in numbers)
    words = "".join(text(box.left - 5, scale(one) + 3.5, f"{one:g}", "", "end") for one in numbers)
    title = text(2, box.top - 6, label, "quiet") if label else ""
    return f'<g class="grid">{lines}</g><g class="y">{words}</g>{title}'


def x_axis(box: Frame, places: "Sequence[tuple[float, str]]", label: str = "") -> str:
    """Return the words below the figure at their places, those that would run into the last one left out."""
    shown, edge = [], float("-inf")
    for x, words in sorted(places):
        half = LETTER * len(words) / 2
        if x - half > edge:
            shown.append(text(x, box.bottom + 13, words, "", "middle"))
            edge = x + half + 3
    middle = (box.left + box.right) / 2
    title = text(middle, box.bottom + 28, label, "quiet", "middle") if label else ""
    line = f'<path class="axis" d="M{place(box.left)} {place(box.bottom)}H{place(box.right)}"/>'
    return f'{line}<g class="x">{"".join(shown)}{title}</g>'


def drawing(width: float, height: float, alt: str, body: str, kind: str = "", more: str = "") -> Markup:
    """Return an SVG element of so many units, which grows and shrinks with the page; alt: what it shows, in words.

    more: further attributes, escaped already.
    """
    return Markup(
        f'<svg class="figure{" " + kind if kind else ""}" viewBox="0 0 {place(width)} {place(height)}" '
        f'width="{place(width)}" height="{place(height)}" role="group" aria-label="{escape(alt)}"{more}>{body}</svg>'
    )


def key(index: int) -> Markup:
    """Return what stands before a name in a legend: the line and the mark of series number `index`."""
    line = f'<path class="line" d="M0 6h28"{dashes(index)}/>{mark(index, 14, 6)}'
    size = 'viewBox="0 0 28 12" width="28" height="12" aria-hidden="true"'
    return Markup(f'<svg class="figure {colour(index)}" {size}>{line}</svg>')
