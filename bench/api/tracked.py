"""What trackers are told once a run is over: curves of earlier trainings, final scores, the report."""

from pathlib import Path
from typing import TYPE_CHECKING

from bench.tracking.watchers import Watchers

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord, TrainingRecord
    from reports.record.run import Run
    from reports.record.statistics_rows import RankRow

FILES = ("report.html", "table.md", "summary.csv", "ranking.csv")


def tell_results(folder: Path, watchers: Watchers) -> None:
    """Tell a run's final scores with their intervals, and hand over its report and tables.

    Curves come too where nobody has followed the training: the checkpoint was there already.
    """
    from reports.record.run import open_run

    if not watchers:
        return
    run = open_run(folder)
    for model in run.record.models:
        name = _named(run, model.label, model.dataset)
        if model.training:
            _tell_curves(watchers, _named(run, model.label, model.training.dataset), model.training)
        if model.autoencoder and (first := model.autoencoder.training):
            _tell_curves(watchers, _named(run, f"the autoencoder of {model.label}", first.dataset), first)
        if scores := _scores(run, model):
            watchers.scores(name, scores)
    for file in FILES:
        watchers.keep(folder / file)


def _named(run: "Run", label: str, dataset: str) -> str:
    return f"{label} on {dataset}" if len(run.record.datasets) > 1 else label


def _tell_curves(watchers: Watchers, name: str, training: "TrainingRecord") -> None:
    if name in watchers.curved:
        return
    curves = {key: values for key, values in training.curves.model_dump().items() if values}
    for i in range(len(training.curves.epoch)):
        watchers.epoch(name, {key: values[i] for key, values in curves.items()})


def _scores(run: "Run", model: "ModelRecord") -> dict[str, float]:
    """Return a model's ranked scores by metric set, scope and metric, with the ends of their intervals."""
    found: dict[str, float] = {}
    for row in run.statistics.ranking:
        if (row.dataset, row.model) == (model.dataset, model.label):
            found |= _of_row(row)
    return found


def _of_row(row: "RankRow") -> dict[str, float]:
    name = f"{row.metric_set}/{row.scope}_{row.metric}"
    ends = {name: row.value, f"{name}_low": row.low, f"{name}_high": row.high}
    return {key: value for key, value in ends.items() if value is not None}
