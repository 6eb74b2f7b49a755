"""95 % intervals from draws: by percentiles, or bias-corrected and accelerated (BCa)."""

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

Method = Literal["percentile", "bca"]
LEVEL = 0.95


class Bounds(NamedTuple):
    """Intervals of Q scores: `low`, `high` float64 [Q], NaN where there is none; `resamples` int64 [Q]: defined ones.

    A bound can be infinite where draws are.
    """

    low: "Floats"
    high: "Floats"
    resamples: "Integers"


def bounds(draws: "Floats", resamples: int, method: Method) -> Bounds:
    """Return the intervals of draws, float64 [R, Q]: the values, `resamples` resamples, of BCa images left out.

    A resample without a value (NaN) is dropped. Where the score itself has no value there is no interval.
    Percentile: Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 13.3. BCa: section 14.3, with
    half of the ties counted below the value, as SciPy does.
    """
    import numpy as np

    value, drawn = draws[0], np.sort(draws[1 : 1 + resamples], axis=0)  # NaN sorts to the end
    number = (~np.isnan(drawn)).sum(0)
    tail = (1 - LEVEL) / 2
    shares = np.full(draws.shape[1], tail), np.full(draws.shape[1], 1 - tail)
    if method == "bca":
        shares = _bca_shares(value, drawn, number, draws[1 + resamples :])
    low, high = (np.where(np.isnan(value), np.nan, quantile(drawn, number, share)) for share in shares)
    return Bounds(low, high, number)


def quantile(ordered: "Floats", number: "Integers", share: "Floats") -> "Floats":
    """Return the quantile `share` [Q] of the first `number` [Q] values of each column of `ordered` [B, Q].

    Linear between neighbours (NumPy's default); NaN where there is no value or no share.
    """
    import numpy as np

    columns = np.arange(ordered.shape[1])
    place = np.clip(np.nan_to_num(share), 0, 1) * np.maximum(number - 1, 0)
    below = np.floor(place).astype(np.int64)
    above, part = np.minimum(below + 1, np.maximum(number - 1, 0)), place - below
    start, end = ordered[below, columns], ordered[above, columns]
    with np.errstate(invalid="ignore"):
        found = np.where((part == 0) | (start == end), start, start + part * (end - start))
    return np.where((number == 0) | np.isnan(share), np.nan, found)


def _bca_shares(value: "Floats", drawn: "Floats", number: "Integers", left_out: "Floats") -> tuple["Floats", "Floats"]:
    """Return the shares of the resamples below the two bounds; those of percentiles where all resamples are equal."""
    import numpy as np
    from scipy.special import ndtr, ndtri

    known = np.maximum(number, 1)
    bias = ndtri(((drawn < value).sum(0) + (drawn <= value).sum(0)) / (2 * known))
    defined = np.isfinite(left_out)
    mean = np.where(defined, left_out, 0).sum(0) / np.maximum(defined.sum(0), 1)
    away = np.where(defined, mean - left_out, 0)
    spread = (away**2).sum(0)
    skew = np.divide((away**3).sum(0), 6 * spread**1.5, out=np.zeros_like(spread), where=spread > 0)
    constant = drawn[0] == drawn[np.maximum(number - 1, 0), np.arange(len(number))]
    tail = ndtri((1 - LEVEL) / 2)

    def share(z: float) -> "Floats":
        with np.errstate(divide="ignore", invalid="ignore"):
            found = ndtr(bias + (bias + z) / (1 - skew * (bias + z)))
        return np.where(constant, ndtr(z), np.where(np.isfinite(bias), found, np.nan))

    return share(tail), share(-tail)
