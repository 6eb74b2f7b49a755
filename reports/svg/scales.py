"""Axes of the figures of speed, cost and training: logarithms, and numbers in the words of an axis."""

from dataclasses import dataclass
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from reports.svg.canvas import Frame, Scale, place, text, ticks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WIDEST = 4.0
"""Numbers that differ by more than this factor stand on a logarithmic axis."""
_ROUNDING = 1e-9


@dataclass(frozen=True)
class LogScale:
    """From numbers above 0 (`low` to `high`) to places (`start` to `end`), by their logarithms."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a number.

        >>> LogScale(1, 100, 0, 200)(10)
        100.0
        """
        span = log10(self.high / self.low)
        return self.start + (self.end - self.start) * (log10(value / self.low) / span if span else 0.5)


def fitted(values: "Iterable[float]", start: float, end: float, room: float = 0.08) -> Scale | LogScale:
    """Return a scale that holds all values with some room, a logarithmic one where they are above 0 and differ much.

    room: the share of the axis that stays free at each end.
    """
    known = list(values) or [0.0, 1.0]
    low, high = min(known), max(known)
    if low > 0 and high > _WIDEST * low:
        factor = (high / low) ** room
        return LogScale(low / factor, high * factor, start, end)
    span = (high - low) or abs(high) or 1.0
    return Scale(low - room * span, high + room * span, start, end)


def numbered(scale: Scale | LogScale, about: int = 5) -> "list[tuple[float, str]]":
    """Return the places of round numbers on an axis, with their words."""
    found = log_ticks(scale.low, scale.high) if isinstance(scale, LogScale) else ticks(scale.low, scale.high, about)
    return [(scale(number), short(number)) for number in found]


def log_ticks(low: float, high: float) -> list[float]:
    """Return powers of ten between two numbers above 0; numbers between them too where those are few.

    >>> log_ticks(5, 20), log_ticks(0.5, 15), log_ticks(1, 1e4)
    ([5.0, 7.0, 10.0, 20.0], [0.5, 1.0, 2.0, 5.0, 10.0], [1.0, 10.0, 100.0, 1000.0, 10000.0])
    """
    factors = (1, 2, 3, 5, 7) if high < 12 * low else (1, 2, 5) if high < 40 * low else (1,)
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    found = (float(f"{factor * 10.0**power:.12g}") for power in powers for factor in factors)
    return [value for value in found if low * (1 - _ROUNDING) <= value <= high * (1 + _ROUNDING)]


def short(number: float) -> str:
    """Return a number of an axis, thousands and more with their letters.

    >>> short(0.5), short(2000), short(-5e6)
    ('0.5', '2\\xa0k', '−5\\xa0M')
    """
    size = abs(number)
    unit, letter = next(
        ((unit, letter) for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if size >= unit), (1, "")
    )
    return f"{number / unit:g}\u00a0{letter}".strip().replace("-", "−")


def y_lines(box: Frame, places: "Sequence[tuple[float, str]]", label: str = "") -> str:
    """Return the lines across a figure with their words to the left, and the axis's label above them."""
    lines = "".join(f'<path d="M{place(box.left)} {place(y)}H{place(box.right)}"/>' for y, _ in places)
    words = "".join(text(box.left - 5, y + 3.5, one, "", "end") for y, one in places)
    return f'<g class="grid">{lines}</g><g class="y">{words}</g>' + (
        text(2, box.top - 7, label, "quiet") if label else ""
    )


def x_lines(box: Frame, places: "Sequence[tuple[float, str]]") -> str:
    """Return the upright lines of a figure; their words are those of `canvas.x_axis`."""
    lines = "".join(f'<path d="M{place(x)} {place(box.top)}V{place(box.bottom)}"/>' for x, _ in places)
    return f'<g class="grid">{lines}</g>'


def shortened(words: str, most: int) -> str:
    """Return a text of at most so many letters; in place of the middle of a longer one stands an ellipsis.

    >>> shortened("gaussian noise", 8)
    'gauss…se'
    """
    if len(words) <= most:
        return words
    tail = (most - 1) // 3
    return f"{words[: most - 1 - tail]}…{words[len(words) - tail :] if tail else ''}"
