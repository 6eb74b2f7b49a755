"""`cells/<key>.failed.json`: why the last try of a cell failed. It holds no number, so a damaged one is no fault."""

from pathlib import Path
from typing import Any

from bench.host.checksum import KEY, seal, unseal
from bench.host.files import read_json, write_json
from bench.record.run_record import FailedCell

FORMAT = 2
"""Format 1 had no number and no checksum."""


class Failure(FailedCell):
    """A failed cell, and the traceback of its error."""

    traceback: str = ""


def write_failure(path: Path, failure: Failure) -> None:
    """Write a note."""
    write_json(path, seal({"format": FORMAT, **failure.model_dump(mode="json")}))


def read_failure(path: Path) -> Failure | None:
    """Return a note; None where there is none (any more), or where it is damaged."""
    try:
        content: Any = read_json(path)
        if isinstance(content, dict) and (KEY in content or "format" in content):
            content = unseal(content)
        return None if content is None else Failure.model_validate(content)
    except (OSError, ValueError, RecursionError):
        return None
