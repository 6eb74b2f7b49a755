"""What perturbations cost, in the numbers that papers use: mPC, rPC, CD, areas, half-strengths, the worst case."""

from typing import TYPE_CHECKING

from reports.record.baselines import does
from reports.record.board_rows import find_summary
from reports.record.boards import boards
from reports.section import Section
from reports.tables.scores import name_cells, name_header
from reports.tables.table import NOTHING, Table, TableCell, score

if TYPE_CHECKING:
    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.record.statistics_rows import RobustnessRow
    from reports.section import Page

_MEASURES = {
    "drop": "drop",
    "mpc": "mPC",
    "rpc": "rPC",
    "auc_strength": "area, strength",
    "auc_rmse": "area, RMSE",
    "worst_image": "worst case per image",
    "worst_perturbation": "worst perturbation",
    "mcd": "mCD",
    "mrcd": "mrCD",
    "mce": "mCE",
}
"""The columns, as far as the run has them."""
_RULES = {
    "drop": "Drop: clean minus mPC.",
    "mpc": "mPC: the mean over strengths, then over perturbations (Michaelis 2019).",
    "rpc": "rPC: mPC over the clean score.",
    "auc_strength": "Area: under the curve of Dice against the strength, from clean (0) to the strongest (1).",
    "auc_rmse": "Area, RMSE: the same against what the strengths changed, as measured.",
    "worst_image": "Worst case per image: each image's lowest Dice over all conditions, then the mean over images.",
    "worst_perturbation": "Worst perturbation: the lowest mean over the strengths of one perturbation.",
    "mcd": (
        "mCD: the error 1 - score, summed over strengths, over that of the reference model, mean over perturbations "
        "(Kamann and Rother 2020); below 1 is better than the reference."
    ),
    "mrcd": "mrCD: the same with the increase of the error from clean.",
    "mce": "mCE: as mCD, in the form of Hendrycks and Dietterich 2019.",
}

_TEMPLATE = """
{% from "parts.html" import table, heading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for entry in part.tables %}{{ table(entry) }}{% endfor %}
{% for entry in part.folded %}<details><summary>{{ entry.title }}</summary>{{ table(entry) }}</details>{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    parts = []
    for dataset in page.run.record.datasets:
        shown = boards(page.run, dataset.label)
        found = [entry for board in shown if (entry := summary_table(page.run, board))]
        halves = [entry for board in shown if (entry := half_table(page.run, board))]
        if found:
            parts.append({"label": dataset.label, "tables": found, "folded": halves})
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def summary_table(run: "Run", board: "Board") -> Table | None:
    """Return one row a model with the summaries over all perturbations; None where the run has none."""
    rows = {(model.label, one): _summary(run, board, model.label, one) for model in board.models for one in _MEASURES}
    shown = [one for one in _MEASURES if any(row for (_, measure), row in rows.items() if measure == one)]
    if not shown:
        return None
    reference = next((row.reference for row in rows.values() if row and row.reference), "")
    titles = [_MEASURES[one] + (f" (reference {reference})" if one in ("mcd", "mrcd", "mce") else "") for one in shown]
    lines = tuple(
        (
            *name_cells(board, model, "(baseline)" if does(model) else ""),
            *(_cell(rows[model.label, one]) for one in shown),
        )
        for model in board.models
    )
    rules = " ".join(_RULES[one] for one in shown if one in _RULES)
    title = board.title("Robustness in summary")
    return Table(title, "", (*name_header(board), *titles), lines, frozenset({"model", "prompt"}), rules)


def _summary(run: "Run", board: "Board", model: str, measure: str) -> "RobustnessRow | None":
    if measure == "worst_perturbation":  # its row names the perturbation
        for row in run.statistics.robustness:
            place = (row.dataset, row.model, row.supervision, row.metric_set, row.metric, row.measure)
            if place == (board.dataset, model, board.supervision, board.metric_set.name, "dice", measure):
                return row
        return None
    return find_summary(run.statistics.robustness, board, model, measure)


def _cell(row: "RobustnessRow | None") -> TableCell:
    if row is None or row.value is None:
        return TableCell(row.note if row and row.note else NOTHING)
    cell = score(row)
    return (
        TableCell(f"{row.perturbation}: {cell.text}", interval=cell.interval)
        if row.measure == "worst_perturbation"
        else cell
    )


def half_table(run: "Run", board: "Board") -> Table | None:
    """Return the strength at which half of the clean Dice is left: a row a perturbation, a column a model."""
    known, entries = run.statistics.robustness, run.perturbations(board.dataset)
    rows = [[find_summary(known, board, label, "x50_strength", one.label) for label in board.labels] for one in entries]
    if not any(found for row in rows for found in row):
        return None
    lines = tuple(
        (TableCell(run.title(entry)), *(_half(found) for found in row))
        for entry, row in zip(entries, rows, strict=True)
    )
    return Table(
        board.title("Relative strength at which half of the clean Dice is lost"),
        "",
        ("perturbation", *board.labels),
        lines,
        frozenset({"perturbation"}),
        "0 is the clean image, 1 the strongest level; linear between strengths. Not reached: more than half is left at "
        "the strongest level.",
    )


def _half(row: "RobustnessRow | None") -> TableCell:
    if row is None:
        return TableCell(NOTHING)
    if row.value is None:
        return TableCell("not reached" if row.note == "censored" else row.note or NOTHING)
    return TableCell(f"{row.value:.3g}")


ENTRY = Section(25, "Robustness in summary", _draw)
