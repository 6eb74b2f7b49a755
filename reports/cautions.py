"""Warnings that a reader must not miss: scores and strengths that say less than they seem to."""

from typing import TYPE_CHECKING

from reports.measures import MEASURES, turns
from reports.tables import score

if TYPE_CHECKING:
    from reports.measures import Measure, Turn
    from reports.record import MetricSet, Perturbation
    from reports.run import Run

_NOTHING = 1e-6
"""A ratio that is 0 (or this far below 1) but for the epsilon that some metric sets add to both of its sides."""
_BASELINE = "background"
"""The entry that answers "background" everywhere: what a model must beat."""


def is_constant(run: "Run", dataset: str, model: str) -> bool:
    """Return whether some metric set gives every foreground class of the clean pictures a Dice of 0.

    That is what a model gets that only ever answers "background". One set is enough: a set that counts an
    absent class as 1 lifts such a model's scores above 0.
    """
    return any(_silent(run, dataset, model, metric_set) for metric_set in run.record.metric_sets)


def only_class(run: "Run", dataset: str, model: str) -> str | None:
    """Return the foreground class that the model gives every pixel of the clean pictures, None if there is none.

    Under some metric set that class is found everywhere (recall 1) and every other class, the background
    among them, has a Dice of 0.
    """
    found = (_everywhere(run, dataset, model, metric_set) for metric_set in run.record.metric_sets)
    return next((name for name in found if name), None)


def cautions(run: "Run", dataset: str) -> list[str]:
    """Return one sentence for each score that misleads, in the order of models and metric sets."""
    labels = [model.label for model in run.models(dataset)]
    return [*_constant(run, dataset, labels), *_below(run, dataset, labels), *_by_rule(run, dataset, labels)]


def order_cautions(run: "Run", dataset: str) -> list[str]:
    """Return one sentence for each perturbation whose stronger levels do not all change the pictures more.

    The measured RMSE has to grow from strength to strength; where it does, the SSIM has to fall.
    """
    texts = [_order(run, dataset, entry) for entry in run.record.perturbations]
    return [text for text in texts if text]


def _order(run: "Run", dataset: str, entry: "Perturbation") -> str:
    for name in ("rmse", "ssim"):
        measure, found = MEASURES[name], turns(run, dataset, entry, name)
        steps = [_step(measure, turn) for turn in found]
        if steps:
            return (
                f"{entry.label} is not monotone: its measured {measure.title} "
                f"{'falls' if measure.rises else 'rises'} {', '.join(steps)}."
            )
    return ""


def _step(measure: "Measure", turn: "Turn") -> str:
    before, after = measure.say(turn.before), measure.say(turn.after)
    if before == after:  # they differ in the decimals that are left out
        before, after = f"{turn.before:.8g}", f"{turn.after:.8g}"
    return f"from strength {turn.mild:g} ({before}) to {turn.strong:g} ({after})"


def _constant(run: "Run", dataset: str, labels: list[str]) -> list[str]:
    texts = []
    for label in labels:
        if is_constant(run, dataset, label):
            texts.append(
                f"{label} predicts only background: its Dice is 0 for every foreground class of the clean pictures. "
                "Its other scores come from the background and from the rule for absent classes."
            )
        elif name := only_class(run, dataset, label):
            texts.append(
                f"{label} predicts {name} everywhere: on the clean pictures it misses no pixel of {name}, and its "
                "Dice is 0 for every other class."
            )
    return texts


def _below(run: "Run", dataset: str, labels: list[str]) -> list[str]:
    """Name models below the baseline, but for those whose sentence already says so."""
    headline = run.headline
    baselines = [model.label for model in run.models(dataset) if model.name == _BASELINE]
    dice = {label: score(run.value(dataset, label)).text for label in labels}
    return [
        f"{label} scores below {baseline}, which only ever answers “background”: "
        f"Dice {dice[label]} against {dice[baseline]} on the clean pictures."
        for baseline in baselines[:1]
        for label in labels
        if _beats(run, dataset, baseline, label, headline)
        and not only_class(run, dataset, label)
        and not (headline.absent_class == "one" and _only_by_rule(run, dataset, baseline, label, headline))
    ]


def _by_rule(run: "Run", dataset: str, labels: list[str]) -> list[str]:
    return [
        f"{label} stands above {', '.join(beaten)} under {metric_set.name} only, which counts "
        "a class absent from picture and prediction as 1; where such classes are left out it stands below."
        for metric_set in run.record.metric_sets
        if metric_set.absent_class == "one"
        for label in labels
        if (beaten := [other for other in labels if _only_by_rule(run, dataset, label, other, metric_set)])
    ]


def _everywhere(run: "Run", dataset: str, model: str, metric_set: "MetricSet") -> str | None:
    names = run.class_names(dataset, metric_set.name)
    if run.dataset(dataset).classes[0] not in names:
        return None  # a binary set does not tell what became of the background
    dice = {name: run.value(dataset, model, metric_set=metric_set.name, class_name=name) for name in names}
    hit = [name for name, value in dice.items() if value is not None and value > _NOTHING]
    if len(hit) != 1 or hit[0] == names[0]:
        return None
    recall = run.value(dataset, model, metric_set=metric_set.name, metric="recall", class_name=hit[0])
    return hit[0] if recall is not None and recall >= 1 - _NOTHING else None


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
