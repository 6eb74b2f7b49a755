"""Arrays that are dearer to make than to read, in a file without a name: it goes with the process."""

import errno
import os
import shutil
import tempfile
from math import prod
from threading import Lock
from typing import IO, TYPE_CHECKING, NamedTuple

from bench.host.files import StorageError, cache_root, make_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCRATCH_BYTES = 8 * 2**30
"""At most so much of the disk, and no more than a quarter of what is free."""


class Span(NamedTuple):
    """Where an array lies in the file, and its shape."""

    start: int
    shape: tuple[int, ...]


class Scratch:
    """Keeps uint8 arrays in the cache's folder, uncompressed, up to `limit` bytes; safe to use from several threads.

    A full or read-only disk is no error: then nothing more is kept.
    """

    def __init__(self, limit: int = SCRATCH_BYTES) -> None:
        self._limit, self._end = limit, 0
        self._file: IO[bytes] | None = None
        self._lock = Lock()

    def keep(self, array: "NDArray[np.uint8]") -> Span | None:
        """Write an array; return where it lies, None where it was not kept."""
        import numpy as np

        with self._lock:
            try:
                self._file = self._file or self._opened()
                start, data = self._end, np.ascontiguousarray(array).reshape(-1).data
                if start + len(data) > self._limit:
                    return None
                while data:
                    written = os.pwrite(self._file.fileno(), data, self._end)
                    self._end, data = self._end + written, data[written:]
            except (OSError, StorageError):
                self._limit = 0
                return None
        return Span(start, array.shape)

    def read(self, span: Span) -> "NDArray[np.uint8]":
        """Return a kept array, in memory of its own."""
        import numpy as np

        assert self._file is not None
        found = np.empty(prod(span.shape), np.uint8)
        left, start = found.data, span.start
        while left:
            done = os.preadv(self._file.fileno(), [left], start)
            if not done:
                raise OSError(errno.EIO, "a file without a name has lost its end")
            left, start = left[done:], start + done
        return found.reshape(span.shape)

    def close(self) -> None:
        """Let go of the file and of all that is in it."""
        if self._file:
            self._file.close()

    def _opened(self) -> IO[bytes]:
        folder = cache_root()
        make_folder(folder)
        self._limit = min(self._limit, shutil.disk_usage(folder).free // 4)
        return tempfile.TemporaryFile(dir=folder)
