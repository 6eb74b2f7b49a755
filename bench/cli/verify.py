"""`bench verify`."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.printing import complain, say

SHOWN = 20
"""Lines of what differs; the rest are counted."""


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    against: Annotated[
        Path | None, typer.Option("--against", metavar="CSV", help="Somebody else's summary.csv, to be compared too.")
    ] = None,
) -> None:
    """Compute every number of a run again from the counts in its cells, and compare.

    Checksums, the images and the key of each cell, and all tables are verified. Nothing is written, and no data, model
    or network is needed. Numbers of --against are compared to the digits that they have. Exit code 0: all is
    as it was published; 1: a line for each thing that differs.

    \b
    Examples:
      bench verify runs/quickstart
      bench verify runs/quickstart --against paper/summary.csv
    """
    from bench.compare.verification import verify

    found = verify(run, against)
    for line in found.remarks:
        complain(line)
    for line in found.faults[:SHOWN]:
        say(line)
    if (more := len(found.faults) - SHOWN) > 0:
        say(f"… and {more} more")
    if found.faults:
        say(f"not as published: {len(found.faults)} {'difference' if len(found.faults) == 1 else 'differences'}")
        raise typer.Exit(1)
    say(found.words(run))
