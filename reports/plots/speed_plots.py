"""Speeds as figures: the latencies of each model, and what a batch size changes."""

from textwrap import fill
from typing import TYPE_CHECKING

from registry.palette import series
from reports.plots.drawing import lines, panel, plain_log
from reports.record.speed_rows import TOO_SMALL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from registry.palette import Series
    from reports.record.run import Run
    from reports.record.speed import Input
    from reports.record.speed_rows import SpeedRow

PERCENTILES = {"p50": "o", "p90": "s", "p99": "^"}
"""The percentiles that are marked, and by what."""
_WIDTH, _ROW = 5.0, 0.42
_LETTERS = 22
_BINS = 120
_SIZE = (4.0, 2.8)
_WIDEST = 40
"""Rates that differ by a larger factor than this are drawn on a logarithmic axis."""


def speed_looks(run: "Run", dataset: str, called: "Mapping[Input, str]") -> "dict[str, Series]":
    """Return the look of each name of `reports.record.speed.names`: the model's, or an own one for a further size."""
    drawn = {model.label: series(index) for index, model in enumerate(run.models(dataset))}
    found: dict[str, Series] = {}
    for (model, *_), name in called.items():
        own = drawn.pop(model, None)  # once
        found[name] = own or series(len(run.models(dataset)) + len(found))
    return found


def latency_rows(found: "Sequence[tuple[str, SpeedRow, NDArray[np.float64], Series]]") -> "Figure":
    """Draw how the latencies [N] of each row are distributed, one above the other, on one logarithmic axis.

    found: the name, the row, whose percentiles are marked, its latencies in milliseconds, and its look.
    """
    import numpy as np
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(_WIDTH, 0.9 + _ROW * len(found)), layout="constrained")
    axes = figure.add_subplot()
    ends = min(each[0] for _, _, each, _ in found) * 0.95, max(each[-1] for _, _, each, _ in found) * 1.05
    bins = np.geomspace(*ends, _BINS + 1)
    axes.set(xscale="log", xlim=ends, xlabel="latency (ms)", ylim=(len(found) - 0.3, -0.9))
    for height, (_, row, latencies, look) in enumerate(found):
        shares = np.histogram(latencies, bins)[0] / len(latencies)
        axes.stairs(
            height - 0.75 * shares / shares.max(), bins, baseline=height, fill=True, color=look.colour, alpha=0.45
        )
        _percentiles(axes, height, row, look.colour)
    axes.set_yticks(range(len(found)), [fill(name, _LETTERS) for name, *_ in found], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    plain_log(axes.xaxis)
    marks = [
        Line2D([], [], linestyle="", color="#7A7A7A", marker=mark, label=name) for name, mark in PERCENTILES.items()
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=3, handlelength=1.0)
    return figure


def _percentiles(axes: "Axes", height: int, row: "SpeedRow", colour: str) -> None:
    """Mark the percentiles of a row; say where one needs more calls."""
    values = {name: getattr(row, f"{name}_ms") for name in PERCENTILES}
    for name, value in values.items():
        if isinstance(value, float):
            axes.plot(value, height, PERCENTILES[name], color=colour, markersize=5, clip_on=False, gid=name)
    lacking = [name for name, value in values.items() if value == TOO_SMALL]
    if lacking:
        text = f"{', '.join(lacking)}: {TOO_SMALL}"
        axes.text(0.99, height - 0.5, text, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=7)


def by_batch(
    rows: "Sequence[tuple[str, SpeedRow]]", looks: "Mapping[str, Series]", value: "Callable[[SpeedRow], float | None]",
    label: str,
) -> "Figure":  # fmt: skip
    """Draw a value of each named row against its batch size; both axes are logarithmic where the values differ much."""
    figure, axes = panel(_SIZE)
    points = [{"series": name, "x": row.batch_size, "y": value(row)} for name, row in rows]
    lines(axes, points, looks, empty="not measured")
    heights = [height for _, row in rows if (height := value(row))]
    sizes = sorted({row.batch_size for _, row in rows if row.batch_size})
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    axes.set_xticks([], minor=True)
    axes.set(xlabel="batch size", ylabel=label)
    if heights and max(heights) > _WIDEST * min(heights):
        axes.set_yscale("log")
        plain_log(axes.yaxis)
    else:
        axes.set_ylim(bottom=0)
    return figure
