"""Where the time between a file and its labels goes: a bar a model and variant, a part a stage."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.stage_bars import stage_bars, stage_colour
from reports.record.speed import device_remark, names, place
from reports.record.speed_rows import END_TO_END, REMAINDER
from reports.section import Section
from reports.svg.rows import Stack, stacks
from reports.tables.speed_tables import stage_table, stages_of
from reports.tables.table import listed, significant

if TYPE_CHECKING:
    from reports.record.speed_rows import StageRow
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table, figure, heading, swatches %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{{ swatches("Stages", part.colours) }}
<div class="figures two">{{ figure(part.svg, "Share of the time from a file to its labels, image by image") }}</div>
{{ table(part.table) }}
{% endfor %}
"""


def _draw(page: "Page") -> str:
    parts = [part for dataset in page.run.record.datasets if (part := _part(page, dataset.label))]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _part(page: "Page", label: str) -> dict[str, Any] | None:
    rows = [row for row in page.run.stages if row.dataset == label]
    bars = _bars(rows)
    if not bars:
        return None
    stages = [stage for stage in stages_of(rows) if stage != END_TO_END]
    alt = (
        f"Stacked bars of the share of each stage ({listed([stage.replace('_', ' ') for stage in stages])}) "
        f"for {listed([name for name, _ in bars])} on {label}; numbers below."
    )
    page.figure(f"stages-{label}", alt, partial(stage_bars, bars))
    return {
        "label": label,
        "colours": {stage.replace("_", " "): stage_colour(stage) for stage in stages},
        "svg": stacks([_stack(*bar) for bar in bars], alt),
        "table": stage_table(page.run, label),
    }


def _stack(name: str, means: "dict[str, float]") -> Stack:
    """Return a bar of the shares of the whole; a negative remainder is noise and not drawn."""
    whole = means[END_TO_END]
    parts = tuple(
        (stage.replace("_", " "), mean / whole, stage_colour(stage))
        for stage, mean in means.items()
        if stage != END_TO_END and mean > 0
    )
    return Stack(name, parts, f"{significant(whole)} ms")


def _bars(rows: "list[StageRow]") -> list[tuple[str, dict[str, float]]]:
    """Return the name and the means by stage of each model and variant that was measured as a whole."""
    called, found = names(rows), dict[tuple[object, ...], tuple[str, dict[str, float]]]()
    for row in rows:
        name = f"{called[row.model, row.height, row.width]}, {row.variant}"
        if row.mean_ms is not None:
            found.setdefault(place(row), (name, {}))[1][row.stage] = row.mean_ms
    order = [stage for stage in stages_of(rows) if stage != REMAINDER] + [REMAINDER]
    return [
        (name, {stage: means[stage] for stage in order if stage in means})
        for name, means in found.values()
        if means.get(END_TO_END)
    ]


ENTRY = Section(84, "Stages", _draw, device_remark)
