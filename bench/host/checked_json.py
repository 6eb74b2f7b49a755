"""JSON files with a format number and a checksum, read as the type that wrote them; one line names what is wrong."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bench.host.checksum import KEY, ChecksumError, seal, unseal
from bench.host.files import read_json, write_json
from registry.allowed import fault_words, place_of
from registry.errors import BenchError

M = TypeVar("M", bound=BaseModel)


SEALED = 3
"""The first format with a checksum, of every kind of these files: those of lower numbers are from before."""


class DamagedFile(BenchError):  # noqa: N818
    """A file of ours is not what was written. `fault`: what is wrong, without the remedy that the line ends with."""

    def __init__(self, fault: str, remedy: str, path: Path) -> None:
        super().__init__(f"{fault}; {remedy}")
        self.fault, self.path = fault, path


def write_checked(path: Path, content: BaseModel) -> None:
    """Write a file with its checksum, atomically; the content has its format number in `format`."""
    write_json(path, seal(content.model_dump(mode="json")))


def read_checked(path: Path, kind: type[M], newest: int) -> M | None:
    """Return a file's content, or None where there is none; `newest` is the newest format that is understood.

    Raises:
        DamagedFile: it is not what was written.
        BenchError: it cannot be read, is foreign, or a newer version wrote it.
    """
    try:
        content = read_json(path)
        if content is None and not path.is_file():
            return None
        if isinstance(content, dict) and KEY in content:
            content = unseal(content)
        else:
            _check_unsealed(path, content, newest)
        _check_format(path, content, newest)
        return kind.model_validate(content)
    except NotADirectoryError as error:
        raise BenchError(f"{path.parent} is a file; give the folder of a run (runs/<suite name>)") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise BenchError(f"cannot read {path} ({reason}); correct its rights, or give the folder of a run") from error
    except (ValueError, RecursionError) as error:
        remedy = "run the suite again, which evaluates nothing twice"
        raise DamagedFile(f"{path} is damaged ({_reason(error, kind)})", remedy, path) from error


def _check_unsealed(path: Path, content: Any, newest: int) -> None:
    """Let pass what never had a checksum; a file of a newer version may have another kind."""
    _check_format(path, content, newest)
    if content["format"] >= SEALED:
        raise ChecksumError("it has no checksum")


def _check_format(path: Path, content: Any, newest: int) -> None:
    number = content.get("format") if isinstance(content, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise BenchError(f"{path} is not a file of segbench: it has no format number; give another folder")
    if number > newest:
        raise BenchError(
            f"{path} was written by a newer segbench (format {number}; this one reads {newest}); update segbench, or "
            "give another folder"
        )


def _reason(error: Exception, kind: type[BaseModel]) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, place_of(first, kind)))
        return f"{place}: {fault_words(first, kind)}" if place else fault_words(first, kind)
    if isinstance(error, RecursionError):
        return "too many brackets"
    return f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else str(error)
