"""`bench check`."""

import json as json_format
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli.options import DataRoot, Json, Plugins
from bench.cli.printing import complain, say


def command(
    suites: Annotated[list[str], typer.Argument(metavar="SUITE...")],
    data_root: DataRoot = None,
    json: Json = False,
    plugins: Plugins = None,
) -> None:
    """Check suites without running them, and print every fault with its place.

    It looks at every key, at folders, files, checkpoints and stored masks, and tries each network on one drawn image.
    It decodes no images, trains and downloads nothing: damaged images, masks that do not fit and a lack of memory
    show only in a run. What a run would download is named, and is no fault.

    \b
    Examples:
      bench check mine.yaml
      bench check suites/*.yaml --data-root ~/data
    """
    results = [_result(name, data_root) for name in suites]
    if json:
        print(json_format.dumps(results, indent=1))
    else:
        _print(results)
    raise typer.Exit(2 if any(result["faults"] for result in results) else 0)


def _print(results: list[dict[str, Any]]) -> None:
    for result in results:
        for fault in result["faults"]:
            complain(fault)
        for note in result["notes"]:
            say(f"{result['suite']}: {note}")
        if not result["faults"]:
            say(f"{result['suite']}: ok")


def _result(name: str, data_root: Path | None) -> dict[str, Any]:
    from registry.errors import BenchError, fault_lines

    result: dict[str, Any] = {"suite": name, "faults": [], "notes": []}
    try:
        result["notes"] = _notes(name, data_root)
    except BenchError as error:
        result["faults"] = fault_lines(error)
    return result


def _notes(name: str, data_root: Path | None) -> list[str]:
    """Return what a run would say or fetch.

    Raises:
        BenchError: a line for each fault.
    """
    from bench.runner.examination import examine
    from bench.suite import find_suite, load_suite
    from bench.suite.yaml_reader import read_yaml

    file = find_suite(name)
    suite = load_suite(file)
    found = examine(suite, data_root)
    _, faults = read_yaml(file)
    for one in found.faults:
        faults.add(one.place, one.message)
    faults.raise_if_any()
    return found.notes
