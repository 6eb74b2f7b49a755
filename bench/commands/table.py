"""Tables on the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from reports.ranking import LeaderboardRow


def print_table(rows: Sequence[dict[str, Any]], numbers: Sequence[str] = ()) -> None:
    """Print rows with the same keys as a table that fits the terminal; columns in `numbers` align right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in rows[0] if rows else ():
        right = key in numbers
        table.add_column(key, justify="right" if right else "left", no_wrap=right or key == "name", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row.values()))
    Console(highlight=False).print(table)


def print_leaderboard(rows: "Sequence[LeaderboardRow]") -> None:
    """Print the leaderboard, one table per data set."""
    from dataclasses import asdict

    print_table([asdict(row) for row in rows])
