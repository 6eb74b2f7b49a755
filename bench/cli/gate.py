"""`bench gate`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bench.cli.diff import MetricOption, MetricSetOption, PairOption, Resamples
from bench.cli.printing import complain, say

UNDECIDED = 3
"""The exit code where no check fails, and one cannot be decided."""


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The run's folder.")],
    against: Annotated[Path | None, typer.Option("--against", metavar="BASELINE", help="The earlier run.")] = None,
    metric: MetricOption = "dice",
    max_drop: Annotated[float | None, typer.Option("--max-drop", help="How much a score may lose.")] = None,
    minimum: Annotated[float | None, typer.Option("--min", help="How much a score must have.")] = None,
    perturbation: Annotated[
        list[str] | None,
        typer.Option("--perturbation", help="The mean over its strengths; all: each of them, and clean [clean]."),
    ] = None,
    model: Annotated[list[str] | None, typer.Option("--model", help="A model's label [all but baselines].")] = None,
    metric_set: MetricSetOption = None,
    pair: PairOption = None,
    resamples: Resamples = 2_000,
    undecided: Annotated[
        Literal["pass", "fail"] | None, typer.Option("--undecided", help="What an undecided check counts as.")
    ] = None,
) -> None:
    """Check that a run's scores keep a bound, for certain: for a job of continuous integration.

    A check passes where the whole 95 % interval keeps the bound, and fails where none of it does. Else it cannot be
    told. A score that is missing fails. Exit code 0: all pass; 1: one fails; 3: none fails, and one cannot be told;
    2: the gate itself is wrong.

    \b
    Examples:
      bench gate runs/mine --against runs/main --max-drop 0.01
      bench gate runs/mine --min 0.8 --perturbation fog --undecided fail
      bench gate runs/mine --against runs/main --max-drop 0.02 --min 0.5 --perturbation all
    """
    from bench.compare.asked import Asked
    from bench.compare.gating import Gate, Limits, rows_of
    from bench.compare.stored_run import open_stored
    from bench.host.terminal_table import print_table

    runs = open_stored(run), open_stored(against) if against else None
    asked, limits = Asked(metric, metric_set, resamples), Limits(minimum, max_drop)
    gate = Gate(runs[0], asked, limits, runs[1], perturbation or (), model or (), pair or ())
    results = gate.results()
    for note in dict.fromkeys(gate.notes):
        complain(note)
    print_table(rows_of(results), ("value",))
    for row in results:
        if row.reason:
            say(f"{row.model} on {row.dataset}, {row.score}: {row.reason}")
    numbers = {verdict: sum(row.verdict == verdict for row in results) for verdict in ("pass", "fail", "undecided")}
    say(f"{numbers['pass']} of {len(results)} pass, {numbers['fail']} fail, {numbers['undecided']} cannot be told")
    raise typer.Exit(exit_code(numbers["fail"], numbers["undecided"], undecided))


def exit_code(failed: int, untold: int, undecided: Literal["pass", "fail"] | None) -> int:
    """Return the exit code of so many failed checks, and so many that cannot be told."""
    if failed or (untold and undecided == "fail"):
        return 1
    return UNDECIDED if untold and undecided is None else 0
