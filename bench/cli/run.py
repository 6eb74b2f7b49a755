"""`bench run`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.options import DataRoot, Device, Devices, Limit, Only, Out, Plugins, SuiteName
from bench.cli.printing import complain, say

if TYPE_CHECKING:
    from bench.runner.loop import Outcome


def command(
    suite: SuiteName,
    out: Out = None,
    data_root: DataRoot = None,
    only: Only = None,
    limit: Limit = None,
    device: Device = "auto",
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", min=1, help="[up to 8 on a CPU, 32 on a GPU]")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Evaluate every cell anew (checkpoints stay).")] = False,
    devices: Devices = 1,
    plugins: Plugins = None,
    log: Annotated[
        list[str] | None,
        typer.Option("--log", metavar="TRACKER", help="tensorboard, mlflow or wandb, beside all else (repeatable)."),
    ] = None,
) -> None:
    """Run a suite: train what is missing, evaluate, tabulate, plot, report. Resumes where it stopped.

    \b
    Examples:
      bench run quickstart
      bench run suites/pets_sample.yaml --data-root ~/data
      bench run robustness --only unet --limit 50 --device cpu --fresh
      bench run robustness --device cuda --devices 4
      bench run mine.yaml --plugins plugins
      bench run quickstart --log tensorboard
    """
    from bench.api.door import run_and_draw
    from bench.host.screen import Screen
    from bench.runner.loop import Options
    from bench.suite import find_suite, load_suite

    loaded, models = load_suite(find_suite(suite)), tuple(only or ())
    folder = out or Path("runs") / loaded.name
    words = shlex.join(["bench", *sys.argv[1:]])  # as it was typed, so that it can be typed again
    options = Options(folder, data_root, models, limit, device, batch_size, fresh, devices, words)
    outcome = run_and_draw(loaded, options, Screen(), tuple(log or ()))
    if outcome.changed:
        from bench.cli.leaderboards import print_leaderboard
        from reports import leaderboard

        print_leaderboard(leaderboard(folder), {entry.name: entry.policy() for entry in loaded.metric_sets})
    say(_closing(outcome, folder))
    for message in sorted(set(outcome.failed)):
        number = outcome.failed.count(message)
        complain(f"{number} {'cell' if number == 1 else 'cells'} failed: {message}")
    for message in outcome.speeds.failed:
        complain(f"a measurement failed: {message}")
    raise typer.Exit(1 if outcome.failed or outcome.speeds.failed else 0)


def _closing(outcome: "Outcome", folder: Path) -> str:
    report = folder / "report.html"
    failed = f", failed: {', '.join(outcome.failed_models)}" if outcome.failed_models else ""
    speeds = outcome.speeds
    if not outcome.changed:
        timed = f", and {speeds.done} of {speeds.total} measurements of speed" if speeds.total else ""
        return f"nothing to do: {outcome.done} of {outcome.total} cells are there{timed}; the report is {report}"
    missing = outcome.total - outcome.done
    rest = f", {missing} missing" if missing else ""
    there = f"{outcome.done} of {outcome.total} there{rest}{failed}"
    cells = "cell" if outcome.evaluated == 1 else "cells"
    timed = f"; {speeds.measured} measured for speed, {speeds.done} of {speeds.total} there" if speeds.total else ""
    return f"{outcome.evaluated} {cells} evaluated, {there}{timed}; the report is {report}"
