"""Models whose prediction is constant: recognised by their clean scores, one class at every pixel of every image."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.record.run_record import MetricSetRecord
    from reports.record.run import Run

_NOTHING = 1e-6
"""A ratio that is 0 (or this far below 1) but for the epsilon that some metric sets add to both of its sides."""


def only_background(run: "Run", dataset: str, model: str) -> bool:
    """Return whether some metric set gives every foreground class of the clean images a Dice of 0.

    That is what a model gets that only ever predicts background. One set is enough: a set that counts an
    absent class as 1 lifts such a model's scores above 0. Where no class is the background, no model is one.
    """
    return run.dataset(dataset).background and any(
        _finds_nothing(run, dataset, model, metric_set) for metric_set in run.record.metric_sets
    )


def only_class(run: "Run", dataset: str, model: str) -> str | None:
    """Return the foreground class that the model gives every pixel of the clean images, None if there is none.

    Where no class is the background, it may be any of them.

    Under some metric set that class is found everywhere (recall 1) and every other class, the background
    among them, has a Dice of 0.
    """
    found = (_everywhere(run, dataset, model, metric_set) for metric_set in run.record.metric_sets)
    return next((name for name in found if name), None)


def _everywhere(run: "Run", dataset: str, model: str, metric_set: "MetricSetRecord") -> str | None:
    names = run.class_names(dataset, metric_set.name)
    if run.dataset(dataset).classes[0] not in names:
        return None  # a binary set does not score the background
    dice = {name: run.value(dataset, model, metric_set=metric_set.name, class_name=name) for name in names}
    hit = [name for name, value in dice.items() if value is not None and value > _NOTHING]
    if len(hit) != 1 or (run.dataset(dataset).background and hit[0] == names[0]):
        return None
    recall = run.value(dataset, model, metric_set=metric_set.name, metric="recall", class_name=hit[0])
    return hit[0] if recall is not None and recall >= 1 - _NOTHING else None


def _finds_nothing(run: "Run", dataset: str, model: str, metric_set: "MetricSetRecord") -> bool:
    background = run.dataset(dataset).classes[0]
    names = [name for name in run.class_names(dataset, metric_set.name) if name != background]
    values = [run.value(dataset, model, metric_set=metric_set.name, class_name=name) for name in names]
    known = [value for value in values if value is not None]
    return bool(known) and max(known) <= _NOTHING
