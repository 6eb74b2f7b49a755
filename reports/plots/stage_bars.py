"""Stages as stacked bars: which share of the time from a file to its labels each one takes."""

from textwrap import fill
from typing import TYPE_CHECKING, Any

from registry.palette import FOREGROUND
from reports.plots.figures import RULE
from reports.record.speed_rows import END_TO_END, REMAINDER
from reports.tables.table import significant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.figure import Figure

_COLOURS = {
    **dict(zip(("decode", "preprocess", "perturb", "resize_argmax", "to_device", "network"), FOREGROUND, strict=False)),
    "encode_image": "#2B4C9B",
    "decode_prompt": "#A3541B",
    "to_host": FOREGROUND[6],
    "predict": FOREGROUND[5],
    REMAINDER: "#7A7A7A",
}
_OTHER = "#1F5F5B"
_WIDTH, _LETTERS = 5.0, 26


def stage_colour(stage: str) -> str:
    """Return the colour of a stage, alike in all figures."""
    return _COLOURS.get(stage, _OTHER)


def stage_bars(found: "Sequence[tuple[str, Mapping[str, float]]]") -> "Figure":
    """Draw a bar for each (name, mean milliseconds by stage), the whole among the stages as `end_to_end`.

    A bar's parts are the shares of the whole, whose milliseconds stand beside it. A negative remainder is not drawn.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import PercentFormatter

    names = [fill(name, _LETTERS) for name, _ in found]
    row = 0.16 + 0.13 * max(name.count("\n") + 1 for name in names)
    figure = Figure(figsize=(_WIDTH, 0.6 + row * len(found)), layout="constrained")
    axes = figure.add_subplot()
    for height, (_, means) in enumerate(found):
        whole, left = means[END_TO_END], 0.0
        for stage, mean in means.items():
            if stage != END_TO_END and mean > 0:
                _part(axes, height, left, mean / whole, stage)
                left += mean / whole
        axes.text(left + 0.01, height, f"{significant(whole)} ms", va="center", fontsize=8)
    axes.set_yticks(range(len(found)), names, fontsize=8)
    axes.set(ylim=(len(found) - 0.4, -0.6), xlim=(0, 1.22), xticks=(0, 0.25, 0.5, 0.75, 1))
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol="\u00a0%"))
    axes.tick_params(length=0)
    axes.grid(visible=False, axis="y")
    return figure


def _part(axes: Any, height: int, left: float, share: float, stage: str) -> None:
    axes.barh(
        height, share, left=left, height=0.68, color=stage_colour(stage), edgecolor=RULE, linewidth=0.4, gid=stage
    )
