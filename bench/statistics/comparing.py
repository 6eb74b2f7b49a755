"""Paired comparisons: a permutation test of two models' scores, Holm's correction, McNemar's exact test."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bench.statistics.resampling import BLOCK, KEPT, SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.metrics.quantities import Quantity, Resampled
    from bench.statistics.intervals import Floats

SIGNIFICANT = 0.05
"""Two models are told apart where p after Holm's correction is below."""
_PER_PAIR = 40
"""Permutations for each pair of a table: the least p after Holm is then 1 / 40, so a clear difference is told."""
_ROUNDING = 1e-12
"""Differences that are equal up to rounding count as equal."""


def permutations_for(models: int, resamples: int) -> int:
    """Return how many permutations a table of so many models needs; at least as many as there are resamples."""
    return max(resamples, _PER_PAIR * models * (models - 1) // 2)


@dataclass(frozen=True)
class Swapping:
    """Random swaps of two models' results: of each image with probability 1/2, the same for all pairs and conditions.

    Where two models are equal, an image's result of the one could as well be the other's (Fisher 1935, The Design of
    Experiments, section 21).
    """

    images: int
    permutations: int

    @cached_property
    def _flips(self) -> "NDArray[np.uint8]":
        import numpy as np

        random = np.random.Generator(np.random.Philox(SEED + 1))
        return random.integers(2, size=(self.permutations, self.images), dtype=np.uint8)

    @cached_property
    def _whole(self) -> "list[Floats]":
        return list(self._made())

    def _made(self) -> "Iterator[Floats]":
        import numpy as np

        step = max(1, BLOCK // self.images)
        for start in range(0, self.permutations, step):
            yield np.array(self._flips[start : start + step], np.float64, order="F")

    def sums(self, terms: "Floats") -> "Floats":
        """Return the sums of the terms [N, K] of the images that are swapped, float64 [permutations, K]."""
        import numpy as np

        kept, by_term = self.permutations * self.images <= KEPT, np.ascontiguousarray(terms.T)
        return np.concatenate([by_term @ flips.T for flips in (self._whole if kept else self._made())], axis=1).T


@dataclass(frozen=True)
class Swapped:
    """A score as something that can be swapped: the sums of all images, and of those that each permutation swaps.

    score: sums [B, K] to scores [B]. total: float64 [K]. moved: float64 [permutations, K]. Scores of one metric of two
    models have sums of the same terms.
    """

    score: "Resampled"
    total: "Floats"
    moved: "Floats"

    @classmethod
    def several(cls, quantities: "Sequence[Quantity]", swapping: Swapping) -> "list[Swapped]":
        """Return scores under swaps. Sums that several scores need are computed once, and all of them together."""
        import numpy as np

        sums = {id(one.sums): one.sums for one in quantities if one.sums}
        terms = [one.terms for one in sums.values()]
        ends = np.cumsum([one.shape[1] for one in terms])[:-1]
        moved = np.split(swapping.sums(np.hstack(terms)), ends, axis=1)
        known = {key: (one.sum(0), part) for key, one, part in zip(sums, terms, moved, strict=True)}
        return [cls(one.score, *known[id(one.sums)]) for one in quantities if one.score]

    def difference(self, other: "Swapped") -> "Floats":
        """Return the score of the one minus that of the other under each permutation, float64 [permutations]."""
        gained = other.moved - self.moved
        return self.score(self.total + gained) - self.score(other.total - gained)


def permutation_p(difference: float, permuted: "Floats") -> float:
    """Return the two-sided p: (1 + how many permuted differences are at least as large) / (1 + permutations).

    Phipson and Smyth 2010, Permutation p-values should never be zero, formula 2. Permutations without a value are
    left out; NaN where the difference has none.
    """
    import numpy as np

    if np.isnan(difference):
        return float("nan")
    defined = permuted[~np.isnan(permuted)]
    extreme = np.count_nonzero(np.abs(defined) >= abs(difference) - _ROUNDING)
    return float((1 + extreme) / (1 + len(defined)))


def holm(p: Sequence[float]) -> list[float]:
    """Return p after Holm's correction over all of them (Holm 1979); NaN stays NaN and is not counted.

    >>> [round(one, 3) for one in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    known = sorted((value, i) for i, value in enumerate(p) if value == value)
    found, least = [float("nan")] * len(p), 0.0
    for rank, (value, i) in enumerate(known):
        least = max(least, min(1.0, value * (len(known) - rank)))
        found[i] = least
    return found


def mcnemar_exact(only_one: int, only_other: int) -> float:
    """Return the two-sided exact p of McNemar's test from the images that only one of two models fails on.

    Under equal models each is a fair coin: p = min(1, 2 P(X <= min)), X ~ Binomial(sum, 1/2) (McNemar 1947; exact
    form: Fagerland et al. 2013, BMC Medical Research Methodology 13:91).
    """
    from scipy.special import bdtr

    both = only_one + only_other
    return min(1.0, 2 * float(bdtr(min(only_one, only_other), both, 0.5))) if both else 1.0
