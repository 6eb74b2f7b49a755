"""Warnings about models against those that do nothing: a comparison is made within a board only."""

from typing import TYPE_CHECKING

from reports.record.baselines import does
from reports.record.boards import Board, boards, boards_of
from reports.record.gains import baselines, takes_no_prompt
from reports.tables.constant_models import only_background, only_class
from reports.tables.table import Caution, listed, score

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricSetRecord
    from reports.record.run import Run


def below_baseline(run: "Run", dataset: str) -> list[Caution]:
    """Name models below a baseline, each once, but for baselines and those that a caution of their own describes."""
    found: dict[tuple[str, str], Caution] = {}
    for board in boards(run, dataset):
        for baseline in baselines(run, board):
            for model in board.models:
                if not does(model) and _is_below(run, board, model, baseline):
                    text = _sentence(run, board, model, baseline)
                    found.setdefault((model.label, baseline.label), Caution((model.label,), text))
    return list(found.values())


def above_by_rule(run: "Run", dataset: str) -> list[Caution]:
    """Name models whose place on a board is owed to classes that are absent from image and prediction."""
    texts = []
    for metric_set in (entry for entry in run.record.metric_sets if entry.absent_class == "one"):
        above: dict[tuple[str, ...], list[str]] = {}
        for model in run.models(dataset):
            rivals = _rivals(run, model, metric_set)
            if beaten := tuple(other for other in rivals if _by_rule(run, model, other, metric_set)):
                above.setdefault(beaten, []).append(model.label)
        if above:
            pairs = "; ".join(f"{listed(models)} above {listed(beaten)}" for beaten, models in above.items())
            text = (
                f"Under {metric_set.name} only, which counts a class absent from image and prediction as 1, "
                f"the order is {pairs}; where such classes are left out it is the other way round."
            )
            owed = dict.fromkeys(label for models in above.values() for label in models)
            texts.append(Caution(tuple(owed), text, metric_set.name))
    return texts


def _is_below(run: "Run", board: Board, model: "ModelRecord", baseline: "ModelRecord") -> bool:
    metric_set, label = board.metric_set, model.label
    return (
        _beats(run, board.dataset, baseline.label, label, metric_set)
        and not only_background(run, board.dataset, label)
        and not only_class(run, board.dataset, label)
        and not (metric_set.absent_class == "one" and _by_rule(run, baseline, label, metric_set))
    )


def _sentence(run: "Run", board: Board, model: "ModelRecord", baseline: "ModelRecord") -> str:
    name = board.metric_set.name
    mine, theirs = (score(run.value(board.dataset, m.label, metric_set=name)).text for m in (model, baseline))
    under = "" if name == run.headline.name else f" under {name}"
    return (
        f"{model.label} scores below {baseline.label}, which {does(baseline)}: "
        f"Dice {mine} against {theirs} on the clean images{under}."
    )


def _rivals(run: "Run", model: "ModelRecord", metric_set: "MetricSetRecord") -> list[str]:
    """Return the models that a model may be compared with: those of its board; all, for a baseline without a prompt."""
    return [
        label
        for board in boards_of(run, model.dataset, metric_set)
        if model in board.models or (does(model) and takes_no_prompt(model, board))
        for label in board.labels
    ]


def _by_rule(run: "Run", model: "ModelRecord", other: str, metric_set: "MetricSetRecord") -> bool:
    """Return whether `model` beats `other` here and loses under every set that leaves absent classes out."""
    strict = [entry for entry in run.record.metric_sets if entry.absent_class == "skip"]
    return (
        bool(strict)
        and _beats(run, model.dataset, model.label, other, metric_set)
        and all(_beats(run, model.dataset, other, model.label, entry) for entry in strict)
    )


def _beats(run: "Run", dataset: str, model: str, other: str, metric_set: "MetricSetRecord") -> bool:
    mine = run.value(dataset, model, metric_set=metric_set.name)
    theirs = run.value(dataset, other, metric_set=metric_set.name)
    return mine is not None and theirs is not None and mine > theirs
