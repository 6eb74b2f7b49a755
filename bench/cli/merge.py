"""`bench merge`."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.printing import complain, say


def command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs with one protocol.")],
    out: Annotated[Path, typer.Option("--out", help="The new folder of the joined run.")],
) -> None:
    """Join runs of equal protocols into one: other models, or other cells of the same models.

    Cells are copied, nothing is evaluated; tables, intervals and the report are made anew. Runs that differ in
    images, seed, perturbations or metric sets are refused by the name of what differs.

    \b
    Examples:
      bench merge runs/unets runs/transformers --out runs/all
      bench merge shards/* --out runs/robustness
    """
    from bench.compare.merging import merge
    from reports import render

    for line in merge(runs, out):
        complain(line)
    say(str(render(out)))
