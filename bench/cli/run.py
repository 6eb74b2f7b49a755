"""`bench run`."""

import sys
from pathlib import Path

from bench.host.screen import Screen
from bench.runner.loop import Options, Outcome, run
from bench.suite import find_suite, load_suite
from bench.suite.plugins import plugins


def run_suite(
    name: str,
    out: Path | None,
    data_root: Path | None,
    only: tuple[str, ...],
    limit: int | None,
    device: str,
    batch_size: int | None,
    fresh: bool,
    devices: int = 1,
) -> int:
    """Run a suite, draw its report and print its table; return the exit code: 1 when cells failed."""
    file = find_suite(name)
    suite = load_suite(file)
    folder = out or Path("runs") / suite.name
    command = " ".join(
        [
            *("bench run", file.name, *(f"--only '{o}'" for o in only)),
            *([f"--limit {limit}"] if limit else []),
            *([f"--devices {devices}"] if devices > 1 else []),
            *(["--plugins DIR"] if plugins() else []),
        ]
    )
    options = Options(folder, data_root, only, limit, device, batch_size, fresh, devices, command)
    outcome = run(suite, options, Screen())
    if outcome.changed:
        _draw(folder, {metric_set.name: metric_set.policy() for metric_set in suite.metric_sets})
    print(_closing(outcome, folder))
    for message in sorted(set(outcome.failed)):
        number = outcome.failed.count(message)
        print(f"bench: {number} {'cell' if number == 1 else 'cells'} failed: {message}", file=sys.stderr)
    return 1 if outcome.failed else 0


def _draw(folder: Path, policies: dict[str, str]) -> None:
    from bench.cli.terminal_table import print_leaderboard
    from reports import leaderboard, render

    render(folder)
    print_leaderboard(leaderboard(folder), policies)


def _closing(outcome: Outcome, folder: Path) -> str:
    report = folder / "report.html"
    if not outcome.changed:
        return f"nothing to do: {outcome.done} of {outcome.total} cells are there; the report is {report}"
    missing = outcome.total - outcome.done
    rest = f", {missing} missing" if missing else ""
    return f"{outcome.evaluated} cells evaluated, {outcome.done} of {outcome.total} there{rest}; the report is {report}"
