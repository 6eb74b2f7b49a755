"""The whole evaluation of suites/pets_models.yaml against the project's state at an earlier commit, interleaved.

usage: python tests/speed/against_before.py --data-root DIR [--limit n] [--rounds n] [--only a,b] [--commit 7845c6f]

Nothing is trained (epochs: 0): both evaluate the random weights that the earlier state stored. That state is checked out
into a temporary folder and runs on the same packages. Times are those that the cells record, and the whole command's. It
fails if a score differs by more than rounding can do.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import yaml
from pyarrow import parquet

ROOT = Path(__file__).parents[2]
CLOSE = 0.02
"""Less than this a score of two images may differ."""


def untrained(suite):
    """Return a suite whose networks stay as they begin."""
    for model in suite["models"]:
        for stage in ("train", "pretrain"):
            if stage in model:
                model[stage] = {"epochs": 0}
    return suite


def ran(code, suite, out, cache, given):
    """Run a suite with the code of a folder; return the command's seconds."""
    command = [sys.executable, "-m", "bench", "run", str(suite), "--out", str(out), "--data-root", str(given.data_root)]
    command += ["--limit", str(given.limit), *(word for label in given.only for word in ("--only", label))]
    begin = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(code), "SEGBENCH_CACHE": str(cache)}
    subprocess.run(command, check=True, cwd=code, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begin


def cell_seconds(out):
    """Return the seconds that all cells of a run took, as they say themselves."""
    files = [parquet.ParquetFile(path) for path in (out / "cells").glob("*.parquet")]
    return sum(json.loads(file.metadata.metadata[b"segbench"])["seconds"] for file in files)


def scores(out):
    """Return every score by what names it."""
    with (out / "summary.csv").open(newline="") as file:
        return {tuple(row[:8]): row[-1] for row in list(csv.reader(file))[1:]}


def main():
    """Print the seconds of both, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", type=lambda text: text.split(","), default=[])
    parser.add_argument("--commit", default="7845c6f")
    given = parser.parse_args()
    given.data_root = given.data_root.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            ["git", "-C", ROOT, "worktree", "add", "--quiet", "--detach", folder / "code", given.commit], check=True
        )
        try:
            compare(folder, given)
        finally:
            subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", folder / "code"], check=True)


def compare(folder, given):
    """Run both in turn; each begins with an empty cache but for the checkpoints that the first one stored."""
    suite = folder / "pets_models.yaml"
    suite.write_text(yaml.safe_dump(untrained(yaml.safe_load((folder / "code" / "suites" / suite.name).read_text()))))
    places = {"before": folder / "code", "now": ROOT}
    for i in range(given.rounds):
        walls, cells = {}, {}
        for label, code in sorted(places.items(), reverse=bool(i % 2)):  # who comes first changes
            out = folder / f"{label}-{i}"
            cache = folder / f"cache-{label}-{i}"
            if (stored := folder / "cache-before-0" / "checkpoints").is_dir():
                shutil.copytree(stored, cache / "checkpoints")
            walls[label] = ran(code, suite, out, cache, given)
            cells[label] = cell_seconds(out)
        found = {label: scores(folder / f"{label}-{i}") for label in places}
        for what, seconds in (("cells", cells), ("whole command", walls)):
            ratio = seconds["before"] / seconds["now"]
            print(
                f"{what}: {seconds['before']:.1f} s before, {seconds['now']:.1f} s now, {ratio:.2f} times", flush=True
            )
        report_scores(found["before"], found["now"])


def report_scores(before, now):
    """Print, of each model, how many scores differ and by how much: rounding decides where an untrained network's two
    best classes are as good as equal, and the layout of its tensors is another one now."""
    shared = before.keys() & now.keys()
    assert shared
    gaps = defaultdict(list)
    for key in shared:
        gaps[key[1]].append(
            abs(float(before[key] or "nan") - float(now[key] or "nan")) if before[key] != now[key] else 0
        )
    for model, found in gaps.items():
        print(
            f"{model}: {sum(map(bool, found))} of {len(found)} scores differ, at most by {max(found):.2g}", flush=True
        )
    assert max(max(found) for found in gaps.values()) < CLOSE


if __name__ == "__main__":
    main()
