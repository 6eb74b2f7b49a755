"""`bench list perturbations`."""

from typing import TYPE_CHECKING, Any

from bench.perturb import PRESETS
from registry.labels import titled

if TYPE_CHECKING:
    from rich.table import Table

Facts = dict[str, Any]
WIDE = 160  # characters: from here on nothing has to be shortened
STRENGTHS = 17  # characters, on a narrower terminal


def print_perturbations(rows: list[Facts]) -> None:
    """Print the entries below their families, a line for each where it fits, then the presets."""
    from rich.console import Console
    from rich.text import Text

    from bench.host.terminal_table import width

    console = Console(highlight=False, width=width())
    wide = console.width >= WIDE
    table = _table("name", "default strengths", "unit", "mask", *(("device", "source") if wide else ()))
    family = None
    for row in rows:
        if row["family"] != family:
            family = row["family"]
            table.add_row(Text(family, style="bold"))
        strengths = _strengths(row["strengths"], WIDE if wide else STRENGTHS)
        more = (row["device"], row["source"]) if wide else ()
        name = titled(row["name"], row["title"]) if wide else row["name"]
        table.add_row(f"  {name}", strengths, row["unit"], row["mask"], *more)
    console.print(table)
    print("\nmask: it stays, moves with the image, or is covered in places")
    print(f"computed on a CPU, whatever the device: {', '.join(r['name'] for r in rows if r['device'] == 'cpu')}\n")
    presets = _table("preset", "perturbations")
    for preset, items in PRESETS.items():
        presets.add_row(f"{preset} ({len(items)})", " ".join(item.name for item in items))
    console.print(presets)
    if not wide:
        print()
        console.print(_sources(rows))
    print("\n--json has all strengths, limits and parameters")


def _sources(rows: list[Facts]) -> "Table":
    table = _table("perturbations", "source")
    for source in dict.fromkeys(row["source"] for row in rows):
        table.add_row(" ".join(row["name"] for row in rows if row["source"] == source), source)
    return table


def _table(*columns: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=column not in ("unit", "perturbations", "source"), overflow="fold")
    return table


def _strengths(values: tuple[float, ...], room: int) -> str:
    """Return the strengths with spaces; where they need more than `room` characters, the first ones and the last.

    >>> _strengths((0, 2, 4, 6, 8, 10, 12, 14, 16, 18), 17)
    '0 2 4 6 8 10 … 18'
    """
    words = [f"{value:g}" for value in values]
    kept = len(words)
    while kept > 1 and len(_shortened(words, kept)) > room:
        kept -= 1
    return _shortened(words, kept)


def _shortened(words: list[str], kept: int) -> str:
    return " ".join(words if kept == len(words) else [*words[: kept - 1], "…", words[-1]])
