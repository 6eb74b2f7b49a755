"""All perturbations of one model on one relative axis: which of them breaks it."""

from functools import partial
from typing import TYPE_CHECKING

from reports.plots import dice_by_damage
from reports.scores import policy
from reports.sections import Section

if TYPE_CHECKING:
    from reports.page import Page

_TEMPLATE = """
{% from "parts.html" import figure, legend, heading %}
<p>Each curve runs from the identity (0) to the strongest level (1) of its perturbation:
|s − identity| / |s<sub>n</sub> − identity|.</p>
{{ legend(perturbations) }}
{% for part in parts %}
{{ heading(part.label, parts|length) }}
<div class="figures">
{% for label, svg in part.figures %}{{ figure(svg, label, True) }}{% endfor %}
</div>
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
            "figures": [
                (
                    model.label,
                    page.figure(
                        f"dice-by-damage-{dataset.label}-{model.label}",
                        f"Line chart of the Dice of {model.label} on {dataset.label} against relative "
                        "strength, one curve for each perturbation; numbers under “Dice at every strength”.",
                        partial(dice_by_damage, run, dataset.label, model.label),
                    ),
                )
                for model in run.models(dataset.label)
            ],
        }
        for dataset in run.record.datasets
    ]
    labels = [entry.label.replace("_", " ") for entry in run.record.perturbations]
    return page.html(_TEMPLATE, parts=parts, perturbations=page.legend(labels))


ENTRY = Section(50, "Perturbations compared", _draw)
