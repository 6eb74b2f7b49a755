"""`bench fetch`."""

import json as json_format
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli.options import DataRoot, Json, Plugins, SuiteName
from bench.cli.printing import complain

if TYPE_CHECKING:
    from bench.runner.requirements import Found


def command(
    suite: SuiteName,
    data_root: DataRoot = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what is missing.")] = False,
    json: Json = False,
    plugins: Plugins = None,
) -> None:
    """Get the data and weights that a suite needs, before a run on a machine without a network; list what is missing.

    \b
    Examples:
      bench fetch seeds_000
      bench fetch seeds_001 --dry-run
    """
    from bench.host.screen import Screen
    from bench.runner.requirements import fetch, fetching_words, needed
    from bench.suite import find_suite, load_suite

    screen = Screen()
    files = needed(load_suite(find_suite(suite)), data_root)
    found = list(fetch(files, dry_run=dry_run, announce=lambda one: screen.line(fetching_words(one))))
    if json:
        print(json_format.dumps([_record(one) for one in found], indent=1, ensure_ascii=False))
    else:
        _print(found)
    raise typer.Exit(1 if any(one.reason for one in found) else 0)


def _print(found: "list[Found]") -> None:
    from bench.host.terminal_table import print_table

    if not found:
        print("nothing is needed from elsewhere")
        return
    print_table([_row(one) for one in found], numbers=("size",))
    for one in found:
        if one.reason:
            complain(one.reason)


def _record(found: "Found") -> dict[str, Any]:
    one = found.needed
    return {
        "what": one.what,
        "source": one.source,
        "megabytes": one.megabytes,
        "place": one.place,
        "state": found.state,
        "reason": found.reason or None,
    }


def _row(found: "Found") -> dict[str, str]:
    from registry.hub import size_words

    one = found.needed
    # What is there may be another size: a sample of the data, say.
    size = "" if one.present or one.megabytes is None else size_words(one.megabytes)
    return {"what": one.what, "state": found.state, "size": size, "from": one.source, "place": one.place}
