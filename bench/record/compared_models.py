"""The lines of `ranking.csv` and `comparisons.csv`: the models of a board under a metric in a scope."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

from bench.metrics import METRICS
from bench.record.score_rows import number_text
from bench.statistics.board import SCOPES, DrawnBoard, OfModel
from bench.statistics.comparing import SIGNIFICANT, holm, mcnemar_exact, permutation_p
from bench.statistics.ranks import standings, tie_groups

if TYPE_CHECKING:
    from bench.statistics.intervals import Floats


def all_compared(board: DrawnBoard, failure_below: float) -> "Iterator[Compared]":
    """Yield the models of a board under each metric in each scope in which one of them has a score."""
    for metric in board.metrics:
        sign = 1 if METRICS[metric].higher_is_better else -1
        for scope in SCOPES:
            draws = {model: board.draw(OfModel(model, metric), scope) for model in board.models}
            known = {model: draw for model, draw in draws.items() if draw is not None and draw[0] == draw[0]}
            if known:  # models of equal score stay in the suite's order
                best_first = dict(sorted(known.items(), key=lambda one: -sign * one[1][0]))
                yield Compared(board, metric, scope, best_first, sign, failure_below)


@dataclass(frozen=True)
class Compared:
    """Models that compare; draws: of each, float64 [R], the best model first. sign: -1 where less is better."""

    board: DrawnBoard
    metric: str
    scope: str
    draws: "Mapping[str, Floats]"
    sign: int
    failure_below: float

    @property
    def _words(self) -> tuple[str, ...]:
        return self.board.dataset, self.board.supervision, self.board.metric_set.name, self.metric, self.scope

    @cached_property
    def _p(self) -> dict[tuple[str, str], tuple[float, float]]:
        """p of each pair, better model first: as it is, and after Holm's correction over all of them."""
        pairs, draws = list(combinations(self.draws, 2)), self.draws
        p = [
            permutation_p(draws[a][0] - draws[b][0], self.board.permutations(self.scope, self.metric, a, b))
            for a, b in pairs
        ]
        return dict(zip(pairs, zip(p, holm(p), strict=True), strict=True))

    def ranking(self) -> Iterator[tuple[Any, ...]]:
        """Yield the lines of ranking.csv, the best model first."""
        import numpy as np

        drawn = np.stack(list(self.draws.values()))
        low, high, resamples = self.board.resampling.bounds(drawn.T)
        apart = {frozenset(pair) for pair, (_, p) in self._p.items() if p < SIGNIFICANT}
        groups = tie_groups(list(self.draws), apart)
        found = standings(self.sign * drawn, self.board.resampling.resamples)
        for i, (model, one) in enumerate(zip(self.draws, found, strict=True)):
            bounds = *map(number_text, (drawn[i, 0], low[i], high[i])), int(resamples[i])
            yield (*self._words, model, *bounds, one.rank, one.low, one.high, number_text(one.p_best), groups[i])

    def comparisons(self) -> Iterator[tuple[Any, ...]]:
        """Yield the lines of comparisons.csv: every pair, the better model first."""
        for (model, other), (p, corrected) in self._p.items():
            draw = self.draws[model] - self.draws[other]
            low, high, _ = self.board.resampling.bounds(draw[:, None])
            numbers = map(number_text, (draw[0], low[0], high[0], p, corrected))
            apart = str(corrected < SIGNIFICANT).lower()
            yield (*self._words, model, other, *numbers, apart, *self._failures(model, other))

    def _failures(self, model: str, other: str) -> tuple[Any, ...]:
        """Return the columns on images whose own Dice is low; they are empty for other metrics."""
        import numpy as np

        if self.metric != "dice":
            return ("",) * 7
        scores = [self.board.images[OfModel(one, self.metric), self.scope].means for one in (model, other)]
        both = np.isfinite(scores[0]) & np.isfinite(scores[1])
        one, two = (both & (np.nan_to_num(each, nan=1.0) < self.failure_below) for each in scores)
        only = int((one & ~two).sum()), int((two & ~one).sum())
        fails = int(both.sum()), int(one.sum()), int(two.sum()), *only
        return self.failure_below, *fails, number_text(mcnemar_exact(*only))
