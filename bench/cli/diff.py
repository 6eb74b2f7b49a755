"""`bench diff`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.printing import complain, say

if TYPE_CHECKING:
    from bench.compare.differences import Comparison

MetricOption = Annotated[str, typer.Option("--metric", help="As in summary.csv: dice, iou, dice_worst_5 …")]
MetricSetOption = Annotated[
    str | None, typer.Option("--metric-set", help="By its name [the first that both runs have].")
]
PairOption = Annotated[
    list[str] | None,
    typer.Option("--pair", metavar="A=B", help="Compare model A with model B of the other run (repeatable)."),
]
Resamples = Annotated[int, typer.Option("--resamples", min=100, max=100_000, help="Of the images, for intervals.")]


def command(
    first: Annotated[Path, typer.Argument(metavar="RUN_A", help="The earlier run's folder.")],
    second: Annotated[Path, typer.Argument(metavar="RUN_B", help="The later run's folder.")],
    metric: MetricOption = "dice",
    metric_set: MetricSetOption = None,
    pair: PairOption = None,
    resamples: Resamples = 2_000,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it for a pull request.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page of its own.")] = None,
) -> None:
    """Compare two runs: what got better, what got worse, and what cannot be told.

    Models of equal label are compared on the images that both runs have, under each condition that both have. What was
    made by another protocol is not compared, and its field is named.

    \b
    Examples:
      bench diff runs/main runs/mine
      bench diff runs/main runs/mine --metric iou --markdown diff.md --html diff.html
      bench diff runs/main runs/main --pair unet=sam2
    """
    from bench.compare.asked import Asked
    from bench.compare.diff_page import page
    from bench.compare.diff_words import markdown as as_markdown
    from bench.compare.differences import compare
    from bench.compare.stored_run import open_stored
    from bench.host.files import write_atomic

    runs = open_stored(first), open_stored(second)
    found = compare(*runs, Asked(metric, metric_set, resamples), pair or ())
    for path, text in ((markdown, as_markdown), (html, page)):
        if path:
            write_atomic(path, text(found))
    _print(found)


def _print(found: "Comparison") -> None:
    from bench.compare.diff_words import NUMBERS, SHOWN, how_counted, notes, rows_of, sections, verdict_line
    from bench.host.terminal_table import print_table

    for title, rows, more in sections(found, SHOWN):
        say(f"{title}:")
        print_table(rows_of(rows), NUMBERS)
        say(f"… and {more} more (--markdown and --html have all)\n" if more else "")
    say(verdict_line(found))
    say(how_counted(found))
    for note in notes(found):
        complain(note)
