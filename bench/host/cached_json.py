"""JSON in the cache: sealed, bound to its file's name, and never a reason to stop.

What lies there can be made again from what the user has. So what cannot be read counts as not there, and what cannot
be written is left out; both are remarked in a line.
"""

from pathlib import Path
from typing import Any

from bench.host.checksum import KEY, seal, unseal
from bench.host.files import StorageError, read_json, write_json
from registry.remarks import remark


def recall(path: Path, version: int, what: str) -> dict[str, Any] | None:
    """Return what `keep` wrote to `path`; None: nothing is there that is whole and of this version.

    version: of the content and of the code that makes it; another one's is nothing, without a word.
    what: names the content in a line.
    """
    try:
        content = read_json(path)
        if content is None or _is_of_before(content, version):
            return None
        found = unseal(content)
    except OSError:  # no folder, no right to read: writing will tell
        return None
    except (ValueError, RecursionError):
        remark(f"{what} in {path} is damaged, and is made anew")
        return None
    if found.get("key") != path.stem:
        remark(f"{what} in {path} is that of another file, and is made anew")
        return None
    return found if found.get("format") == version else None


def keep(path: Path, version: int, what: str, content: dict[str, Any]) -> None:
    """Write `content` for `recall`."""
    try:
        write_json(path, seal({"format": version, "key": path.stem, **content}))
    except (StorageError, OSError, UnicodeEncodeError) as error:  # the last: names of files need not be text
        remark(f"{what} is not kept, and is made anew each time: {error}")


def _is_of_before(content: Any, version: int) -> bool:
    """Return whether an earlier version wrote it, without a checksum: nobody can tell whether it is whole."""
    if not isinstance(content, dict):
        return isinstance(content, str)  # so the encoding of masks was kept
    number = content.get("format", 0)
    return KEY not in content and isinstance(number, int) and number < version
