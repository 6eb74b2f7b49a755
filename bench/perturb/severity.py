"""Severities 1 to 5 of the published corruptions, and what lies between them."""

from typing import Any, TypeVar

Constants = TypeVar("Constants", float, tuple[float, ...])

# What every entry with published severities has in common.
SEVERITY: dict[str, Any] = {
    "unit": "severity",
    "identity": None,
    "strengths": (1, 2, 3, 4, 5),
    "minimum": 1,
    "maximum": 5,
}

SOURCE = "imagecorruptions 1.1.2 (Michaelis et al. 2019), after Hendrycks & Dietterich 2019"


def between(table: tuple[Constants, ...], severity: float) -> Constants:
    """Return the constants of a severity from 1 to 5; between two whole ones, on the straight line.

    >>> between((10.0, 20.0, 40.0, 80.0, 160.0), 2.5)
    30.0
    """
    low = min(int(severity), len(table) - 1)
    share = severity - low
    first, second = table[low - 1], table[low]
    if not isinstance(first, tuple) or not isinstance(second, tuple):
        return _line(first, second, share)
    return tuple(_line(a, b, share) for a, b in zip(first, second, strict=True))


def _line(low: float, high: float, share: float) -> float:
    return low if share == 0 else high if share == 1 else low + (high - low) * share
