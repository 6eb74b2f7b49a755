"""The start of the command line, and the drawing of a report."""

import subprocess
import sys
from pathlib import Path

import pytest

import bench
from bench.testing import record
from bench.testing.latency import warm_up
from reports import render

ROOT = Path(__file__).parents[2]


pytestmark = pytest.mark.speed


@pytest.mark.parametrize("words", [["--help"], ["list", "models"], ["plan", "quickstart"]], ids=" ".join)
def test_start(benchmark, words):
    """A command that computes nothing, from its start to its end."""

    def call():
        subprocess.run([sys.executable, "-m", "bench", *words], check=True, capture_output=True, cwd=ROOT)

    warm_up(call)
    benchmark(call)
    record(benchmark, images=0, device="cpu")


@pytest.mark.benchmark(min_rounds=2)
def test_report(benchmark, tmp_path):
    """Tables, figures and page of two models under two perturbations."""
    suite = {
        "name": "small",
        "datasets": [{"name": "shapes", "trainval": 2, "test": 8}],
        "models": [{"name": "background"}, {"name": "chance"}],
        "perturbations": [{"name": "fog"}, {"name": "additive_noise"}],
    }
    bench.run(suite, out=tmp_path / "run", progress=False)
    benchmark(render, tmp_path / "run")
    record(benchmark, images=0, device="cpu")
