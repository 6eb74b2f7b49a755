"""Ranks of models over resamples, and groups of models that cannot be told apart."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from bench.statistics.intervals import LEVEL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.statistics.intervals import Floats


class RankSpread(NamedTuple):
    """A model's rank (1 is the best), the ranks that hold 95 % of the resamples, the share in which it is first."""

    rank: int
    low: int
    high: int
    p_best: float


def standings(draws: "Floats", resamples: int) -> list[RankSpread]:
    """Return the standing of each of M models from draws of a score of which more is better, float64 [M, R].

    Models of equal score have the better rank of the two, and share a first place. One without a value in a resample
    is last there.
    """
    import numpy as np

    scores = np.where(np.isnan(draws[:, : 1 + resamples]), -np.inf, draws[:, : 1 + resamples])
    ranks = np.stack([1 + (scores > own).sum(0) for own in scores])
    first = ranks[:, 1:] == 1
    best = (first / first.sum(0)).mean(1)
    low, high = (_in_order(ranks[:, 1:], share) for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return [RankSpread(int(ranks[i, 0]), int(low[i]), int(high[i]), float(best[i])) for i in range(len(ranks))]


def _in_order(ranks: "NDArray[np.int64]", share: float) -> "NDArray[np.int64]":
    """Return the least rank of each model that at least this share of the resamples does not exceed."""
    import numpy as np

    place = int(np.ceil(np.round(share * ranks.shape[1], 9))) - 1
    ordered: NDArray[np.int64] = np.sort(ranks, axis=1)[:, max(place, 0)]
    return ordered


def tie_groups(models: Sequence[str], told_apart: Collection[frozenset[str]]) -> list[int]:
    """Return the group of each model, best model first: 1 is that of the best one.

    The best model leads group 1. Each next one joins the first group from whose leader it cannot be told apart, and
    leads a new one where it is told apart from every leader.

    >>> tie_groups(["a", "b", "c"], {frozenset("ac")})
    [1, 1, 2]
    """
    leaders: list[str] = []
    groups = []
    for model in models:
        joined = (i for i, leader in enumerate(leaders) if frozenset((model, leader)) not in told_apart)
        group = next(joined, len(leaders))
        if group == len(leaders):
            leaders.append(model)
        groups.append(group + 1)
    return groups
