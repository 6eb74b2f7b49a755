"""Tables on the terminal."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from reports.record.ranking import LeaderboardRow


WIDE = 1000  # characters
GAP = 2  # characters between columns
LONGEST, SHORTEST = 20, 8  # characters of a word that is kept whole in a narrow terminal, if need be
NUMBERS = ("Dice", "mIoU", "perturbed", "drop", "params", "images/s")


def print_table(rows: Sequence[dict[str, Any]], numbers: Sequence[str] = ()) -> None:
    """Print rows with the same keys as a table that fits the terminal; columns in `numbers` align right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    console = Console(highlight=False, width=width())
    whole = {key for key in (rows[0] if rows else ()) if key in numbers or key == "name"}
    for key, wide in _widths(rows, whole, console.width).items():
        right = key in numbers
        table.add_column(key, justify="right" if right else "left", no_wrap=key in whole, overflow="fold", width=wide)
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row.values()))
    console.print(table)


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


def print_leaderboard(rows: "Sequence[LeaderboardRow]", policies: Mapping[str, str]) -> None:
    """Print the leaderboards, one table per board; `policies` say how each metric set's scores are counted."""
    for board in dict.fromkeys((row.dataset, row.metric_set, row.supervision) for row in rows):
        own = [row for row in rows if (row.dataset, row.metric_set, row.supervision) == board]
        dataset, metric_set, supervision = board
        images = max(row.n for row in own)
        prompted = any(row.prompt != "none" for row in own)
        print_table([_shown(row, prompted) for row in own], NUMBERS)
        print(f"{dataset}, {supervision}, {metric_set}: clean Dice and mIoU of {images} images; {policies[metric_set]}")


def _shown(row: "LeaderboardRow", prompted: bool) -> dict[str, Any]:
    named = {"model": row.model} | ({"prompt": row.prompt} if prompted else {})
    scores = {"Dice": row.dice, "mIoU": row.miou, "perturbed": row.perturbed, "drop": row.drop}
    shown = {key: "–" if value is None else f"{value:.4f}" for key, value in scores.items()}
    from reports.tables.facts import count

    parameters = "–" if row.parameters is None else count(row.parameters)
    rate = "–" if row.images_per_second is None else f"{row.images_per_second:.0f}"
    return {**named, **shown, "params": parameters, "images/s": rate}
