"""Text of a user's that others read: a spreadsheet must not run it, nor a terminal take it for commands."""

import re

_UNSEEN = "\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Control characters, ends of lines, and marks that turn the direction of the text behind them."""
FORMULA = "-=+@\uff0d\uff1d\uff0b\uff20"
"""What a formula begins with in a spreadsheet, full width too (OWASP, "CSV Injection"); so do tab and ends of lines."""
_HARMFUL = re.compile(f"[{_UNSEEN}\ud800-\udfff]")

LABEL = rf"^[^{FORMULA}/\\{_UNSEEN}][^/\\{_UNSEEN}]*$"
"""The pattern of a label, which also becomes a part of file names."""
CLASS_NAME = f"^[^{FORMULA}{_UNSEEN}][^{_UNSEEN}]*$"
NOT_FIRST = "not beginning with = + - or @ (a spreadsheet would run it)"
"""The rule in words, for messages."""


def printable(text: str) -> str:
    r"""Return one line that a terminal only shows: what it would obey stands there as Python writes it.

    >>> printable("a\x1b[31mb\nc")
    'a\\x1b[31mb\\nc'
    """
    return _HARMFUL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def shortened(text: str, most: int = 1000) -> str:
    """Return a text without its middle where it is longer than a screen: a name may have any length.

    >>> shortened("abcdefghij", 6)
    'abc … hij'
    """
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-(most // 2) :]}"


def as_label(text: str) -> str:
    r"""Return a name that somebody else gave as one that a label may have: each sign that it may not have is "_".

    >>> as_label("=1+1"), as_label("a/b\x1b")
    ('_1+1', 'a_b_')
    """
    return re.sub(rf"^[{FORMULA}]|[/\\{_UNSEEN}\ud800-\udfff]", "_", text)


def csv_path(path: str) -> str:
    """Return a path for a cell of a CSV file: the same file, but no spreadsheet takes it for a formula.

    >>> csv_path("=1+1.png"), csv_path("sub/-1.png")
    ('./=1+1.png', 'sub/-1.png')
    """
    return f"./{path}" if re.match(f"[{FORMULA}\t\r\n]", path) else path
