"""What a batch size changes: images per second and peak memory, a panel a variant."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.speed_plots import by_batch, speed_looks
from reports.record.speed import OFFLINE, PATHS, PREDICT, device_remark, measured, memory_mib, names, variant_words
from reports.section import Section
from reports.svg.line_chart import Track, line_chart
from reports.tables.table import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from registry.palette import Series
    from reports.record.speed import Input
    from reports.record.speed_rows import SpeedRow
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import figure, heading, legend %}
{% for part in parts %}
{{ heading(part.label, run.record.datasets|length) }}
{{ legend(part.legend) }}
<div class="figures">
{% for svg, title in part.figures %}{{ figure(svg, title, True) }}{% endfor %}
</div>
{% endfor %}
<p class="note">Memory: the peak of the GPU's allocator, or of the process on a CPU.</p>
"""


def _draw(page: "Page") -> str:
    parts = [part for dataset in page.run.record.datasets if (part := _part(page, dataset.label))]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _part(page: "Page", label: str) -> dict[str, Any] | None:
    rows = {path: measured(page.run, label, OFFLINE, path) for path in PATHS}
    called = names([row for found in rows.values() for row in found])
    if len({row.batch_size for found in rows.values() for row in found}) < 2:
        return None
    looks = speed_looks(page.run, label, called)
    curves = [*(("Images/s", path, "images/s", _rate) for path in PATHS), ("Peak memory", PREDICT, "MiB", memory_mib)]
    figures = []
    for title, path, unit, value in curves:
        for variant in dict.fromkeys(map(variant_words, rows[path])):
            found = [_named(row, called) for row in rows[path] if variant_words(row) == variant]
            if any(value(row) is not None for _, row in found):
                heading = f"{title}, {path}, {variant}"
                alt = (
                    f"Line chart of {title} on {label} against the batch size for "
                    f"{listed(list(dict.fromkeys(name for name, _ in found)))} ({path}, {variant}); "
                    "the numbers stand under “Every batch size”."
                )
                draw = partial(by_batch, found, looks, value, unit)
                page.figure(f"batch-{title}-{label}-{path}-{variant}", alt, draw)
                tracks = _tracks(found, looks, value)
                figures.append((line_chart(tracks, ("batch size", unit), alt, log=True, legend=False), heading))
    return {"label": label, "legend": page.legend(looks), "figures": figures}


def _rate(row: "SpeedRow") -> float | None:
    return row.images_per_second


def _tracks(
    found: "Sequence[tuple[str, SpeedRow]]",
    looks: "Mapping[str, Series]",
    value: "Callable[[SpeedRow], float | None]",
) -> list[Track]:
    """Return a curve for each name: a value of its rows by their batch sizes."""
    return [
        Track(name, look.number, tuple((row.batch_size, value(row)) for row in rows if row.batch_size))
        for name, look in looks.items()
        if (rows := sorted((row for own, row in found if own == name), key=lambda row: row.batch_size or 0))
    ]


def _named(row: "SpeedRow", called: "dict[Input, str]") -> "tuple[str, SpeedRow]":
    return called[row.model, row.height, row.width], row


ENTRY = Section(83, "Batch size", _draw, device_remark)
