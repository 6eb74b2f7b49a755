"""A table is text in cells; it prints as Markdown, as LaTeX (`latex`) or, in the templates, as HTML."""

from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTHING = "—"
"""Printed where a number does not exist (yet)."""

SEEN = "†"
"""Printed at a score whose perturbation was among the model's training images."""

_Marks = dict[str, str | int | None]
_MARKDOWN: _Marks = {
    "&": "&amp;", "<": "&lt;", ">": "&gt;", "\n": " ", "\\": r"\\", "`": r"\`", "*": r"\*", "_": r"\_",
    "|": r"\|", "[": r"\[", "]": r"\]",
}  # fmt: skip


@dataclass(frozen=True)
class TableCell:
    """One cell: its text, its interval in words, and what HTML draws and does with it.

    bar: the length from 0 to 1 of the bar beneath it; whisker: where its interval lies on that bar.
    best: of the best group of its column, printed bold. link: the anchor on the page that it leads to.
    heat: its colour on a map, 0 (worst) to 9 (best).
    """

    text: str
    bar: float | None = None
    interval: str = ""
    whisker: tuple[float, float] | None = None
    best: bool = False
    link: str = ""
    heat: int | None = None

    @property
    def full(self) -> str:
        """Return the text with its interval, for tables of one kind of text."""
        return f"{self.text} {self.interval}".rstrip()


@dataclass(frozen=True)
class Table:
    """A table; the columns named in `words` hold words, all others numbers.

    note: what a reader has to know at once. rules: how the numbers are counted, which HTML folds away.
    cautions: which numbers mean less than they seem to; `caution_mark` of its place stands beside each such number.
    """

    title: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    words: frozenset[str] = frozenset()
    rules: str = ""
    cautions: tuple[str, ...] = ()

    @property
    def remarks(self) -> str:
        """Return note, cautions and rules in one text."""
        warnings = (f"{mark}: {text}" for mark, text in self.marked_cautions)
        return " ".join(filter(None, (self.note, *warnings, self.rules)))

    @property
    def marked_cautions(self) -> "list[tuple[str, str]]":
        """Return the cautions with the marks that stand beside their numbers."""
        return [(caution_mark(i), text) for i, text in enumerate(self.cautions)]


class Caution(NamedTuple):
    """What a reader must not miss, and the labels of the models whose scores it concerns.

    metric_set: the name of the one that it is about; "": all.
    """

    models: tuple[str, ...]
    text: str
    metric_set: str = ""


def caution_mark(number: int) -> str:
    """Return what stands beside a number that caution `number` of its table is about.

    >>> caution_mark(0)
    '⚠1'
    """
    return f"⚠{number + 1}"


class Scored(Protocol):
    """A row of a table that holds a number and its interval."""

    @property
    def value(self) -> float | None:
        """The number."""

    @property
    def low(self) -> float | None:
        """The lower end of its interval."""

    @property
    def high(self) -> float | None:
        """The upper end of its interval."""


def decimals(value: float, places: int = 4) -> str:
    """Return a number with so many decimals and a real minus sign."""
    return f"{value:.{places}f}".replace("-", "−")


def score(
    found: "Scored | float | None", *, bar: tuple[float, float] | None = None, mark: str = "", best: bool = False
) -> TableCell:
    """Return a score with four decimals, the only place where one is rounded, a mark behind it, and its interval.

    found: a number, or a row that has its interval too.
    bar: the least and the greatest value, between which the bar beneath the score shows its place.
    """
    if found is None or isinstance(found, float | int):
        value, low, high = found, None, None
    else:
        value, low, high = found.value, found.low, found.high
    if value is None:
        return TableCell(NOTHING)
    text = f"{decimals(value)}\u00a0{mark}" if mark else decimals(value)
    if low is None or high is None:
        return TableCell(text, bar and _share(value, *bar), best=best)
    ends = tuple(_share(one, *bar) for one in (low, high)) if bar else ()
    whisker = (ends[0], ends[1]) if ends and None not in ends else None
    return TableCell(text, bar and _share(value, *bar), interval(low, high), whisker, best)  # type: ignore[arg-type]


def interval(low: float, high: float, places: int = 4) -> str:
    """Return an interval in brackets.

    >>> interval(0.91, 0.9234, 3)
    '[0.910, 0.923]'
    """
    return f"[{decimals(low, places)}, {decimals(high, places)}]"


def _share(value: float, low: float, high: float) -> float | None:
    """Return where a value lies between its bounds, from 0 to 1; None where they are not finite."""
    return min(max((value - low) / (high - low), 0.0), 1.0) if isfinite(high - low) and high > low else None


def percent(value: float | None) -> TableCell:
    """Return a difference in per cent with its sign and one decimal."""
    return TableCell(NOTHING if value is None else f"{value:+.1f}\u00a0%".replace("-", "−"))


def significant(value: float | None) -> str:
    """Return a number with three significant digits, or all that stand before the point; a dash for none.

    >>> significant(1234.5), significant(12.34), significant(0.012345), significant(9.999), significant(0)
    ('1234', '12.3', '0.0123', '10.0', '0')
    """
    if value is None:
        return NOTHING
    rounded = float(f"{value:.3g}")
    if not rounded:
        return "0"
    return f"{value:.{max(0, 2 - floor(log10(abs(rounded))))}f}".replace("-", "−")


def words(*texts: str | None) -> tuple[TableCell, ...]:
    """Return cells of plain text; None and "" print as a dash."""
    return tuple(TableCell(text or NOTHING) for text in texts)


def listed(names: "Sequence[str]") -> str:
    """Return names as people list them.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return " and ".join([part for part in (", ".join(names[:-1]), names[-1]) if part])


def markdown(table: Table) -> str:
    """Return the table as GitHub-flavoured Markdown with its title and note."""
    rule = [":--" if name in table.words else "--:" for name in table.header]
    lines = [_markdown_row(table.header), _line(rule)]
    lines += [_markdown_row(cell.full for cell in row) for row in table.rows]
    return f"**{_markdown(table.title)}**\n\n" + "\n".join(lines) + f"\n\n{_markdown(table.remarks)}\n"


def _markdown_row(texts: "Iterable[str]") -> str:
    return _line(_markdown(text) for text in texts)


def _line(cells: "Iterable[str]") -> str:
    return "| " + " | ".join(cells) + " |"


def _markdown(text: str) -> str:
    return text.translate(str.maketrans(_MARKDOWN))
