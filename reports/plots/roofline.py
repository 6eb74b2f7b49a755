"""The roofline: what a machine can do at most, by operations per byte, and what each network does."""

from typing import TYPE_CHECKING

from reports.plots.drawing import panel, plain_log
from reports.plots.labels import name_points
from reports.tables.table import significant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

    from registry.palette import Series
    from reports.record.speed_rows import SpeedRow

_SIZE = (4.6, 3.4)
_ROOF = "#7A7A7A"


def roofline(rows: "Sequence[tuple[str, SpeedRow]]", looks: "Mapping[str, Series]") -> "Figure":
    """Draw named rows at (FLOP/byte, GFLOP/s) below the two measured lines: bytes, and operations of a matrix product.

    Rows of different measurements of the machine have lines of their own.
    """
    figure, axes = panel(_SIZE)
    points = [(row.intensity or 0.0, row.gflop_per_second or 0.0) for _, row in rows]
    peaks = {(row.peak_gflop_per_second or 0.0, row.peak_gb_per_second or 0.0) for _, row in rows}
    low = min(*(x for x, _ in points), *(flops / byte for flops, byte in peaks)) / 3
    high = max(*(x for x, _ in points), *(flops / byte for flops, byte in peaks)) * 3
    for flops, byte in sorted(peaks):
        ridge = flops / byte
        axes.plot((low, ridge, high), (low * byte, flops, flops), color=_ROOF, linewidth=1.4, zorder=2, gid="roof")
    for (name, _), (x, y) in zip(rows, points, strict=True):
        axes.plot(x, y, looks[name].marker, color=looks[name].colour, markersize=6, zorder=3)
    axes.set(xscale="log", yscale="log", xlim=(low, high), xlabel="operations per byte (FLOP/byte)", ylabel="GFLOP/s")
    for axis in (axes.xaxis, axes.yaxis):
        plain_log(axis)
    flops, byte = max(peaks)
    axes.annotate(
        f"matrix product: {significant(flops)} GFLOP/s",
        (high, flops),
        (-2, 4),
        textcoords="offset points",
        ha="right",
        fontsize=7,
    )
    axes.annotate(f"copy: {significant(byte)} GB/s", (low, low * byte), (8, 0), textcoords="offset points", fontsize=7)
    name_points(axes, points, [name for name, _ in rows])
    return figure
