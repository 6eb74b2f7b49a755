"""Scores on unperturbed images: tables for each board and metric set, bars as files."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.bars import class_bars, mean_bars
from reports.record.boards import boards, boards_of
from reports.section import Section
from reports.tables.clean_tables import clean_tables

if TYPE_CHECKING:
    from reports.record.boards import Board
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table, heading, subheading %}
{% for part in parts %}
{{ heading(part.label, parts|length) }}
{% for board in part.boards %}
{{ subheading(board.name, parts|length) }}
{% for entry in board.tables %}{{ table(entry) }}{% endfor %}
{% endfor %}
{% for entry in part.folded %}
<details><summary>{{ entry.title }}</summary>{{ table(entry) }}</details>
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    return page.html(_TEMPLATE, parts=[_part(page, dataset.label) for dataset in page.run.record.datasets])


def _part(page: "Page", label: str) -> dict[str, Any]:
    run, shown = page.run, boards(page.run, label)
    others = [board for entry in run.record.metric_sets for board in boards_of(run, label, entry) if board not in shown]
    return {
        "label": label,
        "boards": [_board(page, board, len(shown) > 1) for board in shown],
        "folded": [table for board in others for table in clean_tables(run, board)],
    }


def _board(page: "Page", board: "Board", several: bool) -> dict[str, Any]:
    run, label, names = page.run, board.dataset, ", ".join(board.labels)
    bars = {"clean-means": mean_bars, "dice-by-class": class_bars}
    if board.metric_set.task == "binary":  # its one class is its mean
        del bars["dice-by-class"]
    for name, plot in bars.items():  # for papers; the page has the table, which says more
        page.figure(f"{name}-{label}{board.slug}", f"Bar chart of {names} on clean {label}.", partial(plot, run, board))
    return {"name": board.heading if several else "", "tables": clean_tables(run, board)}


ENTRY = Section(40, "Clean images", _draw)
