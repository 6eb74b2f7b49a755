"""Warnings that a reader must not miss: scores and strengths that mean less than they seem to."""

from typing import TYPE_CHECKING

from registry.labels import can_score
from reports.record.boards import binary_set
from reports.record.measures import MEASURES, turns
from reports.tables.baselines import above_by_rule, below_baseline
from reports.tables.constant_models import only_background, only_class
from reports.tables.table import listed

if TYPE_CHECKING:
    from bench.record.run_record import PerturbationRecord
    from reports.record.measures import Measure, Turn
    from reports.record.run import Run


def cautions(run: "Run", dataset: str) -> list[str]:
    """Return one sentence for each score that misleads, in the order of models and metric sets."""
    return [
        *_unscored(run, dataset),
        *_constant(run, dataset),
        *below_baseline(run, dataset),
        *above_by_rule(run, dataset),
    ]


def order_cautions(run: "Run", dataset: str) -> list[str]:
    """Return one sentence for each perturbation whose stronger levels do not all change the images more.

    The measured RMSE has to grow from strength to strength; where it does, the SSIM has to fall.
    """
    texts = [_order(run, dataset, entry) for entry in run.perturbations(dataset)]
    return [text for text in texts if text]


def _order(run: "Run", dataset: str, entry: "PerturbationRecord") -> str:
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
    before, after = measure.text(turn.before), measure.text(turn.after)
    if before == after:  # they differ in the decimals that are left out
        before, after = f"{turn.before:.8g}", f"{turn.after:.8g}"
    return f"from strength {turn.mild:g} ({before}) to {turn.strong:g} ({after})"


def _unscored(run: "Run", dataset: str) -> list[str]:
    if binary_set(run, dataset) is not None:
        return []
    return [
        f"{model.label} predicts an object against background and names no class; no metric set of this suite has the "
        "task binary, so it has no score."
        for model in run.models(dataset)
        if not can_score(run.headline.task, model.task)
    ]


def _constant(run: "Run", dataset: str) -> list[str]:
    labels = [model.label for model in run.models(dataset)]
    empty = [label for label in labels if only_background(run, dataset, label)]
    texts = []
    if empty:
        texts.append(
            f"{listed(empty)} {'predicts' if len(empty) == 1 else 'predict'} only background: Dice is 0 for every "
            "foreground class of the clean images. Other scores come from the background and from the rule for absent "
            "classes."
        )
    full = [(label, name) for label in labels if label not in empty and (name := only_class(run, dataset, label))]
    return texts + [
        f"{label} predicts {name} everywhere: on the clean images it misses no pixel of {name}, and its Dice is 0 "
        "for every other class."
        for label, name in full
    ]
