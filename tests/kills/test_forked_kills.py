"""The short form of `random_kills.py`: the same command, killed in forks of a process that has imported all of it."""

import multiprocessing
import os
import subprocess
import sys
import time

import pytest
import random_kills
import small_world

import bench.training.trainer  # noqa: F401  # once, for all forks
import reports  # noqa: F401
from bench.cli.app import main


class Fork:
    """A process with as much of Popen as is needed."""

    def __init__(self, folder):
        self.fork = multiprocessing.get_context("fork").Process(target=run, args=(folder,))
        self.fork.start()
        self.pid, self.returncode = self.fork.pid, None

    def wait(self, timeout=None):
        self.fork.join(timeout)
        self.returncode = self.fork.exitcode
        if self.returncode is None:
            raise subprocess.TimeoutExpired("bench", timeout)
        return self.returncode


def run(folder):
    """Be `bench run` in a process group of its own."""
    os.setsid()
    os.chdir(folder)
    os.environ["SEGBENCH_CACHE"] = str(folder / "cache")
    sys.argv = ["bench", "run", "kills.yaml", "--out", "run", "--plugins", "plugins"]
    with (folder / "output").open("a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        sys.stdout = sys.stderr = output
        main()


class Start(random_kills.Start):
    """A start without the seconds of imports."""

    def __init__(self, folder):
        self.folder, self.before, self.begin = folder, random_kills._files(folder), time.monotonic()
        self.process = Fork(folder)


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_a_killed_run_ends_as_the_unbroken_one_did(tmp_path, monkeypatch):
    """Two epochs each of three trainings and six cells, with a loader process; killed at a random moment, then let be."""
    monkeypatch.setattr(random_kills, "Start", Start)
    monkeypatch.setattr(
        small_world, "SUITE", small_world.SUITE.replace("epochs: 4", "epochs: 2").replace(": 3}", ": 2}")
    )
    tally = random_kills.try_out(1, 5, tmp_path)
    assert tally.different == []
    assert tally.kills.total() >= 1
