"""One entry on the terminal: what it is, and its parameters with defaults, allowed values and meaning."""

import json
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

Parameter = Mapping[str, Any]


def print_details(row: Mapping[str, Any], common: Sequence[str]) -> None:
    """Print an entry's facts, then a table of its parameters; `common`: keys that it shares with all of its kind."""
    from rich.console import Console

    from bench.host.terminal_table import print_table, width

    facts = {key: _words(value) for key, value in row.items() if key != "parameters" and value not in (None, "", ())}
    indent, room = max(map(len, facts)) + 2, Console(width=width()).width
    for key, value in facts.items():
        print(fill(f"{key:<{indent}}{value}", room, subsequent_indent=" " * indent))
    print()
    if parameters := row.get("parameters"):
        shown = ({"name": one["name"], "default": default(one)} for one in parameters)
        more = ({key: one[key] for key in ("allowed", "description")} for one in parameters)
        print_table([one | rest for one, rest in zip(shown, more, strict=True)])
    elif common:
        print("it has no parameters of its own")
    if common:
        print(fill(f"\nkeys that all of its kind take: {', '.join(common)}", room, replace_whitespace=False))


def defaults(parameters: Sequence[Parameter]) -> str:
    """Return the parameters with their defaults in a line."""
    return " ".join(f"{one['name']}={default(one)}".replace("=needed", " (needed)") for one in parameters)


def default(parameter: Parameter) -> str:
    """Return a default as a suite writes it.

    >>> default({"required": False, "default": [1, 2]}), default({"required": False, "default": "auto"})
    ('[1, 2]', 'auto')
    """
    value = parameter["default"]
    if parameter["required"]:
        return "needed"
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def _words(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return json.dumps(value) if isinstance(value, bool) else str(value)
