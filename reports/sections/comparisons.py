"""Model against model: the difference of each pair with its interval, and whether they can be told apart."""

from typing import TYPE_CHECKING, Any

from reports.record.boards import boards
from reports.record.run import CLEAN
from reports.record.verdict import PERTURBED
from reports.section import Section
from reports.tables.table import NOTHING, Table, TableCell, decimals, interval

if TYPE_CHECKING:
    from reports.record.boards import Board
    from reports.record.statistics_rows import ComparisonRow
    from reports.section import Page

_SCOPES = {CLEAN: "On clean images", PERTURBED: "Under perturbation (mean over all)"}
_RULES = (
    "Both models predict the same images, so the difference is taken image by image (paired). The interval holds 95 % "
    "of the differences over resamples of the images. p: the share of random swaps of the two models' results, image "
    "by image, that give a difference as large; corrected for the number of pairs in this table (Holm). Told apart: p "
    "below 0.05. Failures: images with a Dice below {below}; McNemar's exact test asks whether one model fails on more "
    "of them."
)

_TEMPLATE = """
{% from "parts.html" import table, heading, subheading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for entry, open in part.tables %}
<details{{ " open" if open }}><summary>{{ entry.title }}</summary>{{ table(entry) }}</details>
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    parts: list[dict[str, Any]] = [{"label": label, "tables": _tables(page, label)} for label in labels]
    parts = [part for part in parts if part["tables"]]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _tables(page: "Page", label: str) -> list[tuple[Table, bool]]:
    found = []
    for board in boards(page.run, label):
        for scope in _SCOPES:
            rows = board_comparisons(page.run.statistics.comparisons, board, scope)
            if rows:
                found.append((comparison_table(board, scope, rows), len(rows) <= 15))
    return found


def board_comparisons(rows: "tuple[ComparisonRow, ...]", board: "Board", scope: str) -> "list[ComparisonRow]":
    """Return the pairs of a board by their Dice."""
    wanted = (board.dataset, board.supervision, board.metric_set.name, "dice", scope)
    return [row for row in rows if row[:5] == wanted]


def comparison_table(board: "Board", scope: str, rows: "list[ComparisonRow]") -> Table:
    """Return a row for each pair: the better model first."""
    below = next((row.failure_below for row in rows if row.failure_below is not None), 0.5)
    header = ("model", "against", "difference of Dice", "p (Holm)", "told apart", "failures", "p (McNemar)")
    lines = tuple(_line(row) for row in rows)
    rules = _RULES.format(below=f"{below:g}")
    return Table(
        board.title(f"{_SCOPES[scope]}: pairs"), "", header, lines, frozenset({"model", "against", "told apart"}), rules
    )


def _line(row: "ComparisonRow") -> tuple[TableCell, ...]:
    ends = interval(row.low, row.high) if row.low is not None and row.high is not None else ""
    difference = NOTHING if row.difference is None else f"{'+' if row.difference > 0 else ''}{decimals(row.difference)}"
    fails = NOTHING if row.model_fails is None else f"{row.model_fails} against {row.other_fails}"
    return (
        TableCell(row.model),
        TableCell(row.other),
        TableCell(difference, interval=ends, best=row.told_apart),
        TableCell(probability(row.p_holm)),
        TableCell("yes" if row.told_apart else "no"),
        TableCell(fails, interval="" if row.images is None else f"of {row.images}"),
        TableCell(probability(row.mcnemar_p)),
    )


def probability(p: float | None) -> str:
    """Return a p value as papers print it.

    >>> probability(0.00004), probability(0.0312), probability(1.0)
    ('< 0.001', '0.031', '1.000')
    """
    return NOTHING if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


ENTRY = Section(20, "Model against model", _draw)
