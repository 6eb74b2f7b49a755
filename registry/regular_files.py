"""Paths that a user names, and the files there or in a folder of ours: plain, never a pipe, a socket or a device.

Opening a named pipe waits for its writer, and /dev/zero has no end; either may be called `a.png`, or be what a link
leads to.
"""

import errno
import stat
from typing import TYPE_CHECKING

from registry.errors import BenchError

if TYPE_CHECKING:
    from pathlib import Path


def read_regular(path: "Path", most: int | None = None) -> bytes:
    """Return the content of the file at `path`, or at the end of a link.

    most: bytes that a user's file may have; None: as many as it has, of a file that we wrote.

    Raises:
        OSError: there is none, it cannot be read, it is no plain file, or it has more than `most` bytes; `strerror`
            says which.
    """
    check_regular(path)
    with path.open("rb") as file:
        content = file.read() if most is None else file.read(most + 1)  # more may be there than the system says
    if most is not None and len(content) > most:
        raise OSError(errno.EFBIG, f"more than {most:,} bytes", str(path))
    return content


def check_regular(path: "Path") -> None:
    """Make sure that a plain file is at `path`, or at the end of a link, so that opening it waits for nobody.

    Raises:
        OSError: there is none, or it is something else; `strerror` says which.
    """
    try:
        facts = path.stat()
    except ValueError:
        raise OSError(errno.EINVAL, "no name that a file can have", str(path)) from None
    if not stat.S_ISREG(facts.st_mode):
        what = "is a folder" if stat.S_ISDIR(facts.st_mode) else "not a file but a pipe, a socket or a device"
        raise OSError(errno.EINVAL, what, str(path))


def users_path(given: "str | Path") -> "Path":
    """Return a path that a user gave, with the user's folder for a ~ at its beginning.

    Raises:
        BenchError: no file can have such a name, or there is no such user.
    """
    from pathlib import Path

    try:
        path = Path(given).expanduser()
        path.lstat()
    except RuntimeError:
        raise BenchError(f"{given}: no such user; give the whole path") from None
    except ValueError:
        raise BenchError(f"{str(given)!r}: no file can have this name; correct it") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise BenchError(f"{str(given)[:60]}…: no file can have a name of that length; correct it") from None
    return path
