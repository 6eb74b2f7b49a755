"""Scores over groups of images: by the object's size and place, by species and breed, by what else is known of them."""

from typing import TYPE_CHECKING, Any

from reports.plots.drawing import looks
from reports.record.boards import boards
from reports.section import Section
from reports.svg.slice_dots import slice_dots
from reports.tables.slice_tables import slice_tables

if TYPE_CHECKING:
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table, figure, legend, heading, subheading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for board in part.boards %}
{{ subheading(board.name, run.record.datasets|length) }}
{{ legend(board.legend) }}
<div class="figures two">
{% for svg, title in board.figures %}{{ figure(svg, title, True) }}{% endfor %}
</div>
<p class="note">Clean images; a bar is the 95 % interval. A hollow point stands for few images and says little.</p>
{% for clean, perturbed in board.tables %}
{{ table(clean) }}
{% if perturbed %}<details><summary>{{ perturbed.title }}</summary>{{ table(perturbed) }}</details>{% endif %}
{% endfor %}
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    parts = [{"label": one.label, "boards": _boards(page, one.label)} for one in page.run.record.datasets]
    shown = [part for part in parts if part["boards"]]
    return page.html(_TEMPLATE, parts=shown) if shown else ""


def _boards(page: "Page", dataset: str) -> list[dict[str, Any]]:
    found = boards(page.run, dataset)
    tables = [(board, slice_tables(page.run, board)) for board in found]
    return [
        {
            "name": board.heading if len(found) > 1 else "",
            "tables": several,
            "legend": page.legend(looks(page.run, board)),
            "figures": slice_dots(page.run, board),
        }
        for board, several in tables
        if several
    ]


ENTRY = Section(60, "Groups of images", _draw)
