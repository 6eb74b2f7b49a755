"""Malformed inputs of every kind: each is refused in one line with exit code 2, or left out and named."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from malformed_case import call, chosen, wrong_with
from malformed_images import images, left_out, masks
from malformed_lists import lists
from malformed_runs import runs
from malformed_suites import suites
from malformed_weights import weights
from malformed_words import words

ROOT = Path(__file__).parents[2]
SEED = 7


def every_case():
    """Return more than 800 malformed inputs."""
    return [*suites(SEED), *images(SEED), *left_out(SEED), *masks(), *lists(), *weights(SEED), *runs(SEED), *words()]


def answers(cases, tmp_path, monkeypatch, answer):
    """Give each input to the program in a folder of its own; return what is wrong, and how many there are by kind."""
    wrong = []
    for i, case in enumerate(cases):
        at = tmp_path / str(i)
        at.mkdir()
        monkeypatch.chdir(at)
        case.make(at)
        found = wrong_with(case, *answer(case.words))
        wrong += [f"{case.kind}: {case.what}: {fault}" for fault in found]
        if (at / "ran").exists():
            wrong.append(f"{case.kind}: {case.what}: its code was run")
    counts = Counter(case.kind for case in cases)
    print(
        f"{len(cases)} malformed inputs: {', '.join(f'{n} {kind}' for kind, n in counts.items())}; {len(wrong)} faults"
    )
    return wrong


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")


def test_a_few_of_each_kind(tmp_path, monkeypatch, undrawn):
    """Six of each kind, drawn by a seed."""
    assert answers(chosen(every_case(), 54, SEED), tmp_path, monkeypatch, call) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # libraries' own, on damaged files
def test_all_of_them(tmp_path, monkeypatch, undrawn):
    """More than 500."""
    cases = every_case()
    assert len(cases) >= 500
    assert answers(cases, tmp_path, monkeypatch, call) == []


def in_a_process(words):
    """Call the command line as a user does, for at most a minute."""
    command = [sys.executable, "-m", "bench", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_some_of_them_in_processes_of_their_own(tmp_path, monkeypatch):
    """What a shell gets is the same."""
    cases = [case for case in every_case() if case.answer != "either"]
    assert answers(chosen(cases, 24, SEED + 1), tmp_path, monkeypatch, in_a_process) == []
