"""The one kind of fault that a user can fix: a single line, exit code 2, never a traceback."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class BenchError(Exception):
    """A fault of the input: its line has what was given, what is allowed and what to do."""


def suggestion(given: str, known: "Iterable[str]", limit: int = 12) -> str:
    """Return "did you mean 'x'?" for a likely misspelling, else "known: a, b, c".

    >>> suggestion("gausian", ["gaussian", "fog"])
    "did you mean 'gaussian'?"
    >>> suggestion("rain", ["gaussian", "fog"])
    'known: fog, gaussian'
    """
    names = sorted(known)
    if close := get_close_matches(given, names, n=1, cutoff=0.6):
        return f"did you mean '{close[0]}'?"
    shown = ", ".join(names[:limit]) + (", …" if len(names) > limit else "")
    return f"known: {shown}" if names else "none is known"
