"""The start of the command line, and the drawing of a report."""

import subprocess
import sys
from pathlib import Path

import pytest

import bench
from bench.testing import record
from reports import render

pytestmark = pytest.mark.speed
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("words", [["--help"], ["list", "models"], ["plan", "quickstart"]], ids=" ".join)
def test_start(benchmark, words):
    """A command that computes nothing, from its start to its end."""

    def call():
        subprocess.run([sys.executable, "-m", "bench", *words], check=True, capture_output=True, cwd=ROOT)

    benchmark.pedantic(call, rounds=5, warmup_rounds=1)
    record(benchmark, images=None, device="cpu")


def test_report(benchmark, tmp_path):
    """Tables, figures and page of two models under two perturbations."""
    suite = {
        "name": "small",
        "datasets": [{"name": "shapes", "trainval": 2, "test": 8}],
        "models": [{"name": "background"}, {"name": "chance"}],
        "perturbations": [{"name": "fog"}, {"name": "additive_noise"}],
    }
    bench.run(suite, out=tmp_path / "run", progress=False)
    benchmark.pedantic(render, [tmp_path / "run"], rounds=2)
    record(benchmark, images=None, device="cpu")
