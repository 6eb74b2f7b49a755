"""The figure of the first screen: the mean over all perturbations from mild to strong, and over all of their levels."""

from statistics import fmean
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports.plots.drawing import looks
from reports.record.metrics import bounds, mean_title
from reports.plots.drawing import limits
from reports.svg.curves import curves
from reports.svg.panels import Line, Panel, XAxis, YAxis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.record.boards import Board
    from reports.record.run import Run
    from reports.record.statistics_rows import RankRow

SIZE = (620.0, 300.0)
_END, _STRIP = 0.82, 0.9
"""Where the levels end and where the means begin, shares of the x axis."""
_MOST = 12
"""More models than these have no means beside the levels: no room."""


def headline(run: "Run", board: "Board") -> Markup:
    """Return the curves of a board's models, clean and means with their intervals; "" without perturbations.

    At a share of the levels each perturbation counts alike; one with fewer levels than another is read off the straight
    lines between its own. A model has a point where every perturbation has a score.
    """
    entries = run.perturbations(board.dataset)
    steps = max((len(entry.strengths) for entry in entries), default=0)
    if not steps or not board.models:
        return Markup()
    metric, ranks = run.metric("dice"), len(board.models) <= _MOST
    lines = [_line(run, board, label, steps, number if ranks else None) for number, label in enumerate(board.labels)]
    y = YAxis(mean_title(metric), *limits(bounds(metric), (one for line in lines for one in line.values)))
    count = len(board.models) if ranks and any(value is not None for one in lines for value in one.values[steps + 1 :]) else 0
    lines = lines if count else [_cut(line, steps + 1) for line in lines]
    shown = Panel(f"Mean over {len(entries)} perturbations", _levels(steps, count), {"strength": _axis(steps, count)}, lines)
    desc = f"Line chart of the mean Dice on {board.dataset}, from clean images to the strongest level."
    return curves(f"headline-{board.dataset}{board.slug}", [shown], y, looks(run, board), desc, SIZE)


def mean_curve(curves: "Sequence[Sequence[float | None]]", steps: int) -> list[float | None]:
    """Return the mean of curves [level] at each of `steps` + 1 shares of their levels, None where one has no value.

    >>> mean_curve([[1.0, 0.5], [0.8, 0.6, 0.2]], 2)
    [0.9, 0.675, 0.35]
    """
    found = [[_at(curve, step / steps) for curve in curves] for step in range(steps + 1)]
    return [None if None in values else round(fmean(v for v in values if v is not None), 12) for values in found]


def _at(curve: "Sequence[float | None]", share: float) -> float | None:
    """Return a curve's value at a share of its levels, between two of them on the straight line."""
    place = share * (len(curve) - 1)
    below = min(int(place + 1e-9), len(curve) - 1)
    rest = place - below
    if rest < 1e-9:
        return curve[below]
    low, high = curve[below], curve[below + 1]
    return None if low is None or high is None else low + rest * (high - low)


def _line(run: "Run", board: "Board", label: str, steps: int, number: int | None) -> Line:
    """Return a model's curve, and behind it its mean over all levels in a column of its own."""
    asked = {"metric_set": board.metric_set.name, "metric": "dice"}
    clean = run.row(board.dataset, label, **asked)  # type: ignore[arg-type]
    found = [
        [clean.value if clean else None, *(run.value(board.dataset, label, entry.label, s, **asked) for s in entry.by_damage())]
        for entry in run.perturbations(board.dataset)
    ]
    rank = _rank(run, board, label)
    columns = [None] * len(board.models) if number is not None else []
    values, low, high = ([*columns] for _ in range(3))
    if rank and number is not None:
        values[number], low[number], high[number] = rank.value, rank.low, rank.high
    return Line(
        label,
        looks(run, board)[label],
        [*mean_curve(found, steps), *values],
        [clean.low if clean else None, *[None] * steps, *low],
        [clean.high if clean else None, *[None] * steps, *high],
    )


def _rank(run: "Run", board: "Board", label: str) -> "RankRow | None":
    wanted = (board.dataset, board.supervision, board.metric_set.name, "dice", "perturbed", label)
    return next((row for row in run.statistics.ranking if row[:6] == wanted), None)


def _cut(line: Line, count: int) -> Line:
    return line._replace(values=line.values[:count], low=line.low[:count], high=line.high[:count])


def _levels(steps: int, count: int) -> list[str]:
    shares = (f"level {step} of {steps}" for step in range(1, steps + 1))
    return ["clean", *shares, *["mean over all levels"] * count]


def _axis(steps: int, count: int) -> XAxis:
    """Return where clean, levels and, one beside the other, `count` means stand."""
    end = _END if count else 1.0
    places = [end * step / steps for step in range(steps + 1)]
    columns = [_STRIP + (1 - _STRIP) * (number + 0.5) / count for number in range(count)]
    ticks = [(0.0, "clean"), (end / 2, "half"), (end, "strongest")]
    return XAxis("level of each perturbation, mild to strong", [*places, *columns], [*ticks, *([((1 + _STRIP) / 2, "mean")] if count else [])])
