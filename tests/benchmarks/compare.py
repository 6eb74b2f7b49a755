"""Whether the code of now is slower than that of an earlier commit: rounds of both in turn, an interval for each check.

usage: python tests/benchmarks/compare.py [--baseline COMMIT] [--rounds 8] [--margin 1.10] [-k EXPRESSION]

The baseline is the commit that `make bench` noted last. Its files go to a temporary folder, with the checks of now, so
both are timed by the same checks. A round is one new process for each code, in turns: baseline first, present first.
Of each check it gives the logarithm of present over baseline, of their medians. The mean over rounds has an interval by
Student's t; all intervals together hold with 95 % (Bonferroni). A check is slower where its interval lies above the
margin: then the exit code is 1, and never for a ratio alone.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CHECKS = "tests/benchmarks"
LEVEL = 0.95
SECONDS, CALLS = 0.2, 5
"""Of one check in one round: at least so long, and so many calls at least."""


class Ratio(NamedTuple):
    """Time of now over that of the baseline, and its interval."""

    value: float
    low: float
    high: float


def ratio(pairs, level):
    """Return the geometric mean of present over baseline and its two-sided interval of this level.

    pairs: (baseline, present), the medians of each round; two at least.
    """
    from scipy.stats import t

    logs = [math.log(present / baseline) for baseline, present in pairs]
    n, mean = len(logs), sum(logs) / len(logs)
    deviation = math.sqrt(sum((one - mean) ** 2 for one in logs) / (n - 1))
    half = t.ppf((1 + level) / 2, n - 1) * deviation / math.sqrt(n)
    return Ratio(math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def compared(rounds: Sequence[tuple[Mapping[str, float], Mapping[str, float]]]) -> dict[str, Ratio]:
    """Return the ratio of each check that has a median in every round of both; all intervals hold together."""
    common = set.intersection(*(set(medians) for pair in rounds for medians in pair))
    level = 1 - (1 - LEVEL) / max(len(common), 1)
    return {name: ratio([(old[name], new[name]) for old, new in rounds], level) for name in sorted(common)}


def slower(ratios: Mapping[str, Ratio], margin: float) -> list[str]:
    """Return the checks whose interval lies above the margin."""
    return [name for name, found in ratios.items() if found.low > margin]


def medians(tree: Path, words: Sequence[str]) -> dict[str, float]:
    """Run the checks on the code of `tree` in a new process; return the median seconds of each that passed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "checks.json"
        command = [sys.executable, "-m", "pytest", CHECKS, "-q", "-m", "speed", "--benchmark-only", *words]
        options = [f"--benchmark-max-time={SECONDS}", f"--benchmark-min-rounds={CALLS}", f"--benchmark-json={file}"]
        place = os.environ | {"PYTHONPATH": str(tree)}
        done = subprocess.run([*command, *options], cwd=tree, env=place, capture_output=True, text=True)
        if not file.exists() or not file.stat().st_size:
            sys.exit(f"no check of {tree} could be run:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
        result = json.loads(file.read_text(encoding="utf-8"))
    if Path(result["code"]) != tree:
        sys.exit(f"the code of {result['code']} was timed in place of that of {tree}")
    if done.returncode and tree == ROOT:
        sys.exit(f"a check fails:\n{done.stdout[-3000:]}")
    return {check["fullname"]: check["stats"]["median"] for check in result["benchmarks"]}


def noted_commit() -> str:
    """Return the commit at which `make bench` was run last."""
    files = sorted((ROOT / ".benchmarks").glob("*/*.json"), key=lambda file: file.stat().st_mtime)
    if not files:
        sys.exit("no baseline: run `make bench` on the code to compare with, or give --baseline COMMIT")
    commit = json.loads(files[-1].read_text(encoding="utf-8"))["commit_info"]
    if commit["dirty"]:
        sys.exit(f"{files[-1]} was timed with changes that no commit holds: commit them, then run `make bench` again")
    return str(commit["id"])


def unpack(commit: str, folder: Path) -> None:
    """Put the files of a commit into `folder`, with the checks of now."""
    archive = subprocess.run(["git", "-C", ROOT, "archive", commit], capture_output=True)
    if archive.returncode:
        sys.exit(f"no commit '{commit}' here: {archive.stderr.decode().strip()}")
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    shutil.rmtree(folder / "tests", ignore_errors=True)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)


def table(ratios: Mapping[str, Ratio], margin: float) -> str:
    """Return a line for each check, the slowest first."""
    lines = [f"{'now / baseline':>14}  {'interval':^14}  check"]
    for name, found in sorted(ratios.items(), key=lambda item: -item[1].value):
        verdict = "  SLOWER" if found.low > margin else "  faster" if found.high < 1 / margin else ""
        lines.append(f"{found.value:14.3f}  {found.low:5.2f} to {found.high:5.2f}  {name}{verdict}")
    return "\n".join(lines)


def main() -> None:
    """Compare, print, and end with 1 where a check is slower."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--baseline", help="a commit; default: that of the last `make bench`")
    parser.add_argument("--rounds", type=int, default=8, help="3 at least")
    parser.add_argument("--margin", type=float, default=1.10, help="how much slower is still no fault")
    parser.add_argument("-k", default="", help="which checks, as pytest has it")
    given = parser.parse_args()
    if given.rounds < 3 or given.margin < 1:
        parser.error("give 3 rounds at least, and a margin of 1 at least")
    commit = given.baseline or noted_commit()
    with tempfile.TemporaryDirectory(prefix="baseline-") as folder:
        tree = Path(folder).resolve()
        unpack(commit, tree)
        rounds = measured(tree, given.rounds, ["-k", given.k] if given.k else [])
    report(rounds, commit, given.margin)


def measured(tree: Path, rounds: int, words: Sequence[str]) -> list[tuple[dict[str, float], dict[str, float]]]:
    """Return the medians of both in each round; a round before these, in which kernels are compiled, counts nothing."""
    found = []
    for i in range(rounds + 1):
        order = (tree, ROOT) if i % 2 else (ROOT, tree)
        both = {one: medians(one, words) for one in order}
        print(f"round {i} of {rounds}: {len(both[tree])} and {len(both[ROOT])} checks", file=sys.stderr, flush=True)
        found.append((both[tree], both[ROOT]))
    return found[1:]


def report(rounds, commit: str, margin: float) -> None:
    """Print what was found; end with 1 where a check is slower."""
    ratios = compared(rounds)
    print(table(ratios, margin))
    if alone := sorted(set(rounds[0][0]) ^ set(rounds[0][1])):
        print(f"on one side only, not compared: {', '.join(alone)}")
    wrong = slower(ratios, margin)
    print(
        f"{len(ratios)} checks, {len(rounds)} rounds against {commit[:10]}: {len(wrong)} slower by more than {margin}"
    )
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
