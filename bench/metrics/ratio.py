"""Division that gives NaN where there is nothing to divide."""

from typing import Any


def ratio(part: Any, whole: Any) -> Any:
    """Return `part / whole` as float64, NaN where `whole` is 0."""
    import numpy as np

    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole != 0)
