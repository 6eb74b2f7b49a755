"""A malformed input, and what is wrong with the program's answer to it."""

import io
import re
import sys
import traceback
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

Make = Callable[[Path], None]
REMEDY = re.compile(
    r"; |\bgive\b|did you mean|known:|\bsee\b|\bneeds?\b|\bmust\b|at (least|most)|not allowed|is allowed|missing"
)
LONGEST = 1020
"""Characters of a line: the program cuts names of any length; some lines list the keys that are allowed."""


@dataclass(frozen=True)
class Case:
    """One malformed input.

    kind: of what. what: what is wrong with it, in words. make: writes it into an empty folder, which is the working
    directory of the command. words: the command line. named: what a message has to name. answer: "refused" (exit code
    2), "left out" (exit code 0, and a line names it), or "either" (refused, or not malformed after all).
    """

    kind: str
    what: str
    make: Make
    words: tuple[str, ...]
    named: str = ""
    answer: Literal["refused", "left out", "either"] = "refused"


def call(words: tuple[str, ...]) -> tuple[int, str, str]:
    """Call the command line in this process; return exit code, standard output and standard error."""
    from bench.cli.app import main

    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["bench", *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            try:
                main()
            except SystemExit as stop:
                code = int(stop.code or 0)
            except BaseException:  # noqa: BLE001 - whatever it is, it must not reach a user
                traceback.print_exc()
                code = 1
    finally:
        sys.argv = before
    return code, out.getvalue(), err.getvalue()


def wrong_with(case: Case, code: int, out: str, err: str) -> list[str]:
    """Return what is wrong with the answer to a case."""
    if "Traceback" in out + err:
        return [f"a traceback: {err.strip().splitlines()[-1]}"]
    if case.answer == "left out" or (case.answer == "either" and code == 0):
        unnamed = case.answer == "left out" and case.named not in out + err
        return [f"exit code {code}"] * (code != 0) + ["it is not named"] * unnamed
    said = [line for line in err.split("\n")[:-1] if not line.startswith("verifying")]
    found = [f"exit code {code}"] * (code != 2) + ["nothing is said"] * (not said)
    found += [f"a line of {len(line)} characters: {line[:200]}" for line in said if len(line) > LONGEST]
    found += [f"not a line of ours: {line!r}" for line in said if not re.match(r"bench: \S|left out: ", line)]
    found += [f"no remedy: {line}" for line in said if line.startswith("bench: ") and not REMEDY.search(line)]
    found += [f"control characters: {line!r}" for line in said if re.search(r"[\x00-\x1f\x7f-\x9f]", line)]
    return found + ["the input is not named: " + err] * (case.named not in err)


def chosen(cases: list[Case], number: int, seed: int) -> list[Case]:
    """Return so many of the cases, drawn by `seed`, from each kind alike."""
    kinds: dict[str, list[Case]] = {}
    draw = Random(seed)
    for case in cases:
        kinds.setdefault(case.kind, []).append(case)
    share = -(-number // len(kinds))
    return [one for own in kinds.values() for one in draw.sample(own, min(share, len(own)))]
