"""`bench report`."""

from pathlib import Path
from typing import Annotated

import typer

from reports.record.measures import Axis


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    x: Annotated[Axis, typer.Option("--x", help="Draw curves over strength or its measure.")] = "strength",
) -> None:
    """Draw a run's tables, figures and report.html again, from its files alone.

    They show one x axis at a time: what was drawn over another one is replaced.

    \b
    Examples:
      bench report runs/quickstart
      bench report runs/quickstart --x rmse
    """
    from reports import render

    print(render(run, x))
