"""Warnings that a reader of the leaderboard must not miss: scores that say less than they seem to."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.record import MetricSet
    from reports.run import Run

_NOTHING = 1e-6
"""A Dice that is 0 but for the epsilon that some metric sets add to both sides of the ratio."""


def is_constant(run: "Run", dataset: str, model: str) -> bool:
    """Return whether some metric set gives every foreground class of the clean pictures a Dice of 0.

    That is what a model gets that only ever answers "background". One set is enough: a set that counts an
    absent class as 1 lifts such a model's scores above 0.
    """
    return any(_silent(run, dataset, model, metric_set) for metric_set in run.record.metric_sets)


def cautions(run: "Run", dataset: str) -> list[str]:
    """Return one sentence for each score that misleads, in the order of models and metric sets."""
    labels = [model.label for model in run.models(dataset)]
    constant = [
        f"{label} predicts only background: its Dice is 0 for every foreground class of the clean pictures. "
        "Its other scores come from the background and from the rule for absent classes."
        for label in labels
        if is_constant(run, dataset, label)
    ]
    return constant + [
        f"{label} stands above {', '.join(beaten)} under {metric_set.name} only, which counts "
        "a class absent from picture and prediction as 1; where such classes are left out it stands below."
        for metric_set in run.record.metric_sets
        if metric_set.absent_class == "one"
        for label in labels
        if (beaten := [other for other in labels if _only_by_rule(run, dataset, label, other, metric_set)])
    ]


def _silent(run: "Run", dataset: str, model: str, metric_set: "MetricSet") -> bool:
    background = run.dataset(dataset).classes[0]
    names = [name for name in run.class_names(dataset, metric_set.name) if name != background]
    values = [run.value(dataset, model, metric_set=metric_set.name, class_name=name) for name in names]
    known = [value for value in values if value is not None]
    return bool(known) and max(known) <= _NOTHING


def _only_by_rule(run: "Run", dataset: str, model: str, other: str, metric_set: "MetricSet") -> bool:
    """Return whether `model` beats `other` here and loses under every set that leaves absent classes out."""
    strict = [entry for entry in run.record.metric_sets if entry.absent_class == "skip"]
    return (
        bool(strict)
        and _beats(run, dataset, model, other, metric_set)
        and all(_beats(run, dataset, other, model, entry) for entry in strict)
    )


def _beats(run: "Run", dataset: str, model: str, other: str, metric_set: "MetricSet") -> bool:
    mine = run.value(dataset, model, metric_set=metric_set.name)
    theirs = run.value(dataset, other, metric_set=metric_set.name)
    return mine is not None and theirs is not None and mine > theirs
