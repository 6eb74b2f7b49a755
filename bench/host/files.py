"""Where things lie on disk, and how they get there: whole or not at all, and never through a link.

All writing goes through here (`tests/test_layout.py` names the exceptions). A file of ours that turns out to be a link
is replaced, and what the link leads to stays as it is. A folder of ours, or a lock, that is a link is refused: what is
written would land elsewhere. What the user names (a run's folder, the cache) may be a link.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import stat
import time
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
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


def refuse_links(*places: Path) -> None:
    """Refuse to write where one of these folders or files of ours is a link.

    Raises:
        StorageError: names the first one.
    """
    for place in places:
        if place.is_symlink():
            raise StorageError(
                f"{place} is a link, and nothing is written through links; remove it, or choose another folder"
            )


def make_folder(path: Path) -> None:
    """Create a folder where it is missing, with those above it.

    Raises:
        StorageError: it cannot be created, or one of the cache's own folders on the way is a link.
    """
    root = cache_root()
    if path.is_relative_to(root):
        refuse_links(*(root / part for part in path.relative_to(root).parents[:-1]), *([path] if path != root else []))
    with reported_os_errors(path):
        path.mkdir(parents=True, exist_ok=True)


def remove_folder(path: Path) -> None:
    """Remove a folder of ours with all in it, as far as that is possible; a link in its place stays."""
    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def atomic_path(path: Path, *, flush: bool = True) -> "Iterator[Path]":
    """Yield a temporary neighbour of `path` that replaces it when the block ends well, else vanishes.

    flush: wait for the disk, some milliseconds, so that the file is whole after a power failure too.

    Raises:
        StorageError: the disk is full or the folder cannot be written.
    """
    with reported_os_errors(path):
        make_folder(path.parent)
        # Not mkstemp: its files are readable by their owner alone, and results are for others too.
        temporary = path.with_name(f".{path.name}.{os.getpid()}-{uuid4().hex[:8]}.tmp")
        try:
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666))
            yield temporary
            if flush:
                with temporary.open("rb") as written:
                    os.fsync(written.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


_TORN = re.compile(r"\..*\.\d+-[0-9a-f]{8}\.tmp")


def remove_torn_files(folder: Path) -> None:
    """Remove what killed processes were writing with `atomic_path` below a folder; no other may be writing there."""
    for path in folder.rglob(".*.tmp"):
        if _TORN.fullmatch(path.name):
            path.unlink(missing_ok=True)


def open_to_append(path: Path) -> IO[bytes]:
    """Open a file, unbuffered, to write at its end.

    Raises:
        StorageError: it is a link, or cannot be written.
    """
    refuse_links(path)
    with reported_os_errors(path):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        return os.fdopen(os.open(path, flags, 0o666), "ab", buffering=0)


ENDING = 10.0  # seconds that a process gets to end which was told to, before its folder counts as busy

_held: set[IO[bytes]] = set()
"""The locks of this process."""


def _let_go() -> None:
    """Close the locks that a forked child inherited: they would last as long as the child. The parent keeps them."""
    for file in _held:
        file.close()
    _held.clear()


os.register_at_fork(after_in_child=_let_go)


@contextmanager
def locked(path: Path, busy: str | None = None, waiting: "Callable[[], None] | None" = None) -> "Iterator[None]":
    """Hold an exclusive lock on `path` for the block; it goes with the process, however that ends.

    The file stays as it is, whatever is in it. waiting: called once before waiting for another process.

    Raises:
        BenchError: another process holds it; `busy` is the message. With `waiting`, only where that lasts longer than
            ENDING, since the other may be about to end. With `busy` None, wait as long as it takes.
        StorageError: the folder cannot be written, or `path` is something else than a plain file.
    """
    make_folder(path.parent)
    with _lock_file(path) as file:
        _held.add(file)
        try:
            _lock(file, busy, waiting)
            yield
        finally:
            _held.discard(file)


def _lock_file(path: Path) -> IO[bytes]:
    # Opened to write, which some network file systems ask for; not emptied, since nobody knows whose it is.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    with reported_os_errors(path):
        try:
            file = os.fdopen(os.open(path, flags, 0o666), "r+b", buffering=0)
        except OSError as error:
            if _is_plain(path):
                raise
            raise _no_lock(path) from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise _no_lock(path)
    return file


def _is_plain(path: Path) -> bool:
    """Return whether a plain file, or nothing, is at `path`."""
    with suppress(FileNotFoundError):
        return stat.S_ISREG(path.lstat().st_mode)
    return True


def _no_lock(path: Path) -> StorageError:
    what = "a link" if path.is_symlink() else "a folder" if path.is_dir() else "no plain file"
    return StorageError(f"{path} is {what}, so it cannot be the lock of this folder; remove it")


def _lock(file: IO[bytes], busy: str | None, waiting: "Callable[[], None] | None") -> None:
    import fcntl

    end = time.monotonic() + (ENDING if waiting else 0)
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if busy and time.monotonic() >= end:
                raise BenchError(busy) from None
        else:
            return
        if waiting:
            waiting()
            waiting = None
        if busy is None:
            fcntl.flock(file, fcntl.LOCK_EX)
            return
        time.sleep(0.1)


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write `content` to `path` so that a reader sees the old file or the new one, never a part."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, content: Any) -> None:
    """Write `content` as indented JSON, atomically; NaN is not valid JSON and raises ValueError."""
    write_atomic(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def set_aside(path: Path) -> Path:
    """Rename a damaged file, so that nobody reads it again and nothing in it is lost; return its new place.

    The name gets `.damaged` at its end, or `.damaged-2` and so on where an earlier one has that already.

    Raises:
        StorageError: the folder cannot be written.
    """
    names = (f"{path.name}.damaged{f'-{number}' if number > 1 else ''}" for number in count(1))
    place = next(place for name in names if not os.path.lexists(place := path.with_name(name)))
    with reported_os_errors(path):
        path.replace(place)
    return place


def refuse_pipes(path: Path) -> None:
    """Raise OSError where something else than a file is at `path`: opening a pipe waits for its writer."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is a folder, a pipe or a device")


def read_json(path: Path) -> Any:
    """Return the parsed file, or None where there is none."""
    try:
        refuse_pipes(path)
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
