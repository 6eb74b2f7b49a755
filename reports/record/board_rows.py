"""Rows of the tables of statistics by the board that they are about."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.record.boards import Board
    from reports.record.statistics_rows import RobustnessRow


def find_summary(
    rows: "Sequence[RobustnessRow]", board: "Board", model: str, measure: str, perturbation: str = "all"
) -> "RobustnessRow | None":
    """Return a board's summary of the Dice of a model over a perturbation, None where there is none."""
    wanted = (board.dataset, model, board.supervision, board.metric_set.name, "dice", measure, perturbation)
    return next((row for row in rows if row[:7] == wanted), None)
