"""What goes wrong in real folders: the run says one line, or leaves the image out and goes on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.host.files import StorageError
from bench.host.screen import Screen
from bench.runner.loop import Options, run
from bench.suite import load_suite
from registry.errors import BenchError

ROOT = Path(__file__).parents[3]

FOLDER = """\
name: own
datasets: [{name: folder, root: own, images: images, masks: masks, classes: [background, thing], max_unreadable: 0.5}]
models: [{name: background}]
perturbations: [{name: additive_noise, strengths: [18]}, {name: occlusion, strengths: [45]}, {name: binomial_blur, strengths: [9]}]
precision: fp32
"""


@pytest.fixture
def own(tmp_path):
    """Build a folder of images [(name, height, width)] with masks, and a suite on it."""

    def build(*images):
        for kind in ("images", "masks"):
            (tmp_path / "own" / kind).mkdir(parents=True)
        for name, height, width in images:
            rng = np.random.default_rng(height)
            Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(
                tmp_path / "own" / "images" / f"{name}.png"
            )
            Image.fromarray((rng.random((height, width)) < 0.3).astype(np.uint8)).save(
                tmp_path / "own" / "masks" / f"{name}.png"
            )
        (tmp_path / "own.yaml").write_text(FOLDER)
        return load_suite(tmp_path / "own.yaml")

    return build


def test_images_of_any_size_are_evaluated(own, tmp_path):
    """1 x 1 and 20000 x 20 among ordinary ones."""
    suite = own(("a", 1, 1), ("b", 20, 20000), ("c", 20000, 20), ("d", 40, 60))
    outcome = run(suite, Options(tmp_path / "r", only=("background",)), Screen())
    assert (outcome.evaluated, outcome.failed) == (4, ())


def test_a_broken_image_is_left_out_and_named(own, tmp_path):
    """n counts the others, and the protocol says why."""
    import json

    suite = own(("a", 30, 30), ("b", 30, 30), ("c", 30, 30))
    (tmp_path / "own" / "images" / "b.png").write_bytes(b"")
    run(suite, Options(tmp_path / "r", only=("background",)), Screen())
    data = json.loads((tmp_path / "r" / "run.json").read_text())["datasets"][0]
    assert data["n"] == 2
    assert [item["id"] for item in data["left_out"]] == ["b"]


def test_a_mask_of_another_size_stops_before_anything_runs(own, tmp_path):
    """One line that names the file."""
    suite = own(("a", 30, 30), ("b", 30, 30))
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "own" / "masks" / "b.png")
    with pytest.raises(BenchError, match=r"b\.png"):
        run(suite, Options(tmp_path / "r"), Screen())


def test_a_folder_that_cannot_be_made_is_one_line(own, tmp_path, monkeypatch):
    """As for a user without rights, also where the tests run as root."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    suite = own(("a", 30, 30))
    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(StorageError, match="no permission to write"):
        run(suite, Options(tmp_path / "r"), Screen())


SLOW = """\
name: slow
datasets: [{name: shapes, trainval: 12, test: 8}]
models: [{name: background}]
perturbations: [{preset: edinburgh_2025}]
"""


@pytest.mark.slow
def test_a_killed_run_loses_at_most_the_cell_in_progress(tmp_path):
    """kill -9 in the middle: whole files only, and the next run does exactly the rest."""
    (tmp_path / "slow.yaml").write_text(SLOW)
    command = [sys.executable, "-m", "bench", "run", str(tmp_path / "slow.yaml"), "--out", str(tmp_path / "r")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    cells = tmp_path / "r" / "cells"
    for _ in range(1200):
        if cells.is_dir() and len(list(cells.glob("*.parquet"))) >= 5:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = len(list(cells.glob("[!.]*.parquet")))
    assert 5 <= kept < 73
    outcome = run(load_suite(tmp_path / "slow.yaml"), Options(tmp_path / "r"), Screen())
    assert (outcome.done, outcome.evaluated) == (73, 73 - kept)
