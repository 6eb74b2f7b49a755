"""Warnings that a reader must not miss: scores and strengths that mean less than they seem to."""

from typing import TYPE_CHECKING

from registry.labels import can_score
from reports.record.boards import binary_set
from reports.record.measures import MEASURES, turns
from reports.tables.baselines import above_by_rule, below_baseline
from reports.tables.constant_models import only_background, only_class
from reports.tables.table import Caution, listed

if TYPE_CHECKING:
    from bench.record.run_record import PerturbationRecord
    from reports.record.measures import Measure, Turn
    from reports.record.run import Run


FEW_IMAGES = 30
"""With fewer images an interval is too narrow too often."""


def cautions(run: "Run", dataset: str) -> list[Caution]:
    """Return one sentence for each score that misleads, in the order of models and metric sets."""
    return [
        *_unscored(run, dataset),
        *_constant(run, dataset),
        *below_baseline(run, dataset),
        *above_by_rule(run, dataset),
        *_few(run, dataset),
        *_vanishing(run, dataset),
    ]


def order_caution(run: "Run", dataset: str, entry: "PerturbationRecord") -> str:
    """Return a sentence on a perturbation whose stronger levels do not all change the images more, else "".

    The measured RMSE has to grow from strength to strength; where it does, the SSIM has to fall.
    """
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


def _unscored(run: "Run", dataset: str) -> list[Caution]:
    if binary_set(run, dataset) is not None:
        return []
    return [
        Caution(
            (model.label,),
            f"{model.label} predicts an object against background and names no class; no metric set of this suite has "
            "the task binary, so it has no score.",
        )
        for model in run.models(dataset)
        if not can_score(run.headline.task, model.task)
    ]


def _constant(run: "Run", dataset: str) -> list[Caution]:
    labels = [model.label for model in run.models(dataset)]
    empty = [label for label in labels if only_background(run, dataset, label)]
    found = []
    if empty:
        text = (
            f"{listed(empty)} {'predicts' if len(empty) == 1 else 'predict'} only background: Dice is 0 for every "
            "foreground class of the clean images. Other scores come from the background and from the rule for absent "
            "classes."
        )
        found.append(Caution(tuple(empty), text))
    full = [(label, name) for label in labels if label not in empty and (name := only_class(run, dataset, label))]
    return found + [
        Caution(
            (label,),
            f"{label} predicts {name} everywhere: on the clean images it misses no pixel of {name}, and its Dice is 0 "
            "for every other class.",
        )
        for label, name in full
    ]


def _few(run: "Run", dataset: str) -> list[Caution]:
    """Name the models whose scores rest on few images."""
    counts = {model.label: row.n for model in run.models(dataset) if (row := run.row(dataset, model.label))}
    few = tuple(label for label, n in counts.items() if n < FEW_IMAGES)
    if not few:
        return []
    images = min(counts[label] for label in few)
    return [
        Caution(
            few,
            f"The scores rest on {images} image{'' if images == 1 else 's'}: another choice of images can change them "
            "by more than the intervals say.",
        )
    ]


def _vanishing(run: "Run", dataset: str) -> list[Caution]:
    """Name the models whose interval leaves resamples out, because a class has no pixel in them."""
    drawn = run.record.statistics.resamples if run.record.statistics else 0
    rows = {model.label: run.row(dataset, model.label) for model in run.models(dataset)}
    short = {label: row.resamples for label, row in rows.items() if row and 0 < row.resamples < drawn}
    if not short:
        return []
    text = (
        f"The interval is over {min(short.values())} of {drawn} resamples; in the others a class has no pixel, so that "
        "the score does not exist."
    )
    return [Caution(tuple(short), text)]
