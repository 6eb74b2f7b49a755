"""What the commands print beside tables: one line each, as text that no terminal obeys."""

import sys

from registry.errors import BenchError, fault_lines
from registry.safe_text import printable, shortened


def say(text: str) -> None:
    """Print a line to standard output."""
    print(printable(text))


def complain(text: str) -> None:
    """Print a line to standard error, with the name of the program before it."""
    print(f"bench: {shortened(printable(text))}", file=sys.stderr)


def complain_of(error: BenchError) -> None:
    """Print each fault of an error on a line of its own."""
    for line in fault_lines(error):
        complain(line)
