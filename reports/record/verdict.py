"""What a run says about its models, board by board: who is best, how sure that is, where the best one fails."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.record.baselines import does
from reports.record.ranking import rank
from reports.record.run import CLEAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.record.boards import Board
    from reports.record.ranking import LeaderboardRow
    from reports.record.rows import ScoreRow
    from reports.record.run import Run
    from reports.record.statistics_rows import RankRow

PERTURBED = "perturbed"
"""The scope of a rank over all perturbations: the mean over perturbations of the mean over strengths."""


@dataclass(frozen=True)
class Standing:
    """One model on a board: its scores with their intervals; None where there is none (yet).

    clean, perturbed: its places in the two rankings. foreground: the mean of its clean Dice over the classes without
    the background. worst: its lowest condition. baseline: it looks at no image.
    """

    row: "LeaderboardRow"
    score: "ScoreRow | None"
    clean: "RankRow | None"
    perturbed: "RankRow | None"
    foreground: float | None
    worst: "ScoreRow | None"
    baseline: bool


def standings(run: "Run", board: "Board") -> list[Standing]:
    """Return the models of a board, best clean Dice first, baselines last."""
    baselines = {model.label for model in board.models if does(model)}
    found = [_standing(run, board, row, row.model in baselines) for row in rank(run, board)]
    return sorted(found, key=lambda one: one.baseline)


def _standing(run: "Run", board: "Board", row: "LeaderboardRow", baseline: bool) -> Standing:
    name = board.metric_set.name
    return Standing(
        row,
        run.row(board.dataset, row.model, metric_set=name),
        place(run, board, row.model, CLEAN),
        place(run, board, row.model, PERTURBED),
        _foreground(run, board, row.model),
        worst_condition(run, board, row.model),
        baseline,
    )


def place(run: "Run", board: "Board", model: str, scope: str, metric: str = "dice") -> "RankRow | None":
    """Return a model's row of ``ranking.csv``, None where it does not rank (yet) or the run is older."""
    wanted = (board.dataset, board.supervision, board.metric_set.name, metric, scope, model)
    return next((row for row in run.statistics.ranking if row[:6] == wanted), None)


def _foreground(run: "Run", board: "Board", model: str) -> float | None:
    """Return the mean clean Dice of the classes without the background; a background of .93 hides a cat of .38."""
    dataset, name = run.dataset(board.dataset), board.metric_set.name
    classes = [one for one in run.class_names(board.dataset, name) if one != dataset.classes[0]]
    if not dataset.background or not classes or board.metric_set.task == "binary":
        return None
    values = [run.value(board.dataset, model, metric_set=name, class_name=one) for one in classes]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def worst_condition(run: "Run", board: "Board", model: str) -> "ScoreRow | None":
    """Return the row of the condition with a model's lowest Dice, the clean one included."""
    name = board.metric_set.name
    conditions = [(CLEAN, 0.0), *((e.label, s) for e in run.perturbations(board.dataset) for s in e.strengths)]
    rows = [run.row(board.dataset, model, *one, metric_set=name) for one in conditions]
    known = [(row.value, i, row) for i, row in enumerate(rows) if row and row.value is not None]
    return min(known, default=(0.0, 0, None))[2]


def leaders(found: "Sequence[Standing]", scope: str) -> "list[RankRow]":
    """Return the rows of the first tie group of a ranking, the best first."""
    rows = [one.clean if scope == CLEAN else one.perturbed for one in found]
    ranked = sorted((row for row in rows if row), key=lambda row: row.rank)
    return [row for row in ranked if row.tie_group == ranked[0].tie_group]


def followers(found: "Sequence[Standing]", scope: str) -> "list[RankRow]":
    """Return the rows behind the first tie group, without baselines, the best first."""
    first = {row.model for row in leaders(found, scope)}
    rows = [one.clean if scope == CLEAN else one.perturbed for one in found if not one.baseline]
    return sorted((row for row in rows if row and row.model not in first), key=lambda row: row.rank)
