"""Figures of rows, a name before each: distributions over images, latencies, parts of a whole, dots with intervals."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.svg.canvas import LETTER, Frame, Scale, colour, drawing, mark, named, path, place, text, x_axis
from reports.svg.scales import LogScale, fitted, numbered, shortened, x_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

WIDTH = 370.0
_LETTERS = 22
"""Of a name; a longer one is shortened, and stands in full in the words of its row."""
_WIDE = 6.8
"""Of a letter, at most on average: names may be cut by no edge."""
_TOP, _FOOT, _RIGHT = 10.0, 36.0, 12.0


@dataclass(frozen=True)
class Spread:
    """How one series is spread: `bins` holds (from, to, share of the highest bin), `marks` (name, value) on its base.

    box: 5th, 25th, 50th, 75th and 95th percentile, where the figure shows those. words: what the row says.
    """

    name: str
    index: int
    bins: "tuple[tuple[float, float, float], ...]"
    words: str
    box: "tuple[float, float, float, float, float] | None" = None
    marks: "tuple[tuple[str, float], ...]" = ()
    remark: str = ""


@dataclass(frozen=True)
class Dot:
    """One value with its interval; pale: to be read with care. words: what it says."""

    name: str
    index: int
    value: float
    words: str
    low: float | None = None
    high: float | None = None
    pale: bool = False


@dataclass(frozen=True)
class Stack:
    """Parts of a whole, one behind the other: (name, share, colour as #RRGGBB); remark: what stands behind them."""

    name: str
    parts: "tuple[tuple[str, float, str], ...]"
    remark: str


def spreads(
    rows: "Sequence[Spread]", x: str, alt: str, ends: tuple[float, float] | None = None, height: float = 46.0
) -> "Markup":
    """Return a row for each series, its bins as an area; ends: of the x axis, which else holds all bins."""
    box = _box([row.name for row in rows], height)
    reach = [edge for row in rows for low, high, _ in row.bins for edge in (low, high)]
    across = Scale(*ends, box.left, box.right) if ends else fitted(reach, box.left, box.right, 0.02)
    body = [_spread(row, across, box, _TOP + height * (i + 1), height) for i, row in enumerate(rows)]
    return _drawn(box, across, x, "".join(body), alt)


def dots(rows: "Sequence[Sequence[Dot]]", x: str, alt: str, ends: tuple[float, float]) -> "Markup":
    """Return a row for each group of dots, the dots of a group one below the other; the first of them names the row."""
    each, room = 13.0, 9.0
    box = _box([row[0].name for row in rows], 0)
    height = sum(each * len(row) + room for row in rows)
    box = Frame(box.left, _TOP, box.right, _TOP + height)
    across, body, y = Scale(*ends, box.left, box.right), [], _TOP
    for row in rows:
        middle = y + (each * len(row) + room) / 2
        body.append(text(box.left - 8, middle + 3.5, shortened(row[0].name, _LETTERS), "", "end"))
        body += [_dot(one, across, y + room / 2 + each * (i + 0.5)) for i, one in enumerate(row)]
        y += each * len(row) + room
        body.append(f'<path class="axis" d="M{place(box.left)} {place(y)}H{place(box.right)}"/>')
    return _drawn(box, across, x, "".join(body), alt)


def stacks(rows: "Sequence[Stack]", alt: str) -> "Markup":
    """Return a bar for each row, of parts; the shares are of one whole, and behind the bar stands the row's remark."""
    height, behind = 30.0, LETTER * max(len(row.remark) for row in rows) + 8
    box = _box([row.name for row in rows], height)
    box = Frame(box.left, box.top, box.right - behind, box.bottom)
    across = Scale(0, max(1.0, *(sum(share for _, share, _ in row.parts) for row in rows)), box.left, box.right)
    body = [_stack(row, across, box, _TOP + height * i, height) for i, row in enumerate(rows)]
    words = [(across(one), f"{100 * one:g}\u00a0%") for one in (0, 0.25, 0.5, 0.75, 1)]
    return _framed(box, words, "", "".join(body), alt)


def _box(names: "Sequence[str]", height: float) -> Frame:
    left = 14 + _WIDE * min(_LETTERS, max(map(len, names)))
    return Frame(left, _TOP, WIDTH - _RIGHT, _TOP + height * len(names))


def _drawn(box: Frame, across: Scale | LogScale, x: str, body: str, alt: str) -> "Markup":
    return _framed(box, numbered(across), x, body, alt)


def _framed(box: Frame, words: "Sequence[tuple[float, str]]", x: str, body: str, alt: str) -> "Markup":
    return drawing(WIDTH, box.bottom + _FOOT, alt, x_lines(box, words) + x_axis(box, words, x) + body, "rows")


def _spread(row: Spread, across: Scale | LogScale, box: Frame, base: float, height: float) -> str:
    """Return the bins above a base line, below them the quantiles as a box."""
    corners = [(across(row.bins[0][0]), base)] if row.bins else []
    for low, high, share in row.bins:
        top = base - 0.78 * height * share
        corners += [(across(low), top), (across(high), top)]
    area = f'<path class="soft" d="{path([*corners, (corners[-1][0], base)], close=True)}"/>' if corners else ""
    line = f'<path class="axis" d="M{place(box.left)} {place(base)}H{place(box.right)}"/>'
    told = named(area + _quantiles(row, across, base) + _marks(row, across, base), row.words, "point")
    name = text(box.left - 8, base - height / 2 + 6, shortened(row.name, _LETTERS), "", "end")
    remark = text(box.right, base - height / 2, row.remark, "quiet", "end") if row.remark else ""
    return f'{line}{name}{remark}<g class="series {colour(row.index)}">{told}</g>'


def _quantiles(row: Spread, across: Scale | LogScale, base: float) -> str:
    if row.box is None:
        return ""
    low, left, middle, right, high = map(across, row.box)
    wide = (
        f'<rect class="fill" x="{place(left)}" y="{place(base - 3)}" width="{place(max(right - left, 1))}" height="6"/>'
    )
    dot = f'<circle class="middle" cx="{place(middle)}" cy="{place(base)}" r="3.4"/>'
    return f'<path class="whisker" d="M{place(low)} {place(base)}H{place(high)}"/>{wide}{dot}'


def _marks(row: Spread, across: Scale | LogScale, base: float) -> str:
    """Return ticks below the base line, those of higher percentiles longer."""
    found = []
    for number, (_, value) in enumerate(row.marks):
        x, top = place(across(value)), place(base - 10 - 4 * number)
        found.append(f'<path class="whisker" d="M{x} {top}V{place(base + 3)}"/>')
    return "".join(found)


def _dot(dot: Dot, across: Scale, y: float) -> str:
    body = mark(dot.index, across(dot.value), y)
    if dot.low is not None and dot.high is not None:
        body = f'<path class="whisker" d="M{place(across(dot.low))} {place(y)}H{place(across(dot.high))}"/>{body}'
    kind = "point hollow" if dot.pale else "point"
    return f'<g class="series {colour(dot.index)}">{named(body, dot.words, kind)}</g>'


def _stack(row: Stack, across: Scale, box: Frame, top: float, height: float) -> str:
    found, left = [text(box.left - 8, top + height / 2 + 3.5, shortened(row.name, _LETTERS), "", "end")], 0.0
    for name, share, fill in row.parts:
        x, width = place(across(left)), place(across(left + share) - across(left))
        size = f'x="{x}" y="{place(top + 5)}" width="{width}" height="{place(height - 10)}"'
        bar = f'<rect class="part" {size} fill="{fill}"/>'
        found.append(named(bar, f"{row.name}, {name}: {100 * share:.1f} %", "point"))
        left += share
    return "".join(found) + text(across(left) + 5, top + height / 2 + 3.5, row.remark, "quiet")
