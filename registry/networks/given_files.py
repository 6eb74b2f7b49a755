"""Files that a user names in a suite: found, and known by their bytes."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from registry.errors import BenchError
from registry.regular_files import users_path


def users_file(given: str, key: str, allowed: str) -> Path:
    """Return the file behind `given`, a path that may begin with ~.

    Raises:
        BenchError: there is none; the message names the `key` of the suite and what else is `allowed`.
    """
    if not (path := users_path(given)).is_file():
        raise BenchError(f"{key}: no file {path.absolute()}; give {allowed}")
    return path


def content_hash(files: Sequence[Path]) -> str:
    """Return 32 hexadecimal digits: BLAKE2b over the names and the bytes of `files`, in the order of their names."""
    listing = [f"{file.name} {_hash(file, *_stamp(file))}" for file in sorted(files, key=lambda file: file.name)]
    return hashlib.blake2b("\n".join(listing).encode(), digest_size=16).hexdigest()


def _stamp(file: Path) -> tuple[int, int]:
    facts = file.stat()
    return facts.st_size, facts.st_mtime_ns


@lru_cache(maxsize=64)
def _hash(file: Path, size: int, modified: int) -> str:
    """Hash a file once for each of its states: `size` and `modified` are part of the key alone."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "blake2b").hexdigest()
