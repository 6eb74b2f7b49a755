"""One row a model: clean score, mean over perturbations, drop, size, speed, checkpoint."""

from typing import TYPE_CHECKING

from reports.cautions import cautions
from reports.scores import leaderboard_table
from reports.sections import Section

if TYPE_CHECKING:
    from reports.page import Page

_TEMPLATE = """
{% from "parts.html" import table, caution %}
{% for text in cautions %}{{ caution(text) }}{% endfor %}
{% for entry in tables %}{{ table(entry) }}{% endfor %}
"""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    several = len(labels) > 1
    return page.html(
        _TEMPLATE,
        tables=[leaderboard_table(page.run, label) for label in labels],
        cautions=[f"On {label}: {text}" if several else text for label in labels for text in cautions(page.run, label)],
    )


ENTRY = Section(20, "Leaderboard", _draw)
