"""Dice against strength: one panel for each perturbation with all models of a board in it."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.drawing import looks
from reports.plots.sweep_plots import score_by_strength, score_by_strength_grid
from reports.record.boards import boards
from reports.record.families import groups
from reports.record.measures import MEASURES
from reports.section import Section
from reports.svg.sweep_panels import overs, sweep_panel
from reports.tables.cautions import order_caution
from reports.tables.scores import policy
from reports.tables.sweep_tables import strengths_table, strongest_table

if TYPE_CHECKING:
    from bench.record.run_record import PerturbationRecord
    from reports.record.boards import Board
    from reports.section import Page

_AXES = {"strength": "strength", "rmse": "measured RMSE", "psnr": "measured PSNR", "ssim": "measured SSIM"}
"""What the curves can be looked at over, in the words of the page's switch."""

_TEMPLATE = """
{% from "parts.html" import table, figure, legend, switches, heading, subheading, caution %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for board in part.boards %}
{{ subheading(board.name, run.record.datasets|length) }}
{{ legend(board.legend) }}
{{ switches(board.axes) }}
{% for group in board.groups %}
{{ subheading(group.title, 2 if board.name else run.record.datasets|length) }}
<div class="figures panels">
{% for entry, svg in group.panels %}
<div>{{ figure(svg, run.title(entry), True) }}
{% if part.cautions[entry.label] %}{{ caution(part.cautions[entry.label]) }}{% endif %}</div>
{% endfor %}
</div>
{% endfor %}
<p class="note">{{ axis }} Damage grows to the right; all panels share the y axis. A band is the 95 % interval of each
score.{% if board.seen %} A line that ends in ★: the model saw this perturbation in training.{% endif %}</p>
<details class="how"><summary>How this is counted</summary><p>{{ board.policy }}</p></details>
<details><summary>The numbers: Dice at every strength</summary>
{% for entry in board.tables %}{{ table(entry) }}{% endfor %}
{% for entry in board.strengths %}{{ table(entry) }}{% endfor %}
</details>
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    parts = [_part(page, label) for label in labels if page.run.perturbations(label)]
    return page.html(_TEMPLATE, parts=parts, axis=_axis(page)) if parts else ""


def _axis(page: "Page") -> str:
    """Return what the x axis is and where the clean image stands."""
    if page.x == "strength":
        return "The first point is the clean image."
    measure = MEASURES[page.x]
    clean = (
        f"The first point is the clean image, at {measure.clean:g}."
        if measure.clean is not None
        else f"The clean image has no {measure.title} and no point; nor do images that a level left as they were."
    )
    return (
        f"x: {measure.title} between perturbed and clean image, mean over the images. {clean} Lines go from level "
        "to level: where one turns back, a stronger level changed the images less."
    )


def _part(page: "Page", label: str) -> dict[str, Any]:
    shown = boards(page.run, label)
    return {
        "label": label,
        "cautions": {one.label: order_caution(page.run, label, one) for one in page.run.perturbations(label)},
        "boards": [_board(page, board, len(shown) > 1) for board in shown],
    }


def _board(page: "Page", board: "Board", several: bool) -> dict[str, Any]:
    run, x = page.run, page.x
    entries, name = run.perturbations(board.dataset), f"dice-by-{x}-{board.dataset}{board.slug}"
    dice = run.metric("dice")
    alt = f"Dice against {x} on {board.dataset}, all perturbations ({board.name})."
    page.figure(name, alt, partial(score_by_strength_grid, run, board, dice, x))
    offered = {one for entry in entries for one in overs(run, board.dataset, entry)}
    return {
        "axes": {one: _AXES[one] for one in _AXES if one in offered},
        "name": board.heading if several else "",
        "legend": page.legend(looks(run, board)),
        "seen": any(model.saw(entry.names) for model in board.models for entry in entries),
        "policy": policy(run, board.dataset, board.metric_set, board.labels),
        "groups": [
            {"title": title, "panels": [(entry, _panel(page, board, name, entry)) for entry in members]}
            for title, members in groups(entries)
        ],
        "tables": [strongest_table(run, board, dice)],
        "strengths": [strengths_table(run, board, dice, entry) for entry in entries],
    }  # fmt: skip


def _panel(page: "Page", board: "Board", name: str, entry: "PerturbationRecord") -> str:
    over = "strength" if page.x == "strength" else MEASURES[page.x].label
    alt = (
        f"Line chart of Dice on {board.dataset} against the {over} of {entry.label} for {', '.join(board.labels)} "
        f"({board.name}); the numbers stand below the figures."
    )
    dice = page.run.metric("dice")
    page.figure(f"{name}-{entry.label}", alt, partial(score_by_strength, page.run, board, dice, entry, page.x))
    return sweep_panel(page.run, board, dice, entry, page.x, alt)


ENTRY = Section(10, "Dice against strength", _draw)
