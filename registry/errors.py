"""The one kind of fault that a user can fix: a single line, exit code 2, never a traceback."""

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class BenchError(Exception):
    """A fault of the input: its line has what was given, what is allowed and what to do."""


class SeveralFaultsError(BenchError):
    """Several faults of the input, each in a line of its own."""

    def __init__(self, lines: "Iterable[str]") -> None:
        self.lines = list(dict.fromkeys(lines))
        super().__init__("\n".join(self.lines))


def fault_lines(error: BenchError) -> list[str]:
    """Return the lines of an error: one for each fault, whatever stands in the names that it quotes."""
    return error.lines if isinstance(error, SeveralFaultsError) else [str(error)]


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
    return f"known: {first_of(names, limit)}" if names else "none is known"


def first_of(items: "Sequence[object]", limit: int = 3) -> str:
    """Return the first items of a list in words.

    >>> first_of(["a", "b"]), first_of([1, 2, 3, 4])
    ('a, b', '1, 2, 3, …')
    """
    return ", ".join([*map(str, items[:limit]), *(["…"] if len(items) > limit else [])])


def in_one_line(error: Exception) -> str:
    """Return what went wrong as one line: a user's fault in its own words, any other with its type.

    >>> in_one_line(BenchError("no such file; correct it")), in_one_line(ValueError("bad\\nmore"))
    ('no such file; correct it', 'ValueError: bad')
    """
    words = (str(error).splitlines() or ["no message"])[0]
    return words if isinstance(error, BenchError) else f"{type(error).__name__}: {words}"
