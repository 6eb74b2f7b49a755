"""The command that a report shows runs as it is printed, and gives the same numbers."""

import json
import re
import shlex
import sys
from html import unescape

import cv2
import numpy as np
import pytest

import bench
from bench.cli.app import main

SUITE = """\
name: mine
datasets: [{name: folder, images: images, masks: masks, classes: [background, cat]}]
models: [{name: background}, {name: flat, label: "it's flat"}]
perturbations: [{name: additive_noise, strengths: [50]}]
"""
FLAT = """\
from registry import ModelEntry
from registry.segmenter import Prediction, Segmenter

class Ones(Segmenter):
    def predict_images(self, images, prompts, sizes):
        import torch
        return [Prediction(torch.ones(tuple(size), dtype=torch.uint8)) for size in sizes]

ENTRY = ModelEntry("all cat", lambda parameters, classes, initialise: Ones())
"""


@pytest.fixture
def typed(tmp_path, monkeypatch, undrawn, plugin_files):
    """Type a line in a folder that holds a suite, data below another folder, and a plug-in."""
    data, random = tmp_path / "all data" / "my pets", np.random.default_rng(0)
    for kind, high in (("images", 256), ("masks", 2)):
        (data / kind).mkdir(parents=True)
        for i in range(4):
            cv2.imwrite(str(data / kind / f"{i}.png"), random.integers(0, high, (16, 16), np.uint8))
    (tmp_path / "my suites").mkdir()
    (tmp_path / "my suites" / "a suite.yaml").write_text(SUITE)
    plugin_files({"models/flat.py": FLAT})

    def type_in(line):
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit) as stop:
            main()
        assert not stop.value.code

    return type_in


def shown(folder):
    """The command in the page."""
    page = (folder / "report.html").read_text(encoding="utf-8")
    return unescape(re.search(r"<dt>Command</dt><dd><code>(.*?)</code>", page)[1])


LINE = "bench run 'my suites/a suite.yaml' --data-root 'all data/my pets' --plugins plugins --limit 3 --device cpu --batch-size 2"


def test_the_command_of_a_report_runs_as_printed(typed, tmp_path):
    """With its paths, its quotes and its options; into another folder it gives the same table, cell by cell."""
    typed(f"{LINE} --only 'it'\"'\"'s*'")
    command = shown(tmp_path / "runs" / "mine")
    assert shlex.split(command) == shlex.split(f"{LINE} --only 'it'\"'\"'s*'")
    assert json.loads((tmp_path / "runs" / "mine" / "run.json").read_text())["command"] == command
    typed(f"{command} --out again")
    first, second = (tmp_path / folder / "summary.csv" for folder in ("runs/mine", "again"))
    assert first.read_bytes() == second.read_bytes()
    assert len(first.read_text().splitlines()) > 10


def test_the_call_from_python_runs_as_printed(typed, tmp_path):
    """What differs from the defaults is named; a suite that was a dict stands there whole."""
    options = {"data_root": tmp_path / "all data" / "my pets", "only": "background", "limit": 3, "plugins": "plugins"}
    first = bench.run("my suites/a suite.yaml", **options, progress=False)
    call = shown(first.folder)
    assert call == (
        f"bench.run('my suites/a suite.yaml', data_root={str(options['data_root'])!r}, only='background', limit=3, "
        "plugins='plugins')"
    )
    again = eval(call.replace(")", ", out='again', progress=False)"), {"bench": bench})
    assert again.frame().equals(first.frame())
    suite = {"name": "two", "datasets": [{"name": "shapes", "test": 3}], "models": [{"name": "background"}]}
    assert shown(bench.run(suite, progress=False).folder) == f"bench.run({suite!r})"
