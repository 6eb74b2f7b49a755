"""Where it hurts: each model under each perturbation as a coloured table, whose cells lead to the worst images."""

from typing import TYPE_CHECKING, Any

from reports.record.anchors import worst_anchor
from reports.record.baselines import does
from reports.record.board_rows import find_summary
from reports.record.boards import boards
from reports.record.ranking import mean_dice
from reports.section import Section
from reports.tables.scores import policy
from reports.tables.table import SEEN, Table, TableCell, score

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord
    from bench.record.run_record import PerturbationRecord
    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.section import Page

_SHADES = 10
"""Colours of the map, 0 for the lowest scores."""

_TEMPLATE = """
{% from "parts.html" import table, heading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
<div class="heat">{% for entry in part.tables %}{{ table(entry) }}{% endfor %}</div>
{% endfor %}
<p class="note">The darker a cell, the lower its Dice. A cell leads to the worst images of its model.</p>
"""


def _draw(page: "Page") -> str:
    run = page.run
    labels = [dataset.label for dataset in run.record.datasets if run.perturbations(dataset.label)]
    parts: list[dict[str, Any]] = [
        {"label": label, "tables": [heat_table(run, board) for board in boards(run, label) if board.models]}
        for label in labels
    ]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def heat_table(run: "Run", board: "Board") -> Table:
    """Return the mean Dice over the strengths of each perturbation, a row each, a column a model; baselines last."""
    models = sorted(board.models, key=lambda model: bool(does(model)))
    rows = [
        (TableCell(run.title(entry)), *(_cell(run, board, model, entry) for model in models))
        for entry in run.perturbations(board.dataset)
    ]
    seen = any(model.saw(entry.names) for model in models for entry in run.perturbations(board.dataset))
    note = f"Mean Dice over the strengths.{f' {SEEN} The model saw this perturbation in training.' if seen else ''}"
    header = ("perturbation", *(model.label for model in models))
    rules = policy(run, board.dataset, board.metric_set, board.labels)
    return Table(board.title("Every perturbation"), note, header, tuple(rows), frozenset({"perturbation"}), rules)


def _cell(run: "Run", board: "Board", model: "ModelRecord", entry: "PerturbationRecord") -> TableCell:
    mean = mean_dice(run, board.dataset, model.label, entry, board.metric_set)
    found = find_summary(run.statistics.robustness, board, model.label, "mpc", entry.label)
    cell = score(found if found and found.value is not None else mean, mark=SEEN if model.saw(entry.names) else "")
    if mean is None:
        return cell
    link = "" if does(model) else worst_anchor(board.dataset, model.label, entry.label)
    return TableCell(cell.text, interval=cell.interval, heat=shade(mean), link=link)


def shade(value: float) -> int:
    """Return the colour of a score from 0 to 1.

    >>> shade(0.0), shade(0.5), shade(1.0)
    (0, 5, 9)
    """
    return min(max(int(value * _SHADES), 0), _SHADES - 1)


ENTRY = Section(15, "Every perturbation", _draw)
