"""How the score of a model is distributed over images: clean, and under the worst perturbation of each model."""

from typing import TYPE_CHECKING, Any

from reports.plots.drawing import looks
from reports.record.boards import boards
from reports.record.run import CLEAN
from reports.section import Section
from reports.svg.rows import Spread, spreads

if TYPE_CHECKING:
    from reports.record.boards import Board
    from reports.record.statistics_rows import DistributionRow
    from reports.section import Page

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
<p class="note">Each image has a Dice of its own; a row shows how many images have which. The thick bar holds the middle
half of the images, the thin line all but the 5 % lowest and the 5 % highest, and the ring is the median. A mean can
hide a group of images that fail: they stand at the left. Each row has its own scale upwards.</p>
"""


def _draw(page: "Page") -> str:
    labels = [dataset.label for dataset in page.run.record.datasets]
    parts = [{"label": label, "boards": _boards(page, label)} for label in labels]
    parts = [part for part in parts if part["boards"]]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _boards(page: "Page", label: str) -> list[dict[str, Any]]:
    shown = boards(page.run, label)
    found = [(board, _figures(page, board)) for board in shown]
    return [
        {"name": board.heading if len(shown) > 1 else "", "figures": figures} for board, figures in found if figures
    ]


def _figures(page: "Page", board: "Board") -> list[tuple[str, str]]:
    """Return the figures of the clean images and of the condition with the lowest median of each model."""
    asked = (board.dataset, board.supervision, board.metric_set.name, "dice")
    rows = [row for row in page.run.statistics.distribution if _of(row) == asked and row.model in board.labels]
    by_model = {label: [row for row in rows if row.model == label and row.p50 is not None] for label in board.labels}
    clean = [row for own in by_model.values() for row in own if row.perturbation == CLEAN]
    worst = [min(own, key=lambda row: (row.p50 or 0.0, row.strength)) for own in by_model.values() if own]
    worst = [row for row in worst if row.perturbation != CLEAN]
    titled = {"Clean images": clean, "The condition with the lowest median, of each model": worst}
    return [(_figure(page, board, title, found), title) for title, found in titled.items() if found]


def _of(row: "DistributionRow") -> tuple[str, str, str, str]:
    return row.dataset, row.supervision, row.metric_set, row.metric


def _figure(page: "Page", board: "Board", title: str, rows: "list[DistributionRow]") -> str:
    drawn = looks(page.run, board)
    alt = f"{title}: distribution of the Dice of single images on {board.dataset}, a row a model."
    return spreads([_spread(row, drawn[row.model].number) for row in rows], "Dice of one image", alt, (0.0, 1.0))


def _spread(row: "DistributionRow", index: int) -> Spread:
    """Return a row of the figure; a clean one is called by its model, another by its condition too."""
    most, count = max(row.histogram, default=0) or 1, len(row.histogram)
    bins = tuple((i / count, (i + 1) / count, one / most) for i, one in enumerate(row.histogram))
    quantiles = (row.p5, row.p25, row.p50, row.p75, row.p95)
    box = None if None in quantiles else quantiles
    condition = "clean" if row.perturbation == CLEAN else f"{row.perturbation} {row.strength:g}"
    words = (
        f"{row.model}, {condition}: median {row.p50:.3f}, middle half {row.p25:.3f} to {row.p75:.3f}, "
        f"worst {row.min:.3f}, {row.n} images"
    )
    return Spread(row.model, index, bins, words, box, remark="" if condition == "clean" else condition)  # type: ignore[arg-type]


ENTRY = Section(50, "Distribution over images", _draw)
