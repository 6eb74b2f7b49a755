"""Tiny suites and a way to run them."""

import pytest

from bench.runner import Options, run
from bench.screen import Screen
from bench.suite import load_suite

TINY = """\
name: tiny
datasets: [{name: shapes, trainval: 12, test: 4}]
models:
  - {name: background}
  - {name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}
perturbations: [{name: additive_noise, strengths: [50]}, {name: occlusion, strengths: [20, 40]}]
precision: fp32
"""


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
