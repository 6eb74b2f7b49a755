"""How fast the evaluation went, and how much of that time the networks themselves took."""

from typing import TYPE_CHECKING

from bench.host.screen import rate_words
from reports.section import Section
from reports.tables.table import NOTHING, Table, TableCell

if TYPE_CHECKING:
    from bench.record.run_record import ThroughputRecord
    from reports.section import Page

_TEMPLATE = """
{% from "parts.html" import table %}
<dl class="facts">
<div><dt>Harness efficiency</dt><dd class="big">{{ efficiency }}</dd></div>
<div><dt>Peak memory</dt><dd class="big">{{ memory }}</dd></div>
</dl>
{{ table(speeds) }}
"""
_NOTE = (
    "Images: images × conditions. Forward: the network alone, tensor to logits, in the same "
    "precision, batch and threads, timed with nothing else running. Harness efficiency: images × forward "
    "time / wall time of the evaluation; at 1, reading, perturbing, scoring and writing would cost nothing."
)


def _draw(page: "Page") -> str:
    record = page.run.record
    if not record.throughput:
        return ""
    speeds = Table(
        "Throughput of the evaluation",
        _NOTE,
        ("data set", "model", "images", "wall time (s)", "images/s", "forward (ms/image)", "efficiency"),
        tuple(_cells(entry) for entry in record.throughput),
        frozenset({"data set", "model"}),
    )
    return page.html(
        _TEMPLATE,
        speeds=speeds,
        efficiency=_number(record.harness_efficiency, 2),
        memory=NOTHING if record.peak_memory_gib is None else f"{record.peak_memory_gib:.2f} GiB",
    )


def _cells(entry: "ThroughputRecord") -> tuple[TableCell, ...]:
    return (
        TableCell(entry.dataset),
        TableCell(entry.model),
        TableCell(str(entry.images)),
        TableCell(_number(entry.seconds, 1)),
        TableCell(NOTHING if entry.images_per_second is None else rate_words(entry.images_per_second)),
        TableCell(_number(entry.forward_ms_per_image, 2)),
        TableCell(_number(entry.efficiency, 2), None if entry.efficiency is None else min(entry.efficiency, 1.0)),
    )


def _number(value: float | None, decimals: int) -> str:
    return NOTHING if value is None else f"{value:.{decimals}f}"


ENTRY = Section(90, "Speed of the evaluation", _draw)
