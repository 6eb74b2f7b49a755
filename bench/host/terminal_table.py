"""Tables on the terminal."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from registry.safe_text import printable

WIDE = 1000  # characters
GAP = 2  # characters between columns
LONGEST, SHORTEST = 20, 8  # characters of a word that is kept whole in a narrow terminal, if need be


def print_table(rows: Sequence[dict[str, Any]], numbers: Sequence[str] = ()) -> None:
    """Print rows with the same keys as a table that fits the terminal; columns in `numbers` align right."""
    console = Console(highlight=False, width=width())
    console.print(text_table(rows, numbers, console.width))


def text_table(rows: Sequence[dict[str, Any]], numbers: Sequence[str], room: int) -> Table:
    """Return rows with the same keys as a table for `room` characters; columns in `numbers` align right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    whole = {key for key in (rows[0] if rows else ()) if key in numbers or key == "name"}
    for key, wide in _widths(rows, whole, room).items():
        right = key in numbers
        table.add_column(key, justify="right" if right else "left", no_wrap=key in whole, overflow="fold", width=wide)
    for row in rows:
        table.add_row(*(Text(printable(str(value))) for value in row.values()))
    return table


def _widths(rows: Sequence[dict[str, Any]], whole: set[str], room: int) -> dict[str, int]:
    """Return the columns' widths: the widest give way first, then words break; those in `whole` never give way."""
    texts = {key: [key, *(str(row[key]) for row in rows)] for key in (rows[0] if rows else ())}
    widths = {key: max(map(len, column)) for key, column in texts.items()}
    words = {key: max(len(word) for text in column for word in [key, *text.split()]) for key, column in texts.items()}
    for least in (LONGEST, SHORTEST):
        floor = {key: widths[key] if key in whole else min(least, words[key]) for key in widths}
        while sum(widths.values()) + GAP * (len(widths) - 1) > room:
            slack = [key for key in widths if widths[key] > floor[key]]
            if not slack:
                break
            widths[max(slack, key=lambda key: widths[key])] -= 1
    return widths


def width() -> int | None:
    """Return the width to print in, None for the terminal's; into a pipe nothing is folded unless somebody asks."""
    return None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE
