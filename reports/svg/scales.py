"""From numbers to places: linear and logarithmic scales, round numbers beside an axis."""

from dataclasses import dataclass
from math import ceil, floor, log10

from reports.svg.canvas import coordinate

_STEPS = (1, 2, 2.5, 5, 10)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Scale:
    """Numbers from `low` to `high` onto places from `start` to `end`, in pixels; `log`: by their logarithms.

    `start` may be the larger one, and so may `low`.
    """

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a number; on a logarithmic scale it has to be above 0."""
        return self.start + (self.end - self.start) * self.share(value)

    def share(self, value: float) -> float:
        """Return which share of the way from `low` to `high` a number has gone."""
        low, high, at = (log10(one) if self.log else one for one in (self.low, self.high, value))
        return (at - low) / (high - low) if high != low else 0.5

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Return round numbers on the scale with their texts, from the least on."""
        ends = sorted((self.low, self.high))
        found = log_ticks(*ends) if self.log else nice_ticks(*ends, most)
        return list(zip(found, tick_texts(found), strict=True))


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most so many round numbers of equal steps between two numbers.

    After Heckbert, "Nice numbers for graph labels", Graphics Gems (1990), with steps of 1, 2, 2.5 and 5.

    >>> nice_ticks(0, 1), nice_ticks(0.52, 0.94, 5)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.6, 0.7, 0.8, 0.9])
    """
    if high <= low:
        return [low]
    least = (high - low) / max(most - 1, 1)
    power = 10.0 ** floor(log10(least))
    room = _ROUNDING * (high - low)
    for step in (power * each for each in (*_STEPS, 20)):
        first, last = ceil((low - room) / step), floor((high + room) / step)
        if last - first < most:
            return [round(i * step, 12) for i in range(first, last + 1)]
    raise AssertionError("a step of twice the range has at most two numbers in it")


def log_ticks(low: float, high: float) -> list[float]:
    """Return powers of ten between two numbers above 0; 2 and 5 times them too where those are few.

    >>> log_ticks(0.5, 30), log_ticks(1, 1e6)
    ([0.5, 1.0, 2.0, 5.0, 10.0, 20.0], [1.0, 10.0, 100.0, 1000.0, 10000.0, 100000.0, 1000000.0])
    """
    factors = (1, 2, 5) if high < 40 * low else (1,)
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    found = (float(f"{factor * 10.0**power:.12g}") for power in powers for factor in factors)
    return [value for value in found if low * (1 - _ROUNDING) <= value <= high * (1 + _ROUNDING)]


def tick_texts(ticks: list[float]) -> list[str]:
    """Return the texts of an axis: as many decimals as its numbers need, thousands and millions with their letters.

    >>> tick_texts([0, 0.25, 0.5]), tick_texts([-10, 0]), tick_texts([500, 1000, 2e6])
    (['0', '0.25', '0.5'], ['−10', '0'], ['500', '1 k', '2 M'])
    """
    return [short(tick) for tick in ticks]


def short(number: float) -> str:
    """Return a number of an axis.

    >>> short(0.5), short(2000), short(-5e6)
    ('0.5', '2 k', '−5 M')
    """
    size = abs(number)
    words = f"{number / 1e6:g} M" if size >= 1e6 else f"{number / 1e3:g} k" if size >= 1e3 else f"{number:g}"
    return words.replace("-", "−").replace(" ", "\u00a0")


def thousandth(share: float) -> float:
    """Return a share of an axis in thousandths of it, to a tenth."""
    return float(coordinate(1000 * share))
