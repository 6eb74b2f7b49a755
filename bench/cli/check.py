"""`bench check`."""

import json as json_format
import sys
from typing import Annotated, Any

import typer

from bench.cli.options import Json, Plugins


def command(
    suites: Annotated[list[str], typer.Argument(metavar="SUITE...")], json: Json = False, plugins: Plugins = None
) -> None:
    """Check suite files as `run` does, and print every fault with its place.

    \b
    Examples:
      bench check suites/*.yaml
    """
    results: list[dict[str, Any]] = [{"suite": name, "faults": _faults(name)} for name in suites]
    if json:
        print(json_format.dumps(results, indent=1))
    else:
        _print(results)
    raise typer.Exit(2 if any(result["faults"] for result in results) else 0)


def _print(results: list[dict[str, Any]]) -> None:
    for result in results:
        for fault in result["faults"]:
            print(f"bench: {fault}", file=sys.stderr)
        if not result["faults"]:
            print(f"{result['suite']}: ok")


def _faults(name: str) -> list[str]:
    from bench.suite import find_suite, load_suite
    from registry.errors import BenchError

    try:
        load_suite(find_suite(name))
    except BenchError as error:
        return str(error).splitlines()
    return []
