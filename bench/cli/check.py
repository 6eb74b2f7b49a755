"""`bench check`."""

import json
import sys
from typing import Any

from bench.suite import find_suite, load_suite
from registry.errors import BenchError


def check_suites(names: list[str], *, as_json: bool) -> int:
    """Check each suite; return the exit code, 2 when one has a fault."""
    results: list[dict[str, Any]] = [{"suite": name, "faults": _faults(name)} for name in names]
    if as_json:
        print(json.dumps(results, indent=1))
    else:
        for result in results:
            for fault in result["faults"]:
                print(f"bench: {fault}", file=sys.stderr)
            if not result["faults"]:
                print(f"{result['suite']}: ok")
    return 2 if any(result["faults"] for result in results) else 0


def _faults(name: str) -> list[str]:
    try:
        load_suite(find_suite(name))
    except BenchError as error:
        return str(error).splitlines()
    return []
