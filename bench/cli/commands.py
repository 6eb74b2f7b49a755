"""The commands as typer runs them: one file each, loaded when it is named. Everything heavy is imported inside them."""

from collections.abc import Callable
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bench.cli.front_page import COMMANDS, EXAMPLES, PURPOSE, WIDEST
from bench.cli.options import with_exit_codes
from bench.cli.printing import complain
from bench.cli.usage import UsageError, usage_words
from registry.errors import suggestion


class Commands(TyperGroup):
    """The commands of `COMMANDS`, with a suggestion for a misspelt one."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names, in the order of the help page."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name, None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        one = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
        one.command(cmd_name, short_help=COMMANDS[cmd_name][1])(with_exit_codes(function_of(cmd_name)))
        return get_command(one)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is named first.

        Raises:
            UsageError: there is none of that name.
        """
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            # At the end of a line that is being completed there is no command yet.
            raise typer.BadParameter(f"no command '{args[0]}'; {suggestion(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)


def function_of(name: str) -> Callable[..., None]:
    """Return the function behind a command."""
    function: Callable[..., None] = import_module(f"bench.cli.{COMMANDS[name][0]}").command
    return function


app = typer.Typer(
    name="bench",
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help costs a third of a second
    cls=Commands,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
)


def _version(given: bool) -> None:
    if given:
        from bench import __version__

        print(f"segbench {__version__}")
        raise typer.Exit


@app.callback(help=f"{PURPOSE}\n\n\b\n{EXAMPLES}")
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options of all commands together."""


def run() -> Any:
    """Run the command line; return its exit code. A fault of it is one line and code 2."""
    try:
        return app(prog_name="bench", standalone_mode=False)  # else typer prints the faults, in several lines
    except UsageError as error:
        complain(usage_words(error, COMMANDS, function_of))
        return 2
