"""A table is text in cells; it prints as Markdown, as LaTeX (`latex`) or, in the templates, as HTML."""

from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import TYPE_CHECKING

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
    """One cell: its text, and the length from 0 to 1 of the bar that HTML draws beneath it."""

    text: str
    bar: float | None = None


@dataclass(frozen=True)
class Table:
    """A table with its policy line; the columns named in `words` hold words, all others numbers."""

    title: str
    note: str
    header: tuple[str, ...]
    rows: tuple[tuple[TableCell, ...], ...]
    words: frozenset[str] = frozenset()


def score(value: float | None, *, bar: tuple[float, float] | None = None, mark: str = "") -> TableCell:
    """Return a score with four decimals, the only place where one is rounded, and a mark behind it.

    bar: the least and the greatest value, between which the bar beneath the score shows its place.
    """
    if value is None:
        return TableCell(NOTHING)
    text = f"{value:.4f}".replace("-", "−")
    return TableCell(f"{text}\u00a0{mark}" if mark else text, bar and _share(value, *bar))


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
    lines += [_markdown_row(cell.text for cell in row) for row in table.rows]
    return f"**{_markdown(table.title)}**\n\n" + "\n".join(lines) + f"\n\n{_markdown(table.note)}\n"


def _markdown_row(texts: "Iterable[str]") -> str:
    return _line(_markdown(text) for text in texts)


def _line(cells: "Iterable[str]") -> str:
    return "| " + " | ".join(cells) + " |"


def _markdown(text: str) -> str:
    return text.translate(str.maketrans(_MARKDOWN))
