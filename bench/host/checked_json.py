"""JSON files that carry a format number, read as the type that wrote them; one line names what is wrong."""

import json
from errno import EINVAL
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bench.host.files import read_json
from registry.allowed import fault_words, place_of
from registry.errors import BenchError

M = TypeVar("M", bound=BaseModel)


def read_checked(path: Path, kind: type[M], newest: int) -> M | None:
    """Return a file's content, or None where there is none; `newest` is the newest format that is understood.

    Raises:
        BenchError: it cannot be read, is damaged or foreign, or a newer version wrote it.
    """
    try:
        if path.exists() and not path.is_file():
            raise OSError(EINVAL, "it is a folder, a pipe or a device")
        content = read_json(path)
        if content is None and not path.is_file():
            return None
        _check_format(path, content, newest)
        return kind.model_validate(content)
    except NotADirectoryError as error:
        raise BenchError(f"{path.parent} is a file; give the folder of a run (runs/<suite name>)") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise BenchError(f"cannot read {path} ({reason}); correct its rights, or give the folder of a run") from error
    except RecursionError as error:
        raise BenchError(f"{path} is damaged (nested too deeply); delete it and run the suite again") from error
    except ValueError as error:
        raise BenchError(f"{path} is damaged ({_reason(error, kind)}); delete it and run the suite again") from error


def _check_format(path: Path, content: Any, newest: int) -> None:
    number = content.get("format") if isinstance(content, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise BenchError(f"{path} is not a file of segbench: it has no format number; give another folder")
    if number > newest:
        raise BenchError(
            f"{path} was written by a newer segbench (format {number}; this one reads {newest}); update segbench, or "
            "give another folder"
        )


def _reason(error: ValueError, kind: type[BaseModel]) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, place_of(first, kind)))}: {fault_words(first, kind)}"
    return f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
