"""Tables on the terminal."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from reports.ranking import LeaderboardRow


WIDE = 1000  # characters
LONGEST = 20  # characters of a word that is kept whole in a narrow terminal
NUMBERS = ("Dice", "mIoU", "perturbed", "drop", "params", "images/s")


def print_table(rows: Sequence[dict[str, Any]], numbers: Sequence[str] = ()) -> None:
    """Print rows with the same keys as a table that fits the terminal; columns in `numbers` align right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    console = Console(highlight=False, width=width())
    for key, least in _least(rows, console.width).items():
        right = key in numbers
        table.add_column(
            key,
            justify="right" if right else "left",
            no_wrap=right or key == "name",
            overflow="fold",
            min_width=least,
        )
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row.values()))
    console.print(table)


def _least(rows: Sequence[dict[str, Any]], room: int) -> dict[str, int | None]:
    """Return how wide each column is at the least, so that no word is broken; None each where there is no room."""
    found = (
        {key: min(LONGEST, max(len(word) for row in rows for word in [key, *str(row[key]).split()])) for key in rows[0]}
        if rows
        else {}
    )
    return dict(found) if sum(found.values()) + 2 * len(found) - 2 <= room else dict.fromkeys(found)


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
    from reports.facts import count

    parameters = "–" if row.parameters is None else count(row.parameters)
    rate = "–" if row.images_per_second is None else f"{row.images_per_second:.0f}"
    return {**named, **shown, "params": parameters, "images/s": rate}
