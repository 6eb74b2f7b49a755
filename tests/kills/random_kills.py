"""Kill `bench run` at random moments until it ends by itself, again and again: is its outcome the unbroken run's?

    python tests/kills/random_kills.py --kills 100 --seed 0

One run goes unbroken. Then, each in a folder and a cache of its own, runs are killed (SIGKILL) at a moment drawn from the
time that the unbroken one took: the main process alone, as a scheduler does, or its whole group; started again at
once; at times killed again. What they leave is compared byte for byte. Prints a table, and each difference; the
folder of a run that differs is kept.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from run_outcome import differences, outcome
from small_world import make

TOO_LONG = 600.0  # seconds of one start
PHASES = ("loading", "training", "evaluation", "report")
ALONE = 0.7  # of the kills hit the main process alone
AGAIN = 0.75  # of the killed runs are killed once more, and of these


@dataclass
class Tally:
    """What happened: kills by phase, runs that ended as the unbroken one did, and those that did not."""

    kills: Counter[str] = field(default_factory=Counter)
    whole_group: int = 0
    equal: int = 0
    different: list[str] = field(default_factory=list)


class Start:
    """One `bench run` in a process group of its own, its output in a file."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.before, self.begin = folder, _files(folder), time.monotonic()
        environment = os.environ | {"SEGBENCH_CACHE": str(folder / "cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [Path(sys.executable).with_name("bench"), "run", "kills.yaml", "--out", "run", "--plugins", "plugins"]
        with (folder / "output").open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
            )

    def end(self) -> float:
        """Wait for its end, and return how many seconds it took.

        Raises:
            RuntimeError: it failed.
        """
        if code := self.process.wait(TOO_LONG):
            raise RuntimeError(f"exit code {code}: {(self.folder / 'output').read_text()[-2000:]}")
        return time.monotonic() - self.begin

    def kill(self, moment: float, *, group: bool) -> bool:
        """Kill it `moment` seconds after its start; False: it had ended before, by itself."""
        try:
            self.process.wait(max(0.0, self.begin + moment - time.monotonic()))
            return False
        except subprocess.TimeoutExpired:
            (os.killpg if group else os.kill)(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return True

    def phase(self, cells: int) -> str:
        """Return what it was doing, by what it has written; a whole run has so many cells."""
        now = _files(self.folder)
        if now == self.before:
            return "loading"
        partial = [Path(name) for name in now if ".partial/" in name]
        if any(not (self.folder / path.parent).with_suffix(".safetensors").is_file() for path in partial):
            return "training"
        return "report" if sum(name.endswith(".parquet") for name in now) == cells else "evaluation"


def _files(folder: Path) -> dict[str, int]:
    """Return when each file of the run and the cache was written, locks and the output left out."""
    found = {}
    for path in [*folder.glob("run/**/*"), *folder.glob("cache/**/*")]:
        try:
            if path.suffix != ".lock" and path.name != ".lock" and path.is_file():
                found[str(path.relative_to(folder))] = path.stat().st_mtime_ns
        except FileNotFoundError:  # processes of a killed run may still be there
            continue
    return found


def killed_run(folder: Path, seconds: float, cells: int, draw: np.random.Generator, tally: Tally) -> None:
    """Kill a run once or several times, and let it end."""
    more = True
    while more:
        start, group = Start(folder), draw.random() >= ALONE
        if not start.kill(draw.uniform(0, seconds), group=group):
            start.end()
            return
        tally.kills[start.phase(cells)] += 1
        tally.whole_group += group
        more = draw.random() < AGAIN
    Start(folder).end()  # at once: nothing of the killed run may hold it up


def try_out(kills: int, seed: int, place: Path, say=print) -> Tally:
    """Let runs be killed so often, each compared with one that was not; `place`: where all of it lies."""
    draw, tally = np.random.default_rng(seed), Tally()
    (origin := place / "origin").mkdir()
    make(origin)
    whole = shutil.copytree(origin, place / "unbroken")
    seconds = Start(whole).end()
    expected = outcome(whole)
    cells = sum(name.endswith(".parquet") for name in expected)
    say(f"unbroken: {seconds:.1f} s, {cells} cells, {len(expected)} files")
    runs = 0
    while tally.kills.total() < kills:
        runs += 1
        folder = shutil.copytree(origin, place / f"run {runs}")
        killed_run(folder, seconds, cells, draw, tally)
        if found := differences(expected, outcome(folder)):
            tally.different.append(f"{folder}: {', '.join(found)}")
            say(tally.different[-1])
        else:
            tally.equal += 1
            shutil.rmtree(folder)
        say(f"{tally.kills.total()} kills, {runs} runs", flush=True)
    return tally


def table(tally: Tally) -> str:
    """Return the figures as a table in Markdown."""
    names = [*(f"kills in {phase}" for phase in PHASES), "of these, of the whole group"]
    values = [*(tally.kills[phase] for phase in PHASES), tally.whole_group]
    rows = [*zip(names, values, strict=True), ("runs equal", tally.equal), ("runs different", len(tally.different))]
    return "\n".join(["| what | how often |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    ended = try_out(given.kills, given.seed, Path(tempfile.mkdtemp(prefix="kills-")))
    print(table(ended))
    sys.exit(bool(ended.different))
