"""A table as LaTeX, no wider than a page's text: words wrap, and what is still too wide or too long is cut in parts.

There is no LaTeX here to ask, so widths are estimated, never below those of Computer Modern.
"""

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.tables.table import Table, TableCell

PREAMBLE = "% These tables need \\usepackage{booktabs} and \\usepackage{array}.\n"
TEXT_WIDTH = 345.0
"""Points between the margins of the class article at 10 pt, the narrowest of the usual ones."""
ROWS = 40
"""So many fit on a page."""
_POINTS, _SEPARATION = 8.0, 3.0
r"""Size of \footnotesize, and \tabcolsep: the space at either side of a column."""
_LEAST = 40.0
"""Points that a column of words keeps."""

_WIDE, _MIDDLE, _SLIM = "mwMW—%&@×†#+=|", "0123456789acegkoqvxyz/", "fijlrstI.,:;'()[]!- \u00a0"
_ESCAPES: dict[str, str | int | None] = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "—": "---", "–": "--", "−": "$-$",
    "⚠": r"\textsuperscript{!}",
    "×": r"$\times$", "·": r"$\cdot$", "†": r"\textdagger{}", "↓": r"$\downarrow$", "\u00a0": "~", "\n": " ",
}  # fmt: skip
_BREAKS = re.compile(r"(?<=[_/,:=\-])(?=\w)|(?<=\.)(?=[A-Za-z])")
"""Where a long word may go on in the next line."""
_AS_BEFORE = "Notes as in part 1."
_PIECES = re.compile(rf"(?<= )|{_BREAKS.pattern}")


def latex(table: "Table") -> str:
    """Return the table as floats for the packages booktabs and array, each at most `TEXT_WIDTH` wide."""
    parts = [part for columns in _columns_of_parts(table) for part in _rows_of_parts(table, columns)]
    several = len(parts) > 1
    titled = [
        replace(part, title=f"{part.title} ({i} of {len(parts)})") if several else part
        for i, part in enumerate(parts, 1)
    ]
    titled[1:] = [replace(part, note=_AS_BEFORE, rules="", cautions=()) for part in titled[1:]]
    return "\n".join(_float(part) for part in titled)


def _float(table: "Table") -> str:
    widths = _widths(table)
    wraps = [
        name in table.words and width < _natural(column)
        for name, width, column in zip(table.header, widths, _texts(table), strict=True)
    ]
    columns = zip(table.header, widths, wraps, strict=True)
    specification = "".join(
        f">{{\\raggedright\\arraybackslash}}p{{{width:.1f}pt}}" if wrapped else "l" if name in table.words else "r"
        for name, width, wrapped in columns
    )
    heads = (_escaped(n) if n in table.words else _head(n, w) for n, w in zip(table.header, widths, strict=True))
    body = [_row(_cell(cell, wrapped) for cell, wrapped in zip(row, wraps, strict=True)) for row in table.rows]
    return "\n".join([
        r"\begin{table}[htbp]",
        rf"\centering\footnotesize\setlength{{\tabcolsep}}{{{_SEPARATION:g}pt}}",
        rf"\caption{{{_escaped(table.title)}. {_escaped(table.remarks)}}}",
        rf"\begin{{tabular}}{{@{{}}{specification}@{{}}}}",
        r"\toprule",
        _row(heads),
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
    ])  # fmt: skip


def _cell(cell: "TableCell", wrapped: bool) -> str:
    write = _breakable if wrapped else _escaped
    if not cell.best:
        return write(cell.full)
    return " ".join(filter(None, (rf"\textbf{{{write(cell.text)}}}", write(cell.interval))))


def _row(cells: "Iterable[str]") -> str:
    return " & ".join(cells) + r" \\"


def _columns_of_parts(table: "Table") -> "list[Sequence[int]]":
    """Return the columns of each part: those that name a row stand in all of them."""
    names = next((i for i, name in enumerate(table.header) if name not in table.words), 1) or 1
    parts: list[list[int]] = [list(range(names))]
    for column in range(names, len(table.header)):
        if len(parts[-1]) > names and _least(table, [*parts[-1], column]) > TEXT_WIDTH:
            parts.append(list(range(names)))
        parts[-1].append(column)
    return list(parts)


def _rows_of_parts(table: "Table", columns: "Sequence[int]") -> "list[Table]":
    header = tuple(table.header[i] for i in columns)
    rows = [tuple(row[i] for i in columns) for row in table.rows]
    count = -(-len(rows) // ROWS) or 1
    size = -(-len(rows) // count)
    return [replace(table, header=header, rows=tuple(rows[i * size : (i + 1) * size])) for i in range(count)]


def _least(table: "Table", columns: "Sequence[int]") -> float:
    """Return the points below which these columns cannot go, with the space between them."""
    texts = _texts(table)
    least = (_narrow(texts[i]) if texts[i][0] in table.words else _number(texts[i]) for i in columns)
    return sum(least) + 2 * _SEPARATION * (len(columns) - 1)


def _widths(table: "Table") -> list[float]:
    """Return each column's width in points: where there is no room for all words, the widest columns wrap first."""
    texts = _texts(table)
    least = {i: _narrow(column) for i, column in enumerate(texts) if column[0] in table.words}
    widths = [_natural(column) if i in least else _number(column) for i, column in enumerate(texts)]
    excess = sum(widths) + 2 * _SEPARATION * (len(widths) - 1) - TEXT_WIDTH
    while excess > 0 and (wide := [i for i in least if widths[i] > least[i]]):
        widest = max(wide, key=lambda i: widths[i])
        step = min(excess, 1.0, widths[widest] - least[widest])
        widths[widest], excess = widths[widest] - step, excess - step
    return widths


def _texts(table: "Table") -> list[list[str]]:
    """Return the texts of each column, its header first."""
    return [[name, *(row[i].full for row in table.rows)] for i, name in enumerate(table.header)]


def _natural(column: list[str]) -> float:
    return max(map(_points, column))


def _number(column: list[str]) -> float:
    """Return the width of a column that does not wrap; words of its header stand below each other."""
    return max(_points(text) for text in [*map(str.rstrip, _PIECES.split(column[0])), *column[1:]])


def _narrow(column: list[str]) -> float:
    """Return the least width of a column that wraps: its longest part of a word, and enough to read."""
    pieces = [piece for text in column for word in text.split(" ") for piece in _BREAKS.split(word)]
    return min(_natural(column), max(_LEAST, *map(_points, pieces)))


def _points(text: str) -> float:
    """Return the width of a text; digits are as wide in bold as the estimate has them."""
    return _POINTS * sum(map(_em, text))


def _em(character: str) -> float:
    """Return the width of a character in the size of the font; letters of other scripts count as wide as M or a."""
    if east_asian_width(character) in "WF" or character in _WIDE:
        return 1.1
    return 0.85 if character.isupper() else 0.47 if character in _SLIM else 0.57 if character in _MIDDLE else 0.6


def _head(name: str, width: float) -> str:
    """Return a column's title in as many lines as it needs."""
    lines: list[str] = []
    for piece in _PIECES.split(name):
        if lines and _points((lines[-1] + piece).rstrip()) <= width:
            lines[-1] += piece
        else:
            lines.append(piece)
    stack = r"\\".join(_escaped(line.rstrip()) for line in lines)
    return _escaped(name) if len(lines) == 1 else rf"\shortstack[r]{{{stack}}}"


def _breakable(text: str) -> str:
    return r"\allowbreak{}".join(_escaped(piece) for piece in _BREAKS.split(text))


def _escaped(text: str) -> str:
    # Braces keep a row that starts with "[" from being read as the optional argument of the \\ before it.
    escaped = text.translate(str.maketrans(_ESCAPES))
    return f"{{{escaped}}}" if escaped.startswith(("[", "*")) else escaped
