"""What a user reads who mistypes a command line: one line with what was given, what is allowed, what to do."""

import re
import sys
from collections.abc import Callable, Collection
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import typer

from registry.errors import suggestion

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""The base of all faults of a command line; typer has no public name for it."""


def usage_words(error: Any, commands: Collection[str], function_of: Callable[[str], Any]) -> str:
    """Return a fault of the command line as one line; `function_of` returns the function of one of `commands`."""
    ctx = error.ctx
    # Typer does not say of which command an option's value lacks.
    name = (ctx.info_name if ctx.parent else "") if ctx else next(iter(sys.argv[1:]), "")
    name = name if name in commands else ""
    help_words = f"`bench {name} --help`" if name else "`bench --help`"
    begin = f"{name}: " if name else ""
    param = getattr(error, "param", None)
    if (given := getattr(error, "option_name", None)) and hasattr(error, "possibilities"):
        options = [option for one in ctx.command.get_params(ctx) for option in one.opts if option.startswith("--")]
        return f"{begin}no option '{given}'; {suggestion(given, options, 20)}"
    if type(error).__name__ == "MissingParameter" and param is not None:
        return f"{begin}{_shown(param)} is missing; see {help_words}"
    if param is not None and name in commands:
        return f"{begin}{_shown(param)}{_value_words(function_of(name), param.name, _given(error))}"
    words = str(error.message).rstrip(".")
    return f"{begin}{words[0].lower()}{words[1:]}" + ("" if "; " in words else f"; see {help_words}")


def _shown(param: Any) -> str:
    """Return an option's long name, or what a help text calls an argument."""
    long = [option for option in param.opts if option.startswith("--")]
    return long[0] if long else str(param.metavar or param.name).strip("[].").upper()


def _value_words(function: Any, name: str, given: str | None) -> str:
    """Return what was given for a parameter of a command, and what it takes, by the parameter's annotation."""
    kind = get_type_hints(function, include_extras=True)[name]
    metadata: tuple[Any, ...] = ()
    if get_origin(kind) is Annotated:
        kind, *rest = get_args(kind)
        metadata = tuple(rest)
    choices = [one for part in (kind, *get_args(kind)) if get_origin(part) is Literal for one in get_args(part)]
    begin = f" '{given}'" if given is not None else ""
    if choices:
        known = suggestion(given or "", choices)
        return f"{begin}: give one of {', '.join(choices)}" + (f"; {known}" if known.startswith("did") else "")
    limits = [
        (word, limit) for one in metadata for word in ("min", "max") if (limit := getattr(one, word, None)) is not None
    ]
    words = " and ".join(f"{'at least' if word == 'min' else 'at most'} {limit}" for word, limit in limits)
    number = "a whole number" if int in (kind, *get_args(kind)) else "a number"
    return f"{begin}: give {number}{f', {words}' if words else ''}"


def _given(error: Any) -> str | None:
    """Return the text that a user gave for a parameter: typer quotes a word that is none of several, no number."""
    if quoted := re.search(r"'(.*)' is not one of ", error.message):
        return quoted[1]
    for i, word in enumerate(sys.argv):
        option, equals, value = word.partition("=")
        if option in error.param.opts:
            return value if equals else next(iter(sys.argv[i + 1 :]), None)
    return None
