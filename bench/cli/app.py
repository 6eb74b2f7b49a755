"""The command line: registers the commands, one file each. Everything heavy is imported inside them."""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from bench.cli import check, corrupt, data, fetch, listing, perturb, plan, report, run, train
from bench.cli.options import with_exit_codes
from bench.cli.printing import complain
from bench.cli.usage import Commands, UsageError, usage_words

app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help costs a third of a second
    cls=Commands,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(given: bool) -> None:
    if given:
        from bench import __version__

        print(f"segbench {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Benchmark segmentation models and how they hold up when images get worse.

    \b
    Examples:
      bench run robustness --limit 50   the main job, on a sample of 50 images
      bench plan robustness             what it would do, and how long
      bench list perturbations          what there is
    """


COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "run": (run.command, "Train what is missing, evaluate, tabulate, plot, report."),
    "plan": (plan.command, "Show what a run would do, and how long it takes."),
    "check": (check.command, "Check suite files; every fault with its place."),
    "list": (listing.command, "List what a suite can name."),
    "report": (report.command, "Draw a run's report again from its files."),
    "train": (train.command, "Train the missing checkpoints only."),
    "data": (data.command, "Count and draw a data set's images."),
    "fetch": (fetch.command, "Get the data and weights that a suite needs."),
    "perturb": (perturb.command, "Perturb one image, or draw a sheet of many perturbations."),
    "corrupt": (corrupt.command, "Write a corrupted copy of a data set."),
}
for _name, (_command, _short) in COMMANDS.items():
    app.command(_name, short_help=_short)(with_exit_codes(_command))


def main() -> Any:
    """Run the command line; refuse to start among foreign packages of the same names."""
    from bench.host.guard import foreign_packages

    if lines := foreign_packages():
        for line in lines:
            complain(line)
        raise SystemExit(2)
    try:
        code = app(standalone_mode=False)  # else typer prints the faults, in several lines
    except UsageError as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # `bench` alone
            print(error, file=sys.stderr)
        else:
            complain(usage_words(error, {name: one for name, (one, _) in COMMANDS.items()}))
        raise SystemExit(2) from None
    _flush()
    raise SystemExit(code)


def _flush() -> None:
    """Hand over what is printed while a reader that is gone, as in `bench list models | head -1`, can be noticed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again as it ends
        raise SystemExit(1) from None
