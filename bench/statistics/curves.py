"""A curve of scores over damage: the area under it, and where half of the score is lost."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.statistics.intervals import Floats

LEAST = 1e-6
"""A ratio with a smaller denominator has no value: it would say more of the denominator than of the model."""


def safe_ratio(part: "Floats", whole: "Floats") -> "Floats":
    """Return part / whole, NaN where `whole` is below 1e-6."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        defined = whole >= LEAST
    found: Floats = np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=defined)
    return found


def area(x: "Floats", y: "Floats") -> "Floats":
    """Return the area under each of R curves by trapezoids; x: [n + 1] rising from the clean level, y: [n + 1, R].

    x is scaled to 0..1 by its last value: sum of (x_i - x_(i-1)) (y_i + y_(i-1)) / 2.
    """
    import numpy as np

    steps = np.diff(x) / x[-1]
    found: Floats = steps @ (y[1:] + y[:-1]) / 2
    return found


def half_lost(x: "Floats", y: "Floats") -> "Floats":
    """Return the first x, linear between points, where y has fallen to half of its clean value y[0], [R].

    Infinite where that is not reached; NaN where a point has no value or the clean score is below 1e-6.
    """
    import numpy as np

    half = y[0] / 2
    with np.errstate(invalid="ignore"):
        below = y[1:] <= half
    at, columns = below.argmax(0), np.arange(y.shape[1])
    before, after = y[at, columns], y[at + 1, columns]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = x[at] + (before - half) / (before - after) * (x[at + 1] - x[at])
        undefined = np.isnan(y).any(0) | ~(y[0] >= LEAST)
    return np.where(undefined, np.nan, np.where(below.any(0), found, np.inf))
