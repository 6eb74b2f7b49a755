"""Division where there may be nothing to divide."""

from typing import Any


def ratio(part: Any, whole: Any) -> Any:
    """Return `part / whole` as float64, NaN where `whole` is 0."""
    import numpy as np

    part, whole = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole != 0)


def share_found(found: Any, whole: Any, missed: Any) -> Any:
    """Return `found / whole`; where `whole` is 0, 0 if there is something `missed` in the other mask, else NaN.

    So precision of a class that is never predicted is 0, and so is recall of one that the ground truth lacks.
    """
    import numpy as np

    return np.where((np.asarray(whole) == 0) & (np.asarray(missed) > 0), 0.0, ratio(found, whole))
