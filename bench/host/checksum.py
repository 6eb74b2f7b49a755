"""A checksum inside what we store as JSON, so that a file that was changed on its way is no file of ours any more.

And checksums of plain files, which another file holds.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.host.files import digest
from registry.regular_files import read_regular

KEY = "checksum"


class ChecksumError(ValueError):
    """The content is not what was written."""


def seal(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with `checksum`: `bench.host.files.digest` of all the rest, as JSON gives it back."""
    return {**content, KEY: _of(content)}


def unseal(content: Any) -> dict[str, Any]:
    """Return what `seal` was given, for the parsed content of a file.

    Raises:
        ChecksumError: there is no checksum, or it is not that of the rest.
    """
    if not isinstance(content, dict) or not isinstance(content.get(KEY), str):
        raise ChecksumError("it has no checksum")
    rest = {name: value for name, value in content.items() if name != KEY}
    if content[KEY] != _of(rest):
        raise ChecksumError("its checksum is not that of its content")
    return rest


def _of(content: dict[str, Any]) -> str:
    # Through JSON once: numbers as keys become text there, and tuples lists.
    return digest(json.loads(json.dumps(content)))


def of_file(content: bytes) -> str:
    """Return 32 hexadecimal digits: BLAKE2b-128 of a file's bytes."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def changed(folder: Path, checksums: Mapping[str, str]) -> list[str]:
    """Return the names of the files of a folder that are not there, or are not those that were written.

    checksums: `of_file` of each, by its name.
    """
    return [name for name, known in checksums.items() if _of_path(folder / name) != known]


def _of_path(path: Path) -> str | None:
    try:
        return of_file(read_regular(path))
    except OSError:
        return None
