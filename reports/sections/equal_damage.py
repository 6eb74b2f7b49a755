"""Which perturbation hurts most, asked at equal damage of the images."""

from typing import TYPE_CHECKING, Any

from reports.record.baselines import does
from reports.record.boards import boards
from reports.section import Section
from reports.tables.damage_tables import damage_table, groups, strengths_table

if TYPE_CHECKING:
    from reports.section import Page
    from reports.tables.damage_tables import DamageGroup

_TEMPLATE = """
{% from "parts.html" import table %}
{% for part in parts %}
<p>Each perturbation has the strength at which images have the same mean {{ part.measure }} to the clean ones. So the
scores of a column compare perturbations that change images by the same amount. The strengths were found on
{{ part.images|counted("image") }} of {{ part.sample }}.</p>
{% for entry in part.scores[:1] %}{{ table(entry) }}{% endfor %}
{% for entry in part.scores[1:] %}<details><summary>{{ entry.title }}</summary>{{ table(entry) }}</details>{% endfor %}
<details><summary>{{ part.strengths.title }}</summary>{{ table(part.strengths) }}
<p class="note">Images: {{ part.names }}.</p></details>
{% endfor %}
"""


def _draw(page: "Page") -> str:
    parts = [_part(page, group) for group in groups(page.run)]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _part(page: "Page", group: "DamageGroup") -> dict[str, Any]:
    run, entries = page.run, groups(page.run)[group]
    first = entries[0].equal
    assert first is not None
    scores = [
        damage_table(run, board, model, group, entries)
        for dataset in run.record.datasets
        if dataset.perturbed
        for board in boards(run, dataset.label)
        for model in board.models
        if not does(model)
    ]
    return {
        "measure": group[0].upper(),
        "images": len(first.images),
        "sample": first.dataset,
        "names": ", ".join(first.images),
        "scores": scores,
        "strengths": strengths_table(group, entries),
    }


ENTRY = Section(30, "Equal damage", _draw)
