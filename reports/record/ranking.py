"""The leaderboard: one row a model of a board, from the rows of ``summary.csv`` alone."""

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from reports.record.baselines import does
from reports.record.gains import gain

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricSetRecord, PerturbationRecord
    from reports.record.boards import Board
    from reports.record.gains import Gain
    from reports.record.run import Run


@dataclass(frozen=True)
class LeaderboardRow:
    """One model on one board; None where a number does not exist (yet).

    Rows of equal `dataset`, `metric_set` and `supervision` are one board, and only they compare. `prompt`: the
    policy by which the model was prompted.

    `perturbed` is the mean Dice over each perturbation's non-identity strengths, then over perturbations;
    it exists once every planned condition has a score, because a mean over other conditions than the next
    model's would not compare. `drop` is `dice` - `perturbed`. `done` of `planned` conditions are evaluated,
    the clean one included; `n` counts the images behind `dice`. `untrained`: its training ran no epoch.
    `oracle_dice`, `oracle_miou`: of the best of a model's several masks, chosen by the ground truth; never ranked by.
    `gain`: how many per cent `dice` is above that of `baseline`, the board's best model that looks at no image; both
    are None where there is none or it scores 0.
    `seen`: the perturbations of this data set that were among the training images.
    """

    dataset: str
    metric_set: str
    supervision: str
    model: str
    prompt: str
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
    oracle_dice: float | None = None
    oracle_miou: float | None = None
    seen: tuple[str, ...] = ()
    baseline: str | None = None
    gain: float | None = None


def mean_dice(
    run: "Run", dataset: str, model: str, perturbation: "PerturbationRecord", metric_set: "MetricSetRecord"
) -> float | None:
    """Return the mean Dice over the perturbation's non-identity strengths, None unless all have one."""
    values = [
        run.value(dataset, model, perturbation.label, strength, metric_set=metric_set.name)
        for strength in perturbation.strengths
    ]
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def perturbed_dice(run: "Run", dataset: str, model: str, metric_set: "MetricSetRecord") -> float | None:
    """Return the mean of `mean_dice` over the data set's perturbations, None unless all have one."""
    values = [mean_dice(run, dataset, model, entry, metric_set) for entry in run.perturbations(dataset)]
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


def rank(run: "Run", board: "Board") -> list[LeaderboardRow]:
    """Return the rows of one board, best clean Dice first, then models without a score, then baselines."""
    above, baselines = gain(run, board, "dice"), {model.label for model in board.models if does(model)}
    rows = [_row(run, board, model, above) for model in board.models]
    return sorted(rows, key=lambda row: (row.model in baselines, 1.0 if row.dice is None else -row.dice))


def _row(run: "Run", board: "Board", model: "ModelRecord", above: "Gain | None") -> LeaderboardRow:
    dataset, label, name = board.dataset, model.label, board.metric_set.name
    clean = run.row(dataset, label, metric_set=name)
    dice = clean.value if clean else None
    perturbed = perturbed_dice(run, dataset, label, board.metric_set)
    speeds = [t.images_per_second for t in run.record.throughput if (t.dataset, t.model) == (dataset, label)]
    planned = [(entry.label, strength) for entry in run.perturbations(dataset) for strength in entry.strengths]
    return LeaderboardRow(
        dataset=dataset,
        metric_set=name,
        supervision=board.supervision,
        model=label,
        prompt=model.prompt,
        dice=dice,
        miou=run.value(dataset, label, metric_set=name, metric="iou"),
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
        oracle_dice=run.value(dataset, label, metric_set=name, metric="oracle_dice"),
        oracle_miou=run.value(dataset, label, metric_set=name, metric="oracle_iou"),
        seen=tuple(entry.label for entry in run.perturbations(dataset) if model.saw(entry.names)),
        baseline=above.baseline if above else None,
        gain=above.percent(dice) if above else None,
    )
