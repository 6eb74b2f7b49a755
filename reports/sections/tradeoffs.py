"""What a good score costs: Dice under perturbation against clean Dice and size, with intervals and the front."""

from typing import TYPE_CHECKING, Any

from reports.plots.drawing import looks
from reports.record.baselines import does
from reports.record.boards import boards
from reports.record.pareto import on_front
from reports.record.ranking import perturbed_dice
from reports.section import Section
from reports.svg.scatter import Spot, trade_off
from reports.tables.facts import count

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.record.model_record import ModelRecord
    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.section import Page

    Bounds = tuple[float | None, float | None, float | None]

_TEMPLATE = """
{% from "parts.html" import figure, heading, subheading %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for board in part.boards %}
{{ subheading(board.name, run.record.datasets|length) }}
<div class="figures two">
{% for svg, title in board.figures %}{{ figure(svg, title, True) }}{% endfor %}
</div>
{% endfor %}
{% endfor %}
<p class="note">The line is the Pareto front: no other model is as good at less cost (or, in the first figure, as good
on clean images and better under perturbation). Bars are 95 % intervals; where they overlap, the front is not
sure either. Models that look at no image are left out.</p>
"""
_LEAST = 2
"""Points of a figure: one alone trades nothing off."""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    parts = [{"label": label, "boards": _boards(page, label)} for label in labels]
    parts = [part for part in parts if part["boards"]]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _boards(page: "Page", label: str) -> list[dict[str, Any]]:
    shown = boards(page.run, label)
    found = [(board, _figures(page.run, board)) for board in shown]
    return [
        {"name": board.heading if len(shown) > 1 else "", "figures": figures} for board, figures in found if figures
    ]


def _figures(run: "Run", board: "Board") -> list[tuple[str, str]]:
    """Return robustness against clean score, and the score under perturbation (or clean) against parameters."""
    perturbed = bool(run.perturbations(board.dataset))
    score = _perturbed if perturbed else _clean
    y = "Dice under perturbation" if perturbed else "clean Dice"
    wanted: list[tuple[str, Callable[[ModelRecord], float | None], int]] = [
        ("parameters", lambda model: model.parameters_total, 1)
    ]
    if perturbed:
        wanted.insert(0, ("clean Dice", lambda model: _clean(run, board, model.label)[0], -1))
    found = [(x, _figure(run, board, (x, y), cost, score, sign)) for x, cost, sign in wanted]
    return [(svg, f"{y} by {x}") for x, svg in found if svg]


def _figure(
    run: "Run",
    board: "Board",
    axes: tuple[str, str],
    cost: "Callable[[ModelRecord], float | None]",
    score: "Callable[[Run, Board, str], Bounds]",
    sign: int,
) -> str:
    models = [(model, cost(model), score(run, board, model.label)) for model in board.models if not does(model)]
    known = [(model, x, bounds) for model, x, bounds in models if x is not None and bounds[0] is not None]
    if len(known) < _LEAST:
        return ""
    front = on_front([(sign * x, bounds[0] or 0.0) for _, x, bounds in known])
    drawn = looks(run, board)
    spots = [
        Spot(
            model.label,
            drawn[model.label].number,
            x,
            bounds[0] or 0.0,
            _words(model.label, axes, x, bounds),
            *bounds[1:],
            on_front=on,
        )
        for (model, x, bounds), on in zip(known, front, strict=True)
    ]
    named = ", ".join(spot.name for spot in spots if spot.on_front)
    alt = f"Scatter chart of {axes[1]} against {axes[0]} on {board.dataset}; on the Pareto front: {named}."
    return trade_off(spots, axes[0], axes[1], alt, sign)


def _words(label: str, axes: tuple[str, str], x: float, bounds: "Bounds") -> str:
    value, low, high = bounds
    interval = "" if low is None or high is None else f" [{low:.4f}, {high:.4f}]"
    cost = count(int(x)) if axes[0] == "parameters" else f"{x:.4f}"
    return f"{label}: {axes[1]} {value:.4f}{interval}, {axes[0]} {cost}"


def _clean(run: "Run", board: "Board", label: str) -> "Bounds":
    row = run.row(board.dataset, label, metric_set=board.metric_set.name)
    return (row.value, row.low, row.high) if row else (None, None, None)


def _perturbed(run: "Run", board: "Board", label: str) -> "Bounds":
    """Return the mean Dice under perturbation; its interval is that of the ranking, where there is one."""
    wanted = (board.dataset, board.supervision, board.metric_set.name, "dice", "perturbed", label)
    row = next((row for row in run.statistics.ranking if row[:6] == wanted), None)
    if row:
        return row.value, row.low, row.high
    return perturbed_dice(run, board.dataset, label, board.metric_set), None, None


ENTRY = Section(47, "Trade-offs", _draw)
