"""The command line's door: answers what needs no command by itself, and hands on the rest."""

import os
import sys


def main() -> None:
    """Run the command line; refuse to start among foreign packages of the same names."""
    from bench.host.guard import foreign_packages

    if lines := foreign_packages():
        print(*(f"bench: {line}" for line in lines), sep="\n", file=sys.stderr)
        raise SystemExit(2)
    words = sys.argv[1:]
    if words in ([], ["--help"], ["-h"]) and "_BENCH_COMPLETE" not in os.environ:
        from bench.cli.front_page import front_page

        print(front_page(), file=sys.stdout if words else sys.stderr)
        code = 0 if words else 2
    else:
        from bench.cli.commands import run

        code = run()
    _flush()
    raise SystemExit(code)


def _flush() -> None:
    """Hand over what is printed while a reader that is gone, as in `bench list models | head -1`, can be noticed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python tries again as it ends
        raise SystemExit(1) from None
