"""Which of the kept images the page shows: the worst of each model and perturbation, and those that models share."""

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from reports.record.baselines import does
from reports.record.run import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.record.example_index import Example
    from bench.record.model_record import ModelRecord
    from reports.record.run import Run

RANKS = ("worst", "worst 2", "worst 3", "worst 4", "worst 5", "median", "best")
"""In the order in which they stand below each other."""
_SHARED = ("shared 1", "shared 2")
PicturedCondition = tuple[str, float]
"""The label of a perturbation, or "clean", and a strength."""


class Shared(NamedTuple):
    """An image of a data set as several models or conditions have it, by model and condition."""

    dataset: str
    sample: str
    found: "dict[tuple[str, PicturedCondition], Example]"


def pictured(run: "Run", dataset: str) -> "list[ModelRecord]":
    """Return the models with pictures on the page: those that look at images."""
    return [model for model in run.models(dataset) if not does(model)]


def shown_conditions(run: "Run", dataset: str) -> list[PicturedCondition]:
    """Return the clean condition and each perturbation at its strongest, in the order of the run."""
    strongest = [(entry.label, entry.by_damage()[-1]) for entry in run.perturbations(dataset) if entry.strengths]
    return [(CLEAN, 0.0), *strongest]


def worst(run: "Run", dataset: str, model: str, condition: PicturedCondition) -> "list[Example]":
    """Return the kept images of a cell, the worst first, then for comparison the median and the best."""
    place = (dataset, model, *condition)
    found = [one for one in run.index.examples if one.rank in RANKS and _place(one) == place]
    return sorted(found, key=lambda one: RANKS.index(one.rank))


def shared(run: "Run", dataset: str) -> list[Shared]:
    """Return the images that all models of a data set draw under many conditions.

    Of runs that chose none (older ones) those that most models and conditions have kept, at most two of them.
    """
    models = {model.label for model in pictured(run, dataset)}
    own = [one for one in run.index.examples if one.dataset == dataset and one.model in models]
    chosen = dict.fromkeys(one.sample for rank in _SHARED for one in own if one.rank == rank)
    return [_gathered(dataset, sample, own) for sample in chosen or _common(own)]


def _common(examples: "Iterable[Example]") -> list[str]:
    places = {(one.sample, one.model, one.perturbation, one.strength) for one in examples}
    counted = Counter(sample for sample, *_ in sorted(places))
    models = {sample: {model for one, model, *_ in places if one == sample} for sample in counted}
    return [sample for sample, _ in counted.most_common() if len(models[sample]) > 1][: len(_SHARED)]


def _gathered(dataset: str, sample: str, examples: "Iterable[Example]") -> Shared:
    own = (one for one in examples if one.sample == sample)
    return Shared(dataset, sample, {(one.model, (one.perturbation, one.strength)): one for one in own})


def _place(example: "Example") -> tuple[str, str, str, float]:
    return example.dataset, example.model, example.perturbation, example.strength
