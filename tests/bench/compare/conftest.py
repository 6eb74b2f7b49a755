"""A small run that is made once, and runs like it whose counts a test chooses."""

import json
import os
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

from bench.api.door import run
from bench.cli.app import main
from bench.host.checksum import seal
from bench.metrics.counts import Counts
from bench.record.late_cells import take_up
from bench.record.run_folder import RunFolder

SUITE = {
    "name": "tiny",
    "datasets": [{"name": "shapes", "label": "shapes", "trainval": 12, "test": 24}],
    "models": [
        {"name": "background", "label": "flat"},
        {"name": "chance", "label": "net"},
    ],
    "perturbations": [{"name": "additive_noise", "strengths": [20, 50]}, {"name": "occlusion", "strengths": [20]}],
    "metrics": ["boundary_iou", "hd95"],
    "precision": "fp32",
}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Return the folder of a finished run of SUITE; no test changes it."""
    place = tmp_path_factory.mktemp("made")
    before = os.environ.get("SEGBENCH_CACHE")
    os.environ["SEGBENCH_CACHE"] = str(place / "cache")
    try:
        run(SUITE, out=place / "run", progress=False)
    finally:
        os.environ.pop("SEGBENCH_CACHE") if before is None else os.environ.update(SEGBENCH_CACHE=before)
    return place / "run"


@pytest.fixture
def copy(made, tmp_path):
    """Copy the run into a folder of this name."""

    def make(name="run"):
        return shutil.copytree(made, tmp_path / name)

    return make


@pytest.fixture
def bench(monkeypatch, capsys):
    """Call the command line, 80 columns wide; returns (exit code, standard output, standard error)."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, words)])
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return call


def key_of(folder, model, condition=0):
    """Return the key of a model's cell; condition: 0 clean, then each strength."""
    record = RunFolder(folder).record()
    return next(one for one in record.models if one.label == model).cell_keys[condition]


def change_record(folder, change):
    """Let a function change the content of run.json, which gets its checksum again."""
    content = json.loads((folder / "run.json").read_text())
    del content["checksum"]
    change(content)
    (folder / "run.json").write_text(json.dumps(seal(content)))


def score(folder, model, condition, right):
    """Give a cell counts of which the test knows the scores; the tables follow.

    right: for each image the share of its pixels that are labelled correctly, of each class alike. Wrong ones go to
    the next class.
    """
    store, key = RunFolder(folder), key_of(folder, model, condition)
    cell = store.read_cell(key)
    classes = cell.counts.classes
    values = np.zeros_like(cell.counts.values)
    for i, share in enumerate(right):
        for c in range(classes):
            pixels = int(cell.counts.values[i, c].sum())
            good = round(pixels * share)
            values[i, c, c] = good
            values[i, c, (c + 1) % classes] += pixels - good
        values[i, classes] = cell.counts.values[i, classes]
    counts = Counts(classes, cell.counts.foreground, values)
    store.write_cell(key, replace(cell, counts=counts))


def tabulate(folder):
    """Make the tables of changed cells anew."""
    for name in ("summary.csv", "distribution.csv"):
        (folder / name).write_text("")
    take_up(folder)
