"""One board while its cells are read: models of one supervision group on one data set under one metric set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from bench.metrics.quantities import Quantity, overlap_means, share
from bench.metrics.scores import image_means
from bench.statistics.comparing import Swapped, Swapping
from bench.statistics.resampling import Resampling

if TYPE_CHECKING:
    from bench.metrics import MetricSet
    from bench.metrics.counts import Counts
    from bench.statistics.intervals import Floats

BoardCondition = tuple[str, float]
"""The label of a perturbation and a strength."""
CLEAN: BoardCondition = ("clean", 0.0)
ROOM = 2**28
"""Bytes of terms that wait to be drawn together."""
SCOPES = ("clean", "perturbed")


class OfModel(NamedTuple):
    """A score's place on a board."""

    model: str
    metric: str


class Pair(NamedTuple):
    """Two models under a metric in a scope."""

    scope: str
    metric: str
    model: str
    other: str


@dataclass
class ImageScores:
    """Each image's own score over several conditions: its weighted mean and its worst, float64 [N]."""

    total: "Floats"
    weight: "Floats"
    worst: "Floats"

    @property
    def means(self) -> "Floats":
        """The mean over the conditions in which the image has a score, NaN where there is none."""
        from bench.metrics.ratio import ratio

        means: Floats = ratio(self.total, self.weight)
        return means


@dataclass
class DrawnBoard:
    """Draws of every model's ranked scores, and what comparisons need, taken up condition by condition.

    sweeps: the strengths of each perturbation, by its label. draws: of each model and metric by condition, float64 [R].
    """

    dataset: str
    supervision: str
    metric_set: "MetricSet"
    classes: Sequence[str]
    sweeps: Mapping[str, Sequence[float]]
    resampling: Resampling
    swapping: Swapping
    draws: "dict[OfModel, dict[BoardCondition, Floats]]" = field(default_factory=dict)
    images: dict[tuple[OfModel, str], ImageScores] = field(default_factory=dict)
    permuted: "dict[Pair, Floats]" = field(default_factory=dict)
    _waiting: dict[OfModel, Quantity] = field(default_factory=dict)
    _swapped: dict[OfModel, Swapped] = field(default_factory=dict)

    @property
    def conditions(self) -> list[BoardCondition]:
        """All conditions of the plan, the clean one first."""
        return [CLEAN, *((label, strength) for label, of in self.sweeps.items() for strength in of)]

    @property
    def models(self) -> list[str]:
        """The models of which a cell was taken up, in their order."""
        return list(dict.fromkeys(place.model for place in self.draws))

    @property
    def metrics(self) -> list[str]:
        """The metrics that models are ranked by."""
        return list(dict.fromkeys(place.metric for place in self.draws))

    def weight(self, condition: BoardCondition) -> float:
        """Return the share of a perturbed condition in the mean over perturbations of the mean over strengths."""
        return 1 / (len(self.sweeps) * len(self.sweeps[condition[0]]))

    def take(self, condition: BoardCondition, model: str, counts: "Counts") -> None:
        """Take up a model's counts under a condition; `close` the condition after the last model."""
        stats = counts.under(self.metric_set.border, self.metric_set.task)
        for metric, quantity in overlap_means(counts, self.metric_set, self.classes).items():
            place = OfModel(model, metric)
            self._waiting[place] = quantity
            self._take_images(condition, place, image_means(metric, stats, self.metric_set))
        if sum(one.sums.terms.nbytes for one in self._waiting.values() if one.sums) > ROOM:
            self._draw(condition)

    def _draw(self, condition: BoardCondition) -> None:
        """Draw the scores that wait: of several models in one go, since that takes a third of the time."""
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return
        quantities = list(waiting.values())
        share(list({id(one.sums): one.sums for one in quantities if one.sums}.values()))
        draws = self.resampling.draws(quantities)
        for column, place in enumerate(waiting):
            self.draws.setdefault(place, {})[condition] = draws[:, column].copy()
        self._swapped |= dict(zip(waiting, Swapped.several(quantities, self.swapping), strict=True))

    def _take_images(self, condition: BoardCondition, place: OfModel, scores: "Floats") -> None:
        import numpy as np

        scope, share = ("clean", 1.0) if condition == CLEAN else ("perturbed", self.weight(condition))
        defined = np.isfinite(scores)
        total, weight = np.where(defined, scores, 0) * share, defined * share
        before = self.images.get((place, scope))
        if before is None:
            self.images[place, scope] = ImageScores(total, weight, scores)
        else:
            before.total += total
            before.weight += weight
            before.worst = np.fmin(before.worst, scores)

    def close(self, condition: BoardCondition) -> None:
        """Compare the models that have the condition."""
        self._draw(condition)
        for one, other in combinations(self._swapped, 2):
            if one.metric == other.metric:
                self._compare(condition, one, other)
        self._swapped.clear()

    def _compare(self, condition: BoardCondition, one: OfModel, other: OfModel) -> None:
        difference = self._swapped[one].difference(self._swapped[other])
        if condition == CLEAN:
            self.permuted[Pair("clean", one.metric, one.model, other.model)] = difference
            return
        pair, share = Pair("perturbed", one.metric, one.model, other.model), self.weight(condition)
        if pair in self.permuted:
            self.permuted[pair] += share * difference
        else:
            self.permuted[pair] = share * difference

    def draw(self, place: OfModel, scope: str) -> "Floats | None":
        """Return a model's draw in a scope; None: it lacks a condition of it."""
        found = self.draws.get(place, {})
        if scope == "clean":
            return found.get(CLEAN)
        return self.mean_of(found, [one for one in self.conditions if one != CLEAN])

    def mean_of(self, found: "Mapping[BoardCondition, Floats]", wanted: Sequence[BoardCondition]) -> "Floats | None":
        """Return the weighted mean over perturbed conditions; None: one is missing, or there is none."""
        if not wanted or any(one not in found for one in wanted):
            return None
        total: Floats = sum(self.weight(one) * found[one] for one in wanted) / sum(map(self.weight, wanted))  # type: ignore[assignment]
        return total

    def permutations(self, scope: str, metric: str, model: str, other: str) -> "Floats":
        """Return the permuted differences of two models, `model` minus `other`, float64 [permutations]."""
        pair = Pair(scope, metric, model, other)
        return self.permuted[pair] if pair in self.permuted else -self.permuted[Pair(scope, metric, other, model)]

    def mean_over_images(self, scores: "Floats") -> "Floats":
        """Return the draw [R] of the mean of the images' own scores [N]; images without one are left out."""
        import numpy as np

        from bench.metrics.quantities import mean_over_images
        from bench.metrics.scores import Score

        sums, means = mean_over_images(scores[:, None])
        known = scores[np.isfinite(scores)]
        found = Score("", "mean", len(known), float(known.mean()) if len(known) else float("nan"))
        quantity = Quantity.of_sums(found, sums, lambda both: means(both)[:, 0])
        return self.resampling.draws([quantity])[:, 0]
