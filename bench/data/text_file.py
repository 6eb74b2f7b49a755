"""A text file of a user's: UTF-8, or what its byte order mark names."""

from pathlib import Path

from registry.errors import BenchError
from registry.regular_files import read_regular

_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
MAX_BYTES = 1 << 30
"""Ten million names and more."""


def user_text(path: Path, what: str, key: str) -> str:
    """Return the text of the file of a folder data set that a key names; `what`: what to call it before its path.

    Raises:
        BenchError: it cannot be read, or is in another encoding.
    """
    try:
        content = read_regular(path, MAX_BYTES)
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise BenchError(f"folder: cannot read {what} {path} (key `{key}`): {reason}; fix its path") from error
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise BenchError(f"folder: {what} {path} is not UTF-8 text; save it as UTF-8")
    return text
