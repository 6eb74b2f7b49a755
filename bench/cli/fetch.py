"""`bench fetch`."""

import json
import sys
from pathlib import Path
from typing import Any

from bench.cli.terminal_table import print_table
from bench.host.screen import Screen
from bench.runner.requirements import Found, fetch, needed
from bench.suite import find_suite, load_suite
from registry.hub import size_words
from registry.segmenter import Needed


def fetch_suite(name: str, data_root: Path | None, *, dry_run: bool, as_json: bool) -> int:
    """Get what a suite needs from elsewhere and is missing; print how everything stands.

    Returns the exit code: 1 when something is missing still.
    """
    screen = Screen()

    def say(one: Needed) -> None:
        screen.line(f"fetching {one.what}, {size_words(one.megabytes)}, from {one.source}")

    files = needed(load_suite(find_suite(name)), data_root)
    found = list(fetch(files, dry_run=dry_run, say=say))
    if as_json:
        print(json.dumps([_record(one) for one in found], indent=1, ensure_ascii=False))
    elif not found:
        print("nothing is needed from elsewhere")
    else:
        print_table([_row(one) for one in found], numbers=("size",))
        for one in found:
            if one.reason:
                print(f"bench: {one.reason}", file=sys.stderr)
    return 1 if any(one.reason for one in found) else 0


def _record(found: Found) -> dict[str, Any]:
    one = found.needed
    return {
        "what": one.what,
        "source": one.source,
        "megabytes": one.megabytes,
        "place": one.place,
        "state": found.state,
        "reason": found.reason or None,
    }


def _row(found: Found) -> dict[str, str]:
    one = found.needed
    # What is there may be another size: a sample of the data, say.
    size = "" if one.present or one.megabytes is None else size_words(one.megabytes)
    return {"what": one.what, "state": found.state, "size": size, "from": one.source, "place": one.place}
