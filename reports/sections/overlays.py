"""All perturbations of one model on one axis: which of them breaks it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.families import small_groups
from reports.measures import MEASURES
from reports.scores import policy
from reports.sections import Section
from reports.sweep_plots import dice_by_damage

if TYPE_CHECKING:
    from reports.families import Group
    from reports.page import Page

_TEMPLATE = """
{% from "parts.html" import figure, legend, heading, subheading %}
{% if measure %}
<p>Each curve runs over what its levels did to the pictures: {{ measure.label }}, mean over the pictures.</p>
{% else %}
<p>Each curve runs from the clean picture (0) to the strongest level (1) of its perturbation:
|s − identity| / |s<sub>n</sub> − identity|, for a severity s / s<sub>n</sub>.</p>
{% endif %}
{% for part in parts %}
{{ heading(part.label, parts|length) }}
{% for group in part.groups %}
{{ subheading(group.title, parts|length) }}
{{ legend(group.legend) }}
<div class="figures">
{% for label, svg in group.figures %}{{ figure(svg, label, True) }}{% endfor %}
</div>
{% endfor %}
<p class="note">{{ part.policy }}</p>
{% endfor %}
"""


def _draw(page: "Page") -> str:
    run = page.run
    if not run.record.perturbations:
        return ""
    parts = [
        {
            "label": dataset.label,
            "policy": policy(run, dataset.label, run.headline),
            "groups": [_group(page, dataset.label, group) for group in small_groups(run.record.perturbations)],
        }
        for dataset in run.record.datasets
    ]
    return page.html(_TEMPLATE, parts=parts, measure=MEASURES.get(page.x))


def _group(page: "Page", dataset: str, group: "Group") -> dict[str, Any]:
    legend = page.legend([entry.label.replace("_", " ") for entry in group.entries])
    models = [model.label for model in page.run.models(dataset)]
    return {
        "title": group.title,
        "legend": legend,
        "figures": [(model, _figure(page, dataset, model, group)) for model in models],
    }


def _figure(page: "Page", dataset: str, model: str, group: "Group") -> str:
    over = MEASURES[page.x].label if page.x in MEASURES else "relative strength"
    alt = (
        f"Line chart of the Dice of {model} on {dataset} against {over}, one curve for each "
        f"perturbation{f' ({group.title})' if group.title else ''}; "
        "numbers under “Dice at every strength”."
    )
    axis = "" if page.x == "strength" else f"{page.x}-"
    name = f"dice-by-damage-{axis}{dataset}-{model} {group.title}"
    return page.figure(name, alt, partial(dice_by_damage, page.run, dataset, model, group.entries, page.x))


ENTRY = Section(50, "Perturbations compared", _draw)
