"""Dice against strength: one panel for each perturbation with all models in it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots import dice_by_strength, dice_by_strength_grid
from reports.scores import perturbation_table, policy, strengths_table, strongest_table
from reports.sections import Section

if TYPE_CHECKING:
    from reports.page import Page

_TEMPLATE = """
{% from "parts.html" import table, figure, legend, heading %}
{% for part in parts %}
{{ heading(part.label, parts|length) }}
{{ legend(part.legend) }}
<div class="figures panels">
{% for entry, svg in part.panels %}
{{ figure(svg, entry.title or entry.label, True) }}
{% endfor %}
</div>
<p class="note">Damage grows to the right; the first point is the clean picture; all panels share the y axis.
{{ part.policy }}</p>
{% for entry in part.tables %}{{ table(entry) }}{% endfor %}
<details><summary>Dice at every strength</summary>
{% for entry in part.strengths %}{{ table(entry) }}{% endfor %}
</details>
{% endfor %}
"""


def _draw(page: "Page") -> str:
    if not page.run.record.perturbations:
        return ""
    return page.html(_TEMPLATE, parts=[_part(page, dataset.label) for dataset in page.run.record.datasets])


def _part(page: "Page", label: str) -> dict[str, Any]:
    run, entries = page.run, page.run.record.perturbations
    models = [model.label for model in run.models(label)]
    together = f"Dice against strength on {label}, all perturbations."
    name = f"dice-by-strength-{label}"
    page.figure(name, together, partial(dice_by_strength_grid, run, label))
    alts = [
        f"Line chart of Dice on {label} against the strength of {entry.label} for {', '.join(models)}; "
        "the numbers stand under “Dice at every strength”."
        for entry in entries
    ]
    return {
        "label": label,
        "legend": page.legend(models),
        "policy": policy(run, label, run.headline),
        "panels": [
            (entry, page.figure(f"{name}-{entry.label}", alt, partial(dice_by_strength, run, label, entry)))
            for entry, alt in zip(entries, alts, strict=True)
        ],
        "tables": [perturbation_table(run, label), strongest_table(run, label)],
        "strengths": [strengths_table(run, label, entry) for entry in entries],
    }  # fmt: skip


ENTRY = Section(40, "Dice against strength", _draw)
