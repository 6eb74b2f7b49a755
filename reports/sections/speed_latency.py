"""How latencies are distributed: a row a model, p50, p90 and p99 marked."""

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from reports.plots.speed_plots import PERCENTILES, latency_rows, speed_looks
from reports.record.samples import SamplesError, latencies
from reports.record.speed import PATHS, SERVER, SINGLE_STREAM, device_remark, measured, names, variant_words
from reports.section import Section
from reports.svg.latency_rows import latency_spreads
from reports.tables.table import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.record.speed_rows import SpeedRow
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import figure, heading, caution %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{% for text in part.lost %}{{ caution(text) }}{% endfor %}
<div class="figures two">
{% for svg, title in part.figures %}{{ figure(svg, title, True) }}{% endfor %}
</div>
{% endfor %}
<p class="note">A row a model: the higher a row, the more calls took so long; each row has its own scale. The lines on
its base are p50, p90 and p99 of the tables above, each one longer than the last. Server: from the arrival of an image,
at the highest rate that kept the bound.</p>
"""


def _draw(page: "Page") -> str:
    parts = [part for dataset in page.run.record.datasets if (part := _part(page, dataset.label))]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _part(page: "Page", label: str) -> dict[str, Any] | None:
    lost: list[str] = []
    figures = []
    for scenario in (SINGLE_STREAM, SERVER):
        for path in PATHS:
            rows = [row for row in measured(page.run, label, scenario, path) if isinstance(row.p50_ms, float)]
            for variant, found in groupby(sorted(rows, key=variant_words), variant_words):
                if drawn := _figure(page, list(found), variant, lost):
                    figures.append(drawn)
    return {"label": label, "figures": figures, "lost": lost} if figures or lost else None


def _figure(page: "Page", rows: "Sequence[SpeedRow]", variant: str, lost: list[str]) -> tuple[str, str] | None:
    """Return the figure of some rows of one scenario and path with its title; note in `lost` what cannot be drawn."""
    first, called = rows[0], names([row for row in page.run.speed if row.dataset == rows[0].dataset])
    looks, found = speed_looks(page.run, first.dataset, called), []
    for row in rows:
        name = called[row.model, row.height, row.width]
        try:
            found.append((name, row, latencies(page.run.folder, row), looks[name]))
        except SamplesError as error:
            lost.append(f"{name}, {variant}, {_title(row)}, is not drawn: {error}.")
    if not found:
        return None
    alt = (
        f"Distribution of the latencies of {listed([name for name, *_ in found])} on {first.dataset}, {_title(first)}, "
        f"{variant}; {listed(list(PERCENTILES))} are marked, their numbers stand in the tables of speed."
    )
    name = f"latency-{first.dataset}-{first.scenario}-{first.path}-{variant}"
    page.figure(name, alt, partial(latency_rows, found))
    spreads = [(called, row, each.tolist(), look) for called, row, each, look in found]
    return latency_spreads(spreads, alt), f"{_title(first).capitalize()}, {variant}"


def _title(row: "SpeedRow") -> str:
    return f"{row.scenario.replace('_', ' ')}: {row.path}"


ENTRY = Section(82, "Latency", _draw, device_remark)
