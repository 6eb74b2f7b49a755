"""Scores of parts of the images: by species, size of the object, and whatever else is known of an image."""

from typing import TYPE_CHECKING, Any

from reports.plots.drawing import looks
from reports.record.boards import boards
from reports.record.run import CLEAN
from reports.section import Section
from reports.svg.rows import Dot, dots

if TYPE_CHECKING:
    from reports.record.boards import Board
    from reports.record.statistics_rows import SliceRow
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import figure, heading, subheading, legend %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for board in part.boards %}
{{ subheading(board.name, run.record.datasets|length) }}
{{ legend(board.legend) }}
<div class="figures two">
{% for svg, title in board.figures %}{{ figure(svg, title, True) }}{% endfor %}
</div>
{% endfor %}
{% endfor %}
<p class="note">Clean images. A bar is the 95 % interval; a hollow point stands for few images, and its score says little.
A large distance between two slices of a model is worth a look; slices that were made from the ground truth (the area of
the object) are no excuse for a model, since it does not know them.</p>
"""
_MOST = 12
"""Slices of an attribute in a figure, those with the lowest scores; ``slices.csv`` has all."""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    parts = [{"label": label, "boards": _boards(page, label)} for label in labels]
    parts = [part for part in parts if part["boards"]]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _boards(page: "Page", label: str) -> list[dict[str, Any]]:
    shown = boards(page.run, label)
    found = [(board, _figures(page, board)) for board in shown]
    return [
        {
            "name": board.heading if len(shown) > 1 else "",
            "legend": page.legend(looks(page.run, board)),
            "figures": figures,
        }
        for board, figures in found
        if figures
    ]


def _figures(page: "Page", board: "Board") -> list[tuple[str, str]]:
    """Return a figure for each attribute: the mean Dice over classes of the clean images in each slice."""
    wanted = (board.dataset, board.supervision, CLEAN, board.metric_set.name, "dice", "mean")
    rows = [
        row
        for row in page.run.statistics.slices
        if (row.dataset, row.supervision, row.perturbation, row.metric_set, row.metric, row.class_name) == wanted
        and row.model in board.labels
        and row.value is not None
    ]
    attributes = dict.fromkeys(row.attribute for row in rows)
    return [_figure(page, board, one, [row for row in rows if row.attribute == one]) for one in attributes]


def _figure(page: "Page", board: "Board", attribute: str, rows: "list[SliceRow]") -> tuple[str, str]:
    drawn = looks(page.run, board)
    slices: dict[str, list[SliceRow]] = {}
    for row in rows:
        slices.setdefault(row.slice, []).append(row)
    lowest = sorted(slices, key=lambda name: min(row.value or 0.0 for row in slices[name]))[:_MOST]
    groups = [[_dot(row, drawn[row.model].number) for row in slices[name]] for name in slices if name in lowest]
    alt = f"Dot plot of the clean Dice on {board.dataset} by {attribute}, a row a slice, a point a model."
    left = f", the {_MOST} lowest of {len(slices)}" if len(slices) > _MOST else ""
    return dots(groups, "Dice", alt, (0.0, 1.0)), f"By {attribute}{left}"


def _dot(row: "SliceRow", index: int) -> Dot:
    interval = "" if row.low is None or row.high is None else f" [{row.low:.3f}, {row.high:.3f}]"
    words = f"{row.model}, {row.slice}: {row.value:.3f}{interval}, {row.images} images{', few' if row.small else ''}"
    return Dot(f"{row.slice} ({row.images})", index, row.value or 0.0, words, row.low, row.high, row.small)


ENTRY = Section(55, "Slices", _draw)
