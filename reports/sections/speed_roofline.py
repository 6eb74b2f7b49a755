"""What each network achieves of what the machine can do: the roofline, a panel a precision."""

from functools import partial
from typing import TYPE_CHECKING, Any

from reports.plots.roofline import roofline
from reports.plots.speed_plots import speed_looks
from reports.record.speed import NETWORK, device_remark, fastest, names
from reports.section import Section
from reports.svg.scatter import Spot
from reports.svg.scatter import roofline as inline_roofline
from reports.tables.table import listed, significant

if TYPE_CHECKING:
    from registry.palette import Series
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
<p class="note">The two lines were measured on the same machine in the same run: a copy of memory (rising) and a product
of matrices (flat). A point is a network alone, at its best batch size: 2 MACs an image, over the bytes that its
operations read and write, summed one by one. Caches spare some of them, so the true point lies further right.</p>
"""


def _draw(page: "Page") -> str:
    parts = [part for dataset in page.run.record.datasets if (part := _part(page, dataset.label))]
    return page.html(_TEMPLATE, parts=parts) if parts else ""


def _part(page: "Page", label: str) -> dict[str, Any] | None:
    rows = [
        row
        for row in fastest(page.run, label, NETWORK)
        if row.intensity and row.gflop_per_second and row.peak_gflop_per_second and row.peak_gb_per_second
    ]
    if not rows:
        return None
    called = names([row for row in page.run.speed if row.dataset == label])
    looks = speed_looks(page.run, label, called)
    figures = []
    for precision in dict.fromkeys(row.precision or row.variant for row in rows):
        chosen = [row for row in rows if (row.precision or row.variant) == precision]
        found = [(called[row.model, row.height, row.width], row) for row in chosen]
        alt = (
            f"Roofline of {precision} on {label}: GFLOP/s against operations per byte of "
            f"{listed([name for name, _ in found])}; GFLOP/s and shares of the peak stand in the table of costs."
        )
        page.figure(f"roofline-{label}-{precision}", alt, partial(roofline, found, looks))
        roofs = sorted({(row.peak_gflop_per_second or 0.0, row.peak_gb_per_second or 0.0) for row in chosen})
        spots = [_spot(name, row, looks[name]) for name, row in found]
        figures.append((inline_roofline(spots, roofs, alt), f"Network, {precision}"))
    shown = dict.fromkeys(called[row.model, row.height, row.width] for row in rows)
    return {"label": label, "legend": page.legend({name: looks[name] for name in shown}), "figures": figures}


def _spot(name: str, row: "SpeedRow", look: "Series") -> Spot:
    x, y = row.intensity or 0.0, row.gflop_per_second or 0.0
    share = "" if row.share_of_peak is None else f", {100 * row.share_of_peak:.1f} % of what the machine can do there"
    return Spot(name, look.number, x, y, f"{name}: {significant(y)} GFLOP/s at {significant(x)} FLOP/byte{share}")


ENTRY = Section(86, "Roofline", _draw, device_remark)
