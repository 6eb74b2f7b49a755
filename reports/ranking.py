"""The leaderboard: one row a model, from the rows of ``summary.csv`` alone."""

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reports.record import Perturbation
    from reports.run import Run


@dataclass(frozen=True)
class LeaderboardRow:
    """One model on one data set under the headline metric set; None where a number does not exist (yet).

    `perturbed` is the mean Dice over each perturbation's non-identity strengths, then over perturbations;
    it exists once every planned condition has a score, because a mean over other conditions than the next
    model's would not compare. `drop` is `dice` - `perturbed`. `done` of `planned` conditions are evaluated,
    the clean one included; `n` counts the images behind `dice`. `untrained`: its training ran no epoch.
    """

    dataset: str
    model: str
    dice: float | None
    miou: float | None
    perturbed: float | None
    drop: float | None
    done: int
    planned: int
    n: int
    parameters: int | None
    checkpoint: str | None
    precision: str | None
    images_per_second: float | None
    untrained: bool = False


def mean_dice(run: "Run", dataset: str, model: str, perturbation: "Perturbation") -> float | None:
    """Return the mean Dice over the perturbation's non-identity strengths, None unless all have one."""
    values = [run.value(dataset, model, perturbation.label, strength) for strength in perturbation.strengths]
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def perturbed_dice(run: "Run", dataset: str, model: str) -> float | None:
    """Return the mean of `mean_dice` over the perturbations, None unless all have one."""
    values = [mean_dice(run, dataset, model, entry) for entry in run.record.perturbations]
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def rank(run: "Run", dataset: str) -> list[LeaderboardRow]:
    """Return the rows of one data set, best clean Dice first, models without a score last."""
    rows = [_leaderboard_row(run, dataset, model.label) for model in run.models(dataset)]
    return sorted(rows, key=lambda row: -1.0 if row.dice is None else row.dice, reverse=True)


def _leaderboard_row(run: "Run", dataset: str, label: str) -> LeaderboardRow:
    model = next(entry for entry in run.models(dataset) if entry.label == label)
    clean = run.row(dataset, label)
    dice = clean.value if clean else None
    perturbed = perturbed_dice(run, dataset, label)
    speeds = [t.images_per_second for t in run.record.throughput if (t.dataset, t.model) == (dataset, label)]
    planned = [(entry.label, strength) for entry in run.record.perturbations for strength in entry.strengths]
    return LeaderboardRow(
        dataset=dataset,
        model=label,
        dice=dice,
        miou=run.value(dataset, label, metric="iou"),
        perturbed=perturbed,
        drop=dice - perturbed if dice is not None and perturbed is not None else None,
        done=run.has(dataset, label) + sum(run.has(dataset, label, *condition) for condition in planned),
        planned=1 + len(planned),
        n=clean.n if clean else 0,
        parameters=model.parameters_total,
        checkpoint=model.checkpoint.state_hash if model.checkpoint else None,
        precision=model.precision,
        images_per_second=speeds[0] if speeds else None,
        untrained=model.training is not None and model.training.untrained,
    )
