"""Tiny suites and a way to run them."""

import sys
from importlib import import_module
from textwrap import dedent

import pytest

from bench.host.screen import Screen
from bench.runner.loop import Options, run
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


PLUGIN_PACKAGES = ("registry.models", "bench.perturb", "bench.metrics", "bench.data")


@pytest.fixture
def plugin_files(tmp_path, monkeypatch):
    """Write files below `plugins`, by their paths; no registry knows them once the test has ended."""
    from bench.suite.plugins import REGISTRIES
    from registry.core import ENVIRONMENT

    monkeypatch.setenv(ENVIRONMENT, "{}")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # else an edit within a second is not seen
    before = {package: list(import_module(package).__path__) for package in PLUGIN_PACKAGES}

    def write(files):
        for path, text in files.items():
            file = tmp_path / "plugins" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text))
        return tmp_path / "plugins"

    yield write
    for package, folders in before.items():
        import_module(package).__path__[:] = folders
    for registry in REGISTRIES.values():
        registry._load.cache_clear()
        registry._hashes.clear()
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]
