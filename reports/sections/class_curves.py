"""Each class under perturbation: a panel a class, the mean over perturbations from clean to the strongest level."""

from typing import TYPE_CHECKING, Any

from reports.plots.drawing import looks
from reports.record.boards import boards
from reports.section import Section
from reports.svg.sweep_panels import class_panels

if TYPE_CHECKING:
    from reports.record.boards import Board
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import figure, legend, heading, subheading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for board in part.boards %}
{{ subheading(board.name, run.record.datasets|length) }}
{{ legend(board.legend) }}
<div class="figures panels">
{% for name, svg in board.panels.items() %}{{ figure(svg, name, True) }}{% endfor %}
</div>
{% if board.left_out %}<p class="note">The {{ board.panels|length }} classes that score lowest;
{{ board.left_out }} more stand in summary.csv.</p>{% endif %}
{% endfor %}
{% endfor %}
<p class="note">The mean over all classes hides a class that is lost. Each panel is the mean over the perturbations,
from the clean image (0) to the strongest level of each (1); between two levels a curve is straight.</p>
"""
_MOST = 12


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets if page.run.perturbations(dataset.label)]
    parts = [{"label": label, "boards": _boards(page, label)} for label in labels]
    parts = [part for part in parts if part["boards"]]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _boards(page: "Page", label: str) -> list[dict[str, Any]]:
    """Return the boards that have several classes; one class alone is its mean."""
    shown = boards(page.run, label)
    return [
        _board(page, board, len(shown) > 1)
        for board in shown
        if len(page.run.class_names(label, board.metric_set.name)) > 1
    ]


def _board(page: "Page", board: "Board", several: bool) -> dict[str, Any]:
    run, classes = page.run, page.run.class_names(board.dataset, board.metric_set.name)
    lowest = sorted(classes, key=lambda name: _least(page, board, name))[:_MOST]
    return {
        "name": board.heading if several else "",
        "legend": page.legend(looks(run, board)),
        "panels": class_panels(run, board, run.metric("dice"), [name for name in classes if name in lowest]),
        "left_out": len(classes) - len(lowest),
    }


def _least(page: "Page", board: "Board", name: str) -> float:
    """Return the lowest clean Dice of a class; a class without a score comes last."""
    asked = {"metric_set": board.metric_set.name, "class_name": name}
    values = (page.run.value(board.dataset, label, **asked) for label in board.labels)
    return min((value for value in values if value is not None), default=1.0)


ENTRY = Section(44, "Classes under perturbation", _draw)
