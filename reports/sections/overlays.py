"""All perturbations of one model on one axis: which of them breaks it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.drawing import numbered
from reports.plots.sweep_plots import dice_by_damage
from reports.record.boards import boards
from reports.record.families import small_groups
from reports.record.measures import MEASURES
from reports.section import Section
from reports.svg.sweep_panels import overlay_panel
from reports.tables.scores import policy
from reports.tables.table import SEEN

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord
    from bench.record.run_record import MetricSetRecord
    from reports.record.families import Group
    from reports.record.run import Run
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import figure, legend, heading, subheading %}
{% if measure %}
<p>Each curve runs over what its levels did to the images: {{ measure.label }}, mean over the images.</p>
{% else %}
<p>Each curve runs from the clean image (0) to the strongest level (1) of its perturbation:
|s − identity| / |s<sub>n</sub> − identity|, for a severity s / s<sub>n</sub>.</p>
{% endif %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for group in part.groups %}
{{ subheading(group.title, run.record.datasets|length) }}
{{ legend(group.legend) }}
<div class="figures">
{% for label, svg in group.figures %}{{ figure(svg, label, True) }}{% endfor %}
</div>
{% endfor %}
<p class="note">
{% if part.seen %}A line that ends in {{ mark }}: the model saw this perturbation in training. {% endif %}
{{ part.policies|join(" ") }}</p>
{% endfor %}
"""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    parts = [_part(page, label) for label in labels if page.run.perturbations(label)]
    return page.html(_TEMPLATE, parts=parts, measure=MEASURES.get(page.x), mark=SEEN) if parts else ""


def _part(page: "Page", label: str) -> dict[str, Any]:
    run, entries = page.run, page.run.perturbations(label)
    shown = _shown(run, label)
    used = [metric_set for _, metric_set in shown]
    return {
        "label": label,
        "seen": any(model.saw(entry.names) for model, _ in shown for entry in entries),
        "policies": [policy(run, label, entry) for entry in run.record.metric_sets if entry in used],
        "groups": [_group(page, label, shown, group) for group in small_groups(entries)],
    }


def _shown(run: "Run", dataset: str) -> "list[tuple[ModelRecord, MetricSetRecord]]":
    """Return each model once, with the set that scores it: the first of its boards."""
    found: dict[str, tuple[ModelRecord, MetricSetRecord]] = {}
    for board in boards(run, dataset):
        for model in board.models:
            found.setdefault(model.label, (model, board.metric_set))
    return list(found.values())


def _group(
    page: "Page", dataset: str, shown: "list[tuple[ModelRecord, MetricSetRecord]]", group: "Group"
) -> dict[str, Any]:
    return {
        "title": group.title,
        "legend": page.legend(numbered(entry.label for entry in group.entries)),
        "figures": [
            (_caption(page, model, metric_set), _figure(page, dataset, model, metric_set, group))
            for model, metric_set in shown
        ],
    }


def _caption(page: "Page", model: "ModelRecord", metric_set: "MetricSetRecord") -> str:
    """Return the model's name, with its prompt and its metric set where they are out of the ordinary."""
    prompt = f", prompt {model.prompt}" if model.prompt != "none" else ""
    return f"{model.label}{prompt}{'' if metric_set == page.run.headline else f', {metric_set.name}'}"


def _figure(page: "Page", dataset: str, model: "ModelRecord", metric_set: "MetricSetRecord", group: "Group") -> str:
    over = MEASURES[page.x].label if page.x in MEASURES else "relative strength"
    alt = (
        f"Line chart of the Dice of {model.label} on {dataset} against {over}, one curve for each "
        f"perturbation{f' ({group.title})' if group.title else ''}; "
        "numbers under “Dice at every strength”."
    )
    axis = "" if page.x == "strength" else f"{page.x}-"
    name = f"dice-by-damage-{axis}{dataset}-{model.label} {group.title}"
    plot = partial(dice_by_damage, page.run, dataset, model, group.entries, page.x, metric_set=metric_set)
    page.figure(name, alt, plot)
    dice = page.run.metric("dice")
    return overlay_panel(page.run, dataset, model, group.entries, dice, metric_set, page.x, alt)


ENTRY = Section(52, "Perturbations compared", _draw)
