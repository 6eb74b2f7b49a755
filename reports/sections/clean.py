"""Scores on unperturbed pictures: bars for each class and mean, tables for each metric set."""

from functools import partial
from typing import TYPE_CHECKING

from reports.plots import class_bars, mean_bars
from reports.scores import clean_table, policy
from reports.sections import Section

if TYPE_CHECKING:
    from reports.page import Page

_TEMPLATE = """
{% from "parts.html" import table, figure, legend, heading %}
{% for part in parts %}
{{ heading(part.label, parts|length) }}
{{ legend(part.legend) }}
<div class="figures two">
{{ figure(part.means, "Means over classes. " ~ part.policy) }}
{{ figure(part.classes, "Dice of each class. " ~ part.policy) }}
</div>
{% for entry in part.tables %}
{% if loop.first %}
{{ table(entry) }}
{% else %}
<details><summary>{{ entry.title }}</summary>{{ table(entry) }}</details>
{% endif %}
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    run, parts = page.run, []
    for label in (dataset.label for dataset in run.record.datasets):
        names = ", ".join(model.label for model in run.models(label))
        means = f"Bar chart of mIoU, mean Dice and pixel accuracy on clean {label} for {names}; numbers below."
        classes = f"Bar chart of the Dice of each class on clean {label} for {names}; numbers below."
        parts.append({
            "label": label,
            "legend": page.legend([model.label for model in run.models(label)]),
            "policy": policy(run, label, run.headline),
            "means": page.figure(f"clean-means-{label}", means, partial(mean_bars, run, label)),
            "classes": page.figure(f"dice-by-class-{label}", classes, partial(class_bars, run, label)),
            "tables": [clean_table(run, label, metric_set) for metric_set in run.record.metric_sets],
        })  # fmt: skip
    return page.html(_TEMPLATE, parts=parts)


ENTRY = Section(30, "Clean pictures", _draw)
