"""Tiny suites and a way to run them."""

import sys
from textwrap import dedent

import pytest

from bench.data.sets.shapes import Shapes
from bench.host.screen import Screen
from bench.runner.loop import Options, run
from bench.suite import load_suite
from bench.suite.plugins import unload_plugins

TINY = """\
name: tiny
datasets: [{name: shapes, trainval: 12, test: 4}]
models:
  - {name: background}
  - {name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}
perturbations: [{name: additive_noise, strengths: [50]}, {name: occlusion, strengths: [20, 40]}]
precision: fp32
"""


DRAWN = {}
"""Generated images by seed and id, shared by the tests of a process: drawing them takes longer than a small network."""


@pytest.fixture(autouse=True)
def drawn_once(request, monkeypatch):
    """Draw each generated image once, but for the tests of the drawing itself."""
    if request.path.parent.name == "data":
        return
    draw = Shapes.read

    def read(self, reference):
        key = self.parameters.seed, reference.id
        if key not in DRAWN:
            DRAWN[key] = draw(self, reference)
        return tuple(array.copy() for array in DRAWN[key])

    monkeypatch.setattr(Shapes, "read", read)


@pytest.fixture
def write(tmp_path):
    """Write a suite file; `changes` are pairs of text to replace in TINY."""

    def build(*changes):
        text = TINY
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "tiny.yaml"
        file.write_text(text)
        return file

    return build


@pytest.fixture
def go(write, tmp_path):
    """Run a changed TINY into `run`, with options."""

    def start(*changes, **options):
        return run(load_suite(write(*changes)), Options(tmp_path / "run", **options), Screen())

    return start


@pytest.fixture
def plugin_files(tmp_path, monkeypatch):
    """Write files below `plugins`, by their paths; no registry knows them once the test has ended."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # else an edit within a second is not seen

    def write(files):
        for path, text in files.items():
            file = tmp_path / "plugins" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text))
        return tmp_path / "plugins"

    yield write
    unload_plugins()
