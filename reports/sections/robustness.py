"""Dice against strength: one panel for each perturbation with all models in it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.cautions import order_cautions
from reports.families import groups
from reports.measures import MEASURES
from reports.scores import perturbation_table, policy, strengths_table, strongest_table
from reports.sections import Section
from reports.sweep_plots import dice_by_strength, dice_by_strength_grid

if TYPE_CHECKING:
    from reports.page import Page
    from reports.record import Perturbation

_TEMPLATE = """
{% from "parts.html" import table, figure, legend, heading, subheading, caution %}
{% for part in parts %}
{{ heading(part.label, parts|length) }}
{% for text in part.cautions %}{{ caution(text) }}{% endfor %}
{% for group in part.groups %}
{{ subheading(group.title, parts|length) }}
{{ legend(part.legend) }}
<div class="figures panels">
{% for entry, svg in group.panels %}
{{ figure(svg, run.title(entry), True) }}
{% endfor %}
</div>
{% endfor %}
<p class="note">{{ axis }} Damage grows to the right; all panels share the y axis.
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
    parts = [_part(page, dataset.label) for dataset in page.run.record.datasets]
    return page.html(_TEMPLATE, parts=parts, axis=_axis(page))


def _axis(page: "Page") -> str:
    """Say what the x axis is and where the clean picture stands."""
    if page.x == "strength":
        return "The first point is the clean picture."
    measure = MEASURES[page.x]
    clean = (
        f"The first point is the clean picture, at {measure.clean:g}."
        if measure.clean is not None
        else f"The clean picture has no {measure.title} and no point; nor do pictures that a level left as they were."
    )
    return (
        f"x: {measure.title} between perturbed and clean picture, mean over the pictures. {clean} Lines go from level "
        "to level: where one turns back, a stronger level changed the pictures less."
    )


def _part(page: "Page", label: str) -> dict[str, Any]:
    run, x = page.run, page.x
    entries, models = run.record.perturbations, [model.label for model in run.models(label)]
    name = f"dice-by-{x}-{label}"
    page.figure(name, f"Dice against {x} on {label}, all perturbations.", partial(dice_by_strength_grid, run, label, x))
    return {
        "label": label,
        "cautions": order_cautions(run, label),
        "legend": page.legend(models),
        "policy": policy(run, label, run.headline),
        "groups": [
            {"title": title, "panels": [(entry, _panel(page, label, name, entry)) for entry in members]}
            for title, members in groups(entries)
        ],
        "tables": [perturbation_table(run, label), strongest_table(run, label)],
        "strengths": [strengths_table(run, label, entry) for entry in entries],
    }  # fmt: skip


def _panel(page: "Page", label: str, name: str, entry: "Perturbation") -> str:
    models = ", ".join(model.label for model in page.run.models(label))
    over = "strength" if page.x == "strength" else MEASURES[page.x].label
    alt = (
        f"Line chart of Dice on {label} against the {over} of {entry.label} for {models}; "
        "the numbers stand under “Dice at every strength”."
    )
    return page.figure(f"{name}-{entry.label}", alt, partial(dice_by_strength, page.run, label, entry, page.x))


ENTRY = Section(40, "Dice against strength", _draw)
