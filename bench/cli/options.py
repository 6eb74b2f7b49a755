"""What the commands share: their common options, and what a user sees of a fault."""

import functools
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from bench.cli import completion
from bench.cli.printing import complain_of

P = ParamSpec("P")

SuiteName = Annotated[
    str,
    typer.Argument(
        metavar="SUITE", help="A suite file, or the name of a shipped suite.", autocompletion=completion.suites
    ),
]
DataRoot = Annotated[
    Path | None, typer.Option("--data-root", help="Where data sets lie [$SEGBENCH_DATA, else the cache].")
]
Only = Annotated[list[str] | None, typer.Option("--only", help="A model's name, label or pattern (repeatable).")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Stratified sample of this many images.")]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
Out = Annotated[Path | None, typer.Option("--out", help="The run's folder [runs/<suite name>].")]
Devices = Annotated[int, typer.Option("--devices", min=1, help="How many devices train one model together.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Plugins = Annotated[Path | None, typer.Option("--plugins", metavar="DIR", help="A folder of your own entries.")]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**63 - 1, help="The same seed gives the same pixels.")]
Keys = Annotated[
    list[str] | None, typer.Option("-p", "--parameter", metavar="KEY=VALUE", help="A parameter of it (repeatable).")
]


def with_exit_codes(command: Callable[P, None]) -> Callable[P, None]:
    """Turn a fault that the user can fix into lines and exit code 2; a signal to stop into a line and 128 + its number.

    Before the command runs, a ~ at the beginning of a path is the user's folder (no shell expands it in --out=~/x),
    and the plug-ins are read.
    """

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        from bench.host.stop_signals import stop_line, stop_number, stoppable
        from registry.errors import BenchError
        from registry.regular_files import users_path

        with stoppable():
            try:
                for name, value in kwargs.items():
                    if isinstance(value, Path):
                        kwargs[name] = users_path(value)
                if folder := kwargs.get("plugins"):
                    from bench.suite.plugins import load_plugins

                    load_plugins(Path(str(folder)))
                command(*args, **kwargs)
            except BenchError as error:
                complain_of(error)
                raise typer.Exit(2) from None
            except KeyboardInterrupt as stop:
                number = stop_number(stop)
                # A terminal shows ^C where the cursor is.
                begin = "\n" if number == signal.SIGINT and sys.stderr.isatty() else ""
                print(f"{begin}{stop_line(number)}", file=sys.stderr)
                raise typer.Exit(128 + number) from None

    return wrapped
