"""How far a score is above those of the models that look at no image."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.labels import can_score
from reports.record.baselines import does

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord
    from reports.record.boards import Board
    from reports.record.run import Run

_LEAST = 1e-6
"""A score below this is 0 but for an epsilon: nothing is so many per cent above it."""


@dataclass(frozen=True)
class Gain:
    """What scores are compared with: the label of a baseline, and its score above 0."""

    baseline: str
    score: float

    def percent(self, score: float | None) -> float | None:
        """Return 100 (score / baseline - 1): by how many per cent a score is above the baseline's; None for none.

        >>> round(Gain("chance", 0.5).percent(0.815), 9)
        63.0
        """
        return None if score is None else 100 * (score / self.score - 1)


def baselines(run: "Run", board: "Board") -> "list[ModelRecord]":
    """Return the baselines for a board: those without a prompt, whatever the board's is, and the board's own.

    One of several that predict the same is enough.
    """
    found = [
        model
        for model in run.models(board.dataset)
        if does(model) and (model in board.models or takes_no_prompt(model, board))
    ]
    return list({(model.name, repr(model.parameters), model.prompt): model for model in reversed(found)}.values())[::-1]


def takes_no_prompt(model: "ModelRecord", board: "Board") -> bool:
    """Return whether a baseline was given less than any model of the board, and can be scored there."""
    return model.prompt == "none" and can_score(board.metric_set.task, model.task)


def gain(run: "Run", board: "Board", metric: str) -> Gain | None:
    """Return the gain over the board's best baseline by the clean mean of a metric.

    None where there is no baseline, or where the best one has no score above 0.
    """
    scores = {
        model.label: run.value(board.dataset, model.label, metric_set=board.metric_set.name, metric=metric)
        for model in baselines(run, board)
    }
    known = {label: value for label, value in scores.items() if value is not None and value > _LEAST}
    best = max(known, key=lambda label: known[label], default=None)
    return None if best is None else Gain(best, known[best])
