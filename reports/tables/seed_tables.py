"""The spread of scores over trainings with different seeds, beside the interval over images."""

from statistics import fmean, stdev
from typing import TYPE_CHECKING, NamedTuple

from reports.record.ranking import perturbed_dice
from reports.tables.scores import policy
from reports.tables.table import NOTHING, Table, TableCell, score, words

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord
    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.record.statistics_rows import SeedRow

CLEAN = "clean"


class SeedSpread(NamedTuple):
    """Scores of trainings that differ in their seeds: how many have one, their mean, deviation and extremes."""

    seeds: int
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None


def trainings(board: "Board") -> "dict[str, list[ModelRecord]]":
    """Return the models of a board that differ only in the seed of their training, by their common label."""
    found: dict[str, list[ModelRecord]] = {}
    for model in board.models:
        if model.group:
            found.setdefault(model.group, []).append(model)
    return found


def seeds_table(run: "Run", board: "Board") -> Table:
    """Return a row for each training, and after those of a model one with mean ± deviation and least to greatest."""
    rows = []
    for group, models in trainings(board).items():
        rows += [_training(run, board, model) for model in models]
        rows.append(_summary(run, board, group, models))
    return Table(
        board.title("Dice by seed of the training"),
        policy(run, board.dataset, board.metric_set, board.labels),
        ("model", "clean Dice", "over images, 95 %", "over seeds", "perturbed Dice", "over seeds, perturbed"),
        tuple(rows),
        frozenset({"model"}),
    )


def _training(run: "Run", board: "Board", model: "ModelRecord") -> tuple[TableCell, ...]:
    row = run.row(board.dataset, model.label, metric_set=board.metric_set.name)
    perturbed = perturbed_dice(run, board.dataset, model.label, board.metric_set)
    interval = _range(row.low, row.high) if row else NOTHING
    value = score(row.value if row else None)
    return *words(model.label), value, TableCell(interval), TableCell(NOTHING), score(perturbed), TableCell(NOTHING)


def _summary(run: "Run", board: "Board", group: str, models: "list[ModelRecord]") -> tuple[TableCell, ...]:
    clean = next(
        (_of_row(row) for row in run.statistics.seeds if _is_clean(row, board, group)), SeedSpread(0, *[None] * 4)
    )
    values = [perturbed_dice(run, board.dataset, model.label, board.metric_set) for model in models]
    perturbed = _spread([value for value in values if value is not None])
    return (
        *words(f"{group}: mean ± sd of {clean.seeds} seeds"),
        TableCell(_plus_minus(clean)),
        TableCell(NOTHING),
        TableCell(_range(clean.low, clean.high)),
        TableCell(_plus_minus(perturbed)),
        TableCell(_range(perturbed.low, perturbed.high)),
    )


def _is_clean(row: "SeedRow", board: "Board", group: str) -> bool:
    place = (board.dataset, group, board.supervision, CLEAN, board.metric_set.name, "dice", "mean")
    there = (row.dataset, row.model, row.supervision, row.perturbation, row.metric_set, row.metric, row.class_name)
    return there == place


def _of_row(row: "SeedRow") -> SeedSpread:
    return SeedSpread(row.seeds, row.mean, row.sd, row.min, row.max)


def _spread(values: list[float]) -> SeedSpread:
    if not values:
        return SeedSpread(0, None, None, None, None)
    return SeedSpread(len(values), fmean(values), stdev(values) if len(values) > 1 else None, min(values), max(values))


def _plus_minus(spread: SeedSpread) -> str:
    mean = score(spread.mean).text
    return mean if spread.sd is None else f"{mean} ± {score(spread.sd).text}"


def _range(low: float | None, high: float | None) -> str:
    return NOTHING if low is None or high is None else f"{score(low).text} to {score(high).text}"
