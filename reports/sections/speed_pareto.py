"""What quality costs: Dice against images per second, parameters, memory and energy, with the Pareto front."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.pareto_plot import pareto
from reports.plots.speed_plots import speed_looks
from reports.record.boards import boards
from reports.record.speed import device_remark, names
from reports.section import Section
from reports.svg.scatter import Spot, trade_off
from reports.tables.pareto_table import offers, panels, pareto_table
from reports.tables.scores import policy
from reports.tables.table import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from markupsafe import Markup

    from registry.palette import Series
    from reports.record.boards import Board
    from reports.section import Page
    from reports.tables.pareto_table import Offer, Panel

_TEMPLATE = """
{% from "parts.html" import table, figure, heading, subheading, legend %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for board in part.boards %}
{{ subheading(board.name, run.record.datasets|length) }}
{{ legend(board.legend) }}
<div class="figures">
{% for svg, title in board.figures %}{{ figure(svg, title, True) }}{% endfor %}
</div>
<p class="note">The line is the front: no other point scores as much at less cost. A hollow point was throttled.
{{ board.policy }}</p>
{{ table(board.table) }}
{% endfor %}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    parts = [{"label": label, "boards": _boards(page, label)} for label in labels]
    parts = [part for part in parts if part["boards"]]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _boards(page: "Page", label: str) -> list[dict[str, Any]]:
    """Return the boards that have a figure; no figure compares across boards."""
    shown = boards(page.run, label) if page.run.speed else []
    return [part for board in shown if (part := _board(page, board, len(shown) > 1))]


def _board(page: "Page", board: "Board", several: bool) -> dict[str, Any] | None:
    found = offers(page.run, board)
    drawn = panels(found)
    if not drawn:
        return None
    called = names([row for row in page.run.speed if row.dataset == board.dataset])
    looks = speed_looks(page.run, board.dataset, called)
    shown = dict.fromkeys(one.name for one in found)
    return {
        "name": board.heading if several else "",
        "legend": page.legend({name: looks[name] for name in shown}),
        "figures": [
            (_figure(page, board, panel, looks), f"{panel.score[0].upper()}{panel.score[1:]} by {panel.cost.name}")
            for panel in drawn
        ],
        "policy": policy(page.run, board.dataset, board.metric_set, board.labels),
        "table": pareto_table(board, found, drawn),
    }


def _figure(page: "Page", board: "Board", panel: "Panel", looks: "Mapping[str, Series]") -> "Markup":
    alt, name = _alt(board, panel), f"pareto-{board.dataset}{board.slug}-{panel.score}-{panel.cost.name}"
    page.figure(name, alt, partial(pareto, panel, looks))
    spots = [
        Spot(
            one.label,
            looks[one.name].number,
            x,
            y,
            f"{one.label}: {panel.score} {y:.4f}, {panel.cost.name} {panel.cost.text(x)}",
            hollow=one.row.slowed,
            on_front=on,
        )
        for one, (x, y), on in zip(panel.offers, panel.points, panel.front, strict=True)
    ]
    return trade_off(spots, panel.cost.label, panel.score, alt, panel.cost.sign)


def _alt(board: "Board", panel: "Panel") -> str:
    front: list[Offer] = [one for one, on in zip(panel.offers, panel.front, strict=True) if on]
    return (
        f"Scatter chart of {panel.score} on {board.dataset} against {panel.cost.label} ({board.name}); on the Pareto "
        f"front: {listed([one.label for one in front])}. Numbers below."
    )


ENTRY = Section(85, "Quality against cost", _draw, device_remark)
