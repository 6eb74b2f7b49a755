"""Whether a model's confidence can be believed: a reliability diagram a model, clean and at its strongest condition."""

from typing import TYPE_CHECKING, Any

from reports.plots.drawing import numbered
from reports.record.run import CLEAN
from reports.section import Section
from reports.svg.reliability import expected_error, reliability
from reports.tables.table import NOTHING

if TYPE_CHECKING:
    from reports.record.statistics_rows import CalibrationRow
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import figure, heading, subheading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for title, figures in part.groups %}
{{ subheading(title, run.record.datasets|length) }}
<div class="figures panels">
{% for svg, caption in figures %}{{ figure(svg, caption, True) }}{% endfor %}
</div>
{% endfor %}
{% endfor %}
<p class="note">Pixels are put into 15 bins by the confidence of the model. On the dotted line a confidence is honest:
of pixels with 0.8, 80 % are right. Below the line the model is too sure. The strip shows where the pixels are. ECE
(expected calibration error) is the mean distance from the line over the pixels, read from these bins; 0 is best.</p>
"""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    parts = [{"label": label, "groups": _groups(page, label)} for label in labels]
    parts = [part for part in parts if part["groups"]]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _groups(page: "Page", label: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return titled diagrams of the headline's metric set: of clean images, then of the worst calibrated condition."""
    order = numbered(model.label for model in page.run.models(label))
    cells: dict[str, dict[tuple[str, float], list[CalibrationRow]]] = {name: {} for name in order}
    for row in page.run.statistics.calibration:
        if row.dataset == label and row.metric_set == page.run.headline.name and row.model in order:
            cells[row.model].setdefault((row.perturbation, row.strength), []).append(row)
    clean = [
        _figure(model, "clean", rows, order[model].number)
        for model, own in cells.items()
        for (perturbation, _), rows in own.items()
        if perturbation == CLEAN
    ]
    worst = [_worst(model, own, order[model].number) for model, own in cells.items()]
    titled: dict[str, list[Any]] = {
        "Clean images": clean,
        "The worst calibrated condition": [one for one in worst if one],
    }
    return [(title, figures) for title, figures in titled.items() if figures]


def _worst(model: str, own: "dict[tuple[str, float], list[CalibrationRow]]", index: int) -> tuple[str, str] | None:
    known = {place: error for place, rows in own.items() if (error := expected_error(rows)) is not None}
    perturbed = {place: error for place, error in known.items() if place[0] != CLEAN}
    if not perturbed:
        return None
    place = max(perturbed, key=lambda one: perturbed[one])
    return _figure(model, f"{place[0]} {place[1]:g}", own[place], index)


def _figure(model: str, condition: str, rows: "list[CalibrationRow]", index: int) -> tuple[str, str]:
    ordered, error = sorted(rows, key=lambda row: row.bin), expected_error(rows)
    caption = f"{model}, {condition}: ECE {NOTHING if error is None else f'{error:.4f}'}"
    return reliability(ordered, index, f"Reliability diagram of {caption}."), caption


ENTRY = Section(58, "Calibration", _draw)
