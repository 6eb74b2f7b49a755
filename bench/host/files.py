"""Where things lie on disk, and how they get there: whole or not at all."""

import errno
import hashlib
import json
import os
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class StorageError(BenchError):
    """Something cannot be written: the one fault that stops a run in the middle, since nothing more could be kept."""


def cache_root() -> Path:
    """Return the folder of checkpoints, manifests and downloads: $SEGBENCH_CACHE or the user's cache folder."""
    if given := os.environ.get("SEGBENCH_CACHE"):
        return Path(given).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "segbench"


def digest(*parts: Any) -> str:
    """Return 32 hexadecimal digits: BLAKE2b-128 of the parts as canonical JSON (sorted keys, no spaces)."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@contextmanager
def reported_os_errors(path: Path) -> "Iterator[None]":
    """Turn a full disk or a missing permission at `path` into one line; let every other error pass."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(f"the disk is full at {path}; free some space and run the same command again") from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StorageError(f"no permission to write {path}; choose another folder or correct its rights") from error
        if error.errno in (errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENOENT):
            raise StorageError(f"cannot write {path}: {error.strerror}; choose another place") from error
        raise


@contextmanager
def atomic_path(path: Path, *, flush: bool = True) -> "Iterator[Path]":
    """Yield a temporary neighbour of `path` that replaces it when the block ends well, else vanishes.

    flush: wait for the disk, some milliseconds, so that the file is whole after a power failure too.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    with reported_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not mkstemp: its files are readable by their owner alone, and results are for others too.
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{uuid4().hex[:8]}.tmp")
        try:
            yield temporary
            if flush:
                with temporary.open("rb") as written:
                    os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def locked(path: Path, busy: str | None = None, waiting: "Callable[[], None]" = lambda: None) -> "Iterator[None]":
    """Hold an exclusive lock on `path` for the block; it goes with the process, however that ends.

    waiting: called once before waiting for another process.

    Raises:
        BenchError: another process holds it; `busy` is the message. With `busy` None, wait for it instead.
        StorageError: the folder cannot be written.
    """
    import fcntl

    with reported_os_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if busy:
            file.close()
            raise BenchError(busy) from None
        waiting()
        fcntl.flock(file, fcntl.LOCK_EX)
    with file:
        yield


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` so that a reader sees the old file or the new one, never a part."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON, atomically; NaN is not valid JSON and raises ValueError."""
    write_atomic(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that nobody reads it again and nothing in it is lost; return its new place.

    A file that was set aside before keeps its name, `.damaged`; the next ones are `.damaged-2` and so on.

    Raises:
        StorageError: the folder cannot be written.
    """
    names = (f"{path.name}.damaged{number}" for number in chain([""], (f"-{i}" for i in count(2))))
    place = next(found for name in names if not os.path.lexists(found := path.with_name(name)))
    with reported_os_errors(path):
        path.replace(place)
    return place


def read_json(path: Path) -> Any:
    """Return the parsed file, or None where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
