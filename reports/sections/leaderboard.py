"""One row a model: clean score, mean over perturbations, drop, speed; beneath, what the models are and cost."""

from typing import TYPE_CHECKING

from reports.record.boards import boards
from reports.section import Section
from reports.tables.cautions import cautions
from reports.tables.facts import facts_table
from reports.tables.scores import leaderboard_table

if TYPE_CHECKING:
    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.section import Page
    from reports.tables.table import Table

_TEMPLATE = """
{% from "parts.html" import table, caution %}
{% for text in cautions %}{{ caution(text) }}{% endfor %}
{% for scores, facts in tables %}
<div class="board">
{{ table(scores) }}
{{ table(facts) }}
</div>
{% endfor %}
"""


def _draw(page: "Page") -> str:
    run = page.run
    labels = [dataset.label for dataset in run.record.datasets]
    several = len(labels) > 1
    return page.html(
        _TEMPLATE,
        tables=[_tables(run, one) for label in labels for one in boards(run, label)],
        cautions=[f"On {label}: {text}" if several else text for label in labels for text in cautions(run, label)],
    )


def _tables(run: "Run", board: "Board") -> "tuple[Table, Table]":
    return leaderboard_table(run, board, "Scores and speed"), facts_table(run, board)


ENTRY = Section(42, "Scores, size and speed", _draw)
