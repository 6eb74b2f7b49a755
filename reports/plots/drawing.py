"""What all drawings share: a small panel, lines that differ in three ways, a legend."""

from math import isfinite
from typing import TYPE_CHECKING, Any

from registry.palette import series
from reports.tables.table import SEEN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from registry.palette import Series
    from reports.record.boards import Board
    from reports.record.run import Run


def numbered(labels: "Iterable[str]") -> "dict[str, Series]":
    """Return a look for each label, in their order."""
    return {label: series(index) for index, label in enumerate(labels)}


def looks(run: "Run", board: "Board") -> "dict[str, Series]":
    """Return how each model of a board is drawn: alike in all figures, whichever board it stands on."""
    drawn = {model.label: series(index) for index, model in enumerate(run.models(board.dataset))}
    return {label: drawn[label] for label in board.labels}


def limits(bounds: tuple[float, float], values: "Iterable[float | None]") -> tuple[float, float]:
    """Return the ends of an axis for a metric of these bounds; no value lies outside of them.

    Where a bound is infinite, the axis reaches from 0 to the values.
    """
    known = [value for value in values if value is not None]
    low, high = (bound if isfinite(bound) else 0.0 for bound in bounds)
    low, high = min([low, *known]), max([high, *known])
    return (low, high) if high > low else (low, low + 1.0)


def panel(size: tuple[float, float]) -> "tuple[Figure, Axes]":
    """Return a figure of `size` inches with one pair of axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    return figure, figure.add_subplot()


def lines(
    axes: "Axes",
    points: list[dict[str, Any]],
    looks: "Mapping[str, Series]",
    *,
    marked: "Collection[str]" = (),
    sort: bool = True,
    empty: str = "no score yet",
) -> None:
    """Draw a line through the points of each series in its look; `empty` is written where no point has both x and y.

    The lines of the series in `marked` end in the mark of what was seen in training. With `sort` False a line goes
    through its points as they come, and may turn back.
    """
    import pandas as pd
    import seaborn as sns

    known = [point for point in points if None not in (point["x"], point["y"])]
    if not known:
        note(axes, empty)
        return
    frame, order = pd.DataFrame(known), list(looks)
    sns.lineplot(
        frame, x="x", y="y", hue="series", style="series", hue_order=order, style_order=order,
        palette={label: look.colour for label, look in looks.items()},
        dashes={label: look.dashes or "" for label, look in looks.items()},
        markers={label: look.marker for label, look in looks.items()},
        markersize=5, linewidth=1.6, markeredgewidth=0.0,
        estimator=None, errorbar=None, sort=sort, legend=False, ax=axes,
    )  # fmt: skip
    for label, end in {point["series"]: point for point in known if point["series"] in marked}.items():
        axes.annotate(
            SEEN, (end["x"], end["y"]), (4, -3), textcoords="offset points", color=looks[label].colour,
            fontsize=10, fontweight="bold", annotation_clip=False,
        )  # fmt: skip


def handles(looks: "Mapping[str, Series]") -> list[Any]:
    """Return the entries of a legend for series of these looks."""
    from matplotlib.lines import Line2D

    return [
        Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            linestyle=(0, look.dashes) if look.dashes else "-",
            label=label,
        )
        for label, look in looks.items()
    ]


def plain_log(axis: "Axis") -> None:
    """Write the numbers of a logarithmic axis as people do; between powers of ten too where these are few."""
    from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

    low, high = axis.get_view_interval()
    few = high < 40 * low
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if few else (1,), numticks=20))
    axis.set_major_formatter(lambda number, _: short(number))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def short(number: float) -> str:
    """Return a number of an axis, thousands and millions with their letters.

    >>> short(0.5), short(2000), short(5e6)
    ('0.5', '2 k', '5 M')
    """
    return (
        f"{number / 1e6:g} M" if abs(number) >= 1e6 else f"{number / 1e3:g} k" if abs(number) >= 1e3 else f"{number:g}"
    )


def note(axes: "Axes", text: str) -> None:
    """Write a text where there is nothing to draw, instead of empty axes."""
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center")
    axes.set_axis_off()
