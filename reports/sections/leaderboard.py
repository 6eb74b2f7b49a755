"""One row a model: clean score, mean over perturbations, drop, speed; beneath, what the models are and cost."""

from typing import TYPE_CHECKING

from reports.record.boards import boards
from reports.section import Section
from reports.tables.facts import facts_table
from reports.tables.scores import leaderboard_table

if TYPE_CHECKING:
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table %}
{% for scores, facts in tables %}
<div class="board">
{{ table(scores) }}
{{ table(facts) }}
</div>
{% endfor %}
"""


def _draw(page: "Page") -> str:
    run = page.run
    shown = [board for dataset in run.record.datasets for board in boards(run, dataset.label)]
    tables = [(leaderboard_table(run, one, "Scores and speed"), facts_table(run, one)) for one in shown]
    return page.html(_TEMPLATE, tables=tables)


ENTRY = Section(42, "Scores, size and speed", _draw)
