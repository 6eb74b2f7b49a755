"""`bench report`."""

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.printing import complain, say
from reports.record.measures import Axis


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    x: Annotated[Axis, typer.Option("--x", help="Draw curves over strength or its measure.")] = "strength",
) -> None:
    """Draw a run's tables, figures and report.html again, from its files alone.

    Cells that a killed run finished are counted: its tables take them up first. A damaged one is named and left out.
    They show one x axis at a time: what was drawn over another one is replaced.

    \b
    Examples:
      bench report runs/quickstart
      bench report runs/quickstart --x rmse
    """
    from bench.record.late_cells import take_up
    from reports import render

    for line in take_up(run):
        complain(line)
    say(str(render(run, x)))
