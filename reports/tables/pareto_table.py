"""Quality against cost of the models of a board: the points of the Pareto figures, and their table."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from reports.record.pareto import on_front
from reports.record.ranking import perturbed_dice
from reports.record.speed import fastest, names, size_words, smallest, variant_words
from reports.tables.facts import count
from reports.tables.table import NOTHING, Table, TableCell, score, significant

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.record.speed_rows import SpeedRow


@dataclass(frozen=True)
class Cost:
    """One thing that a model costs; `sign` makes less of it better: images/s are no cost."""

    name: str
    label: str
    value: "Callable[[Offer], float | None]"
    text: "Callable[[float | None], str]"
    sign: int = 1


class Offer(NamedTuple):
    """One model, variant and size: what it scores (clean, perturbed) and what it costs.

    `row`: its fastest measurement; `least`: the one of its smallest batch.
    """

    name: str
    row: "SpeedRow"
    least: "SpeedRow"
    dice: float | None
    perturbed: float | None

    @property
    def label(self) -> str:
        """Return model and variant."""
        return f"{self.name}, {variant_words(self.row)}"


COSTS = (
    Cost("images/s", "images/s, predict, best batch size", lambda one: one.row.images_per_second, significant, -1),
    Cost("parameters", "parameters", lambda one: one.row.parameters, lambda value: count(_whole(value))),
    Cost("MiB", "peak memory of the GPU (MiB), smallest batch size", lambda one: one.least.allocator_mib, significant),
    Cost("J/image", "energy (J/image), best batch size", lambda one: one.row.joules_per_image, significant),
)
SCORES: "dict[str, Callable[[Offer], float | None]]" = {
    "clean Dice": lambda one: one.dice,
    "perturbed Dice": lambda one: one.perturbed,
}


class Panel(NamedTuple):
    """One figure: offers that have this score and this cost, as (cost, score), and which are on the front."""

    score: str
    cost: Cost
    offers: "list[Offer]"
    points: list[tuple[float, float]]
    front: list[bool]


def offers(run: "Run", board: "Board") -> list[Offer]:
    """Return what the board's models offer, by `predict`; only those that were scored have a Dice."""
    rows = [row for row in fastest(run, board.dataset) if row.model in board.labels]
    called = names(rows)
    return [
        Offer(called[row.model, row.height, row.width], row, smallest(run, board.dataset, row), *_dice(run, board, row))
        for row in rows
    ]


def _dice(run: "Run", board: "Board", row: "SpeedRow") -> tuple[float | None, float | None]:
    """Return clean and mean perturbed Dice of what was timed, by the board's metric set."""
    # A folder can hold clean cells of an earlier precision; everything else in it is of the present one.
    now = {model.label: model.precision for model in run.models(row.dataset)}.get(row.model)
    same = row.scored and row.precision == now
    perturbed = perturbed_dice(run, row.dataset, row.model, board.metric_set) if same else None
    if board.metric_set.name == run.headline.name:
        return row.dice, perturbed
    return run.value(row.dataset, row.model, metric_set=board.metric_set.name) if same else None, perturbed


def panels(found: list[Offer]) -> list[Panel]:
    """Return the pairs of score and cost that at least two offers have."""
    made = []
    for title, score_of in SCORES.items():
        for cost in COSTS:
            known = [
                (one, (x, y))
                for one in found
                if (x := cost.value(one)) is not None and (y := score_of(one)) is not None
            ]
            if len(known) > 1:
                points = [point for _, point in known]
                front = on_front([(cost.sign * x, y) for x, y in points])
                made.append(Panel(title, cost, [one for one, _ in known], points, front))
    return made


def pareto_table(board: "Board", found: list[Offer], drawn: list[Panel]) -> Table:
    """Return scores and costs of each offer, and the figures in which it is on the front."""
    rows = []
    for one in found:
        fronts = [
            f"{panel.score} by {panel.cost.name}"
            for panel in drawn
            if any(each is one and on for each, on in zip(panel.offers, panel.front, strict=True))
        ]
        costs = (TableCell(cost.text(cost.value(one))) for cost in COSTS)
        names = map(TableCell, (one.row.model, variant_words(one.row), size_words(one.row)))
        rows.append(
            (*names, *(score(of(one)) for of in SCORES.values()), *costs, TableCell(", ".join(fronts) or NOTHING))
        )
    return Table(
        board.title("Quality against cost"),
        "On the front: no other row scores as much at less cost. Only what was scored at the precision that was timed "
        "has a Dice. Images/s and J/image: predict, at the best batch size; MiB: of a GPU, at the smallest one (on a "
        "CPU only the whole process is known, which holds more than the model).",
        ("model", "variant", "input", *SCORES, *(cost.name for cost in COSTS), "on the front"),
        tuple(rows),
        frozenset({"model", "variant", "input", "on the front"}),
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
