"""Which models stand in one table: those of one task, one metric set and one group of supervision."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.labels import NO_GROUND_TRUTH, SUPERVISION, can_score, group_words
from reports.record.baselines import does

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricSetRecord
    from reports.record.run import Run


@dataclass(frozen=True)
class Board:
    """Models of one data set that may be compared: no table, chart or caution compares across boards.

    A model whose prompt was made from the ground truth knows more than one that only sees the image, and separating
    an object from the background is an easier task than naming its class.
    """

    dataset: str
    metric_set: "MetricSetRecord"
    supervision: str
    models: tuple["ModelRecord", ...]
    slug: str = ""

    @property
    def name(self) -> str:
        """Return group, task and metric set in words."""
        task = "a class for each pixel" if self.metric_set.task == "classes" else "object or background for each pixel"
        return f"models {group_words(self.supervision)}, {task}, metric set {self.metric_set.name}"

    @property
    def heading(self) -> str:
        """Return the name with a capital."""
        return self.name[0].upper() + self.name[1:]

    @property
    def labels(self) -> list[str]:
        """Return the labels of the models."""
        return [model.label for model in self.models]

    @property
    def prompted(self) -> bool:
        """Return whether a model was prompted, so that every table has to name the prompts."""
        return any(model.prompt != "none" for model in self.models)

    def title(self, what: str) -> str:
        """Return the title of a table of this board; the first board of a data set needs no further words."""
        return f"{what} on {self.dataset}{f': {self.name}' if self.slug else ''}"


def boards(run: "Run", dataset: str) -> list[Board]:
    """Return the boards of leaderboard and figures.

    Those of the headline come first, then, where a model names no classes, those of the first metric set that
    can score it. A data set without models has one empty board.
    """
    sets = [run.headline, binary_set(run, dataset)]
    found = [board for metric_set in sets if metric_set for board in boards_of(run, dataset, metric_set)]
    return found or [Board(dataset, run.headline, NO_GROUND_TRUTH, ())]


def boards_of(run: "Run", dataset: str, metric_set: "MetricSetRecord") -> list[Board]:
    """Return the boards of one metric set: a group each, of the models that the set can score."""
    models = [model for model in run.models(dataset) if can_score(metric_set.task, model.task)]
    order = dict.fromkeys([*SUPERVISION, *(model.supervision for model in models)])
    models.sort(key=lambda model: bool(does(model)))  # baselines last, whatever their score
    members = {group: tuple(model for model in models if model.supervision == group) for group in order}
    return [
        Board(dataset, metric_set, group, found, _slug(run, metric_set, group))
        for group, found in members.items()
        if found
    ]


def binary_set(run: "Run", dataset: str) -> "MetricSetRecord | None":
    """Return the first set that scores models without classes; None where there is no such set, or no need of it."""
    if all(can_score(run.headline.task, model.task) for model in run.models(dataset)):
        return None
    return next((entry for entry in run.record.metric_sets if entry.task == "binary"), None)


def _slug(run: "Run", metric_set: "MetricSetRecord", group: str) -> str:
    """Return the part of a file name that separates a board's figures from the first board's; "" for that one."""
    parts = [
        "" if metric_set.name == run.headline.name else metric_set.name,
        "" if group == NO_GROUND_TRUTH else group.split()[0],
    ]
    return "".join(f"-{part}" for part in parts if part)
