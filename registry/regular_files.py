"""Reads a file that somebody else made: a plain file of bounded size, never a pipe, a socket or a device.

Opening a named pipe waits for its writer, and /dev/zero has no end; either may be called `a.png`, or be what a link
leads to.
"""

import errno
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_regular(path: "Path", most: int) -> bytes:
    """Return the content of the file at `path`, or at the end of a link.

    Raises:
        OSError: there is none, it cannot be read, it is no plain file, or it has more than `most` bytes; `strerror`
            says which.
    """
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        what = "is a folder" if stat.S_ISDIR(facts.st_mode) else "not a file but a pipe, a socket or a device"
        raise OSError(errno.EINVAL, what, str(path))
    with path.open("rb") as file:
        content = file.read(most + 1)  # more may be there than the system says
    if len(content) > most:
        raise OSError(errno.EFBIG, f"larger than {most // 1_000_000:,} MB", str(path))
    return content
