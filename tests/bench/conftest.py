"""Tiny suites and a way to run them."""

import sys
from textwrap import dedent

import numpy as np
import pytest

from bench.data.sets.shapes import Shapes
from bench.host.screen import Screen
from bench.record.timing_record import Samples, TimingRecord
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


class FakeMeasure:
    """Stands for the measuring of speed: calls of 1, 2, 3 ms and so on, half of it in the network.

    asked: the scenario, batch size and variants of each group. fails: scenario -> the error that ends its group.
    """

    def __init__(self):
        self.asked, self.fails = [], {}

    def __call__(self, ready, groups, rules, sweep, machine, say):
        for group in groups:
            self.asked.append((ready.job.name[1], *group[::2], tuple(one.variant for one in group.timings)))
            if group.scenario in self.fails:
                raise self.fails[group.scenario]
            for timing in group.timings:
                yield timing, self.samples(timing), self.record(ready, timing)

    def samples(self, timing):
        paths = {"stages": {"decode": 4, "network": 2, "end_to_end": 1}, "server": {"predict": 1}}
        divisors = paths.get(timing.scenario, {"predict": 1, "network": 2})
        found = [(path, i, 1_000_000 * (i + 1) // part) for i in range(100) for path, part in divisors.items()]
        path, call, ns = zip(*found, strict=True)
        rate = np.where(np.array(call) < 50, 8.0, 16.0) if timing.scenario == "server" else None
        return Samples(np.array(path), np.zeros(len(call), np.int32), np.array(call, np.int32), np.array(ns), rate)

    def record(self, ready, timing):
        dataset, model = ready.job.name
        size = 1 if timing.batch_size == "auto" else timing.batch_size
        facts = {"batch_size": size, "macs": 3_000_000, "peak_gflop_per_second": 90.0, "precision": timing.variant}
        rate = 16.0 if timing.scenario == "server" else None
        return TimingRecord(
            dataset=dataset,
            model=model,
            scenario=timing.scenario,
            variant=timing.variant,
            rate_per_second=rate,
            **facts,
        )


@pytest.fixture
def measure(monkeypatch):
    """Measure no speed, but let a run have some."""
    import bench.runner.timing as timing

    fake = FakeMeasure()
    monkeypatch.setattr(timing, "measure", fake)
    monkeypatch.setattr(timing, "measured_peaks", lambda device: None)
    return fake


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
