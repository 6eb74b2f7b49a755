"""`bench report`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bench.cli.printing import complain, say
from reports.record.measures import Axis


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")],
    x: Annotated[Axis, typer.Option("--x", help="Draw curves over strength or its measure.")] = "strength",
    resamples: Annotated[
        int | None,
        typer.Option(min=100, max=100_000, help="Of the images, for intervals; default: as the run has them."),
    ] = None,
    interval: Annotated[
        Literal["percentile", "bca"] | None,
        typer.Option(help="How intervals are computed; default: as the run has it."),
    ] = None,
    formats: Annotated[
        list[str],
        typer.Option("--format", metavar="FORMAT", help="html, csv, md, tex, png, pdf, svg, parquet (repeatable)."),
    ] = ["html"],  # noqa: B006 - typer copies it
) -> None:
    """Draw a run's tables, figures and report.html again, from its files alone.

    Cells that a killed run finished are counted: its tables take them up first. A damaged one is named and left out.
    They show one x axis at a time: what was drawn over another one is replaced. --resamples and --interval compute all
    intervals, ranks and comparisons anew, from the cells. Of --format, html writes report.html, table.md, table.tex and
    figures/; the others write one kind of file: tables and figures go into exports/.

    \b
    Examples:
      bench report runs/quickstart
      bench report runs/quickstart --x rmse
      bench report runs/quickstart --format csv --format pdf
      bench report runs/quickstart --resamples 10000 --interval bca
    """
    from bench.record.late_cells import take_up
    from reports import export
    from reports.exports import check_formats

    check_formats(formats)
    asked = {"resamples": resamples, "interval": interval}
    for line in take_up(run, {key: value for key, value in asked.items() if value is not None}):
        complain(line)
    for line in export(run, formats, x):
        say(line)
