"""The entries in the docs work as they stand: taken from the text, put into a folder, run as a stranger would run them."""

import csv
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import bench
from bench.perturb.steps import Step, run_steps
from bench.suite.plugins import REGISTRIES
from reports.section import SECTIONS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = README + (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGES, flags=re.MULTILINE | re.DOTALL)
ENTRIES = {
    match[1]: block for block in BLOCKS if (match := re.match(r'"""(?:plugins/)?(\w+/\w+\.py)[:;]', block)) is not None
}
"""The code of each entry, by its place below a folder of plug-ins (or, for a section, of sections)."""

SUITE = """\
name: tiny
datasets: [{name: npz, root: data, classes: [background, cat, dog]}]
models:
  - {name: background}
  - {name: dilated, width: 2, size: 32, train: {epochs: 1, batch_size: 2}}
  - {name: two_convolutions, train: {epochs: 1, batch_size: 2}}
perturbations: [{name: dead_pixels, strengths: [0.1, 0.5]}]
precision: fp32
metrics: [size_error]
"""


def test_every_kind_of_entry_has_a_recipe():
    """One file each, and the model of the README."""
    assert sorted(ENTRIES) == [
        "datasets/npz.py",
        "further_metrics/size_error.py",
        "metrics/miss_rate.py",
        "models/dilated.py",
        "models/two_convolutions.py",
        "perturbations/dead_pixels.py",
        "sections/worst.py",
    ]


def entry(name):
    names = {"__name__": Path(name).stem}
    exec(compile(ENTRIES[name], name, "exec"), names)
    return names["ENTRY"]


def test_dead_pixels_are_black_in_the_share_that_was_asked_for():
    """0 changes nothing, 1 all; a quarter of 40,000 pixels lies within six standard deviations of the binomial law."""
    perturbation = entry("perturbations/dead_pixels.py")
    images = torch.full((1, 3, 200, 200), 200, dtype=torch.uint8)

    def perturbed(strength):
        step = Step("dead_pixels", perturbation, strength, perturbation.parameters())
        return run_steps(images, [step], lambda _: [bytes(16)]).images

    assert torch.equal(perturbed(0.0), images)
    assert int(perturbed(1.0).max()) == 0
    dead = perturbed(0.25)[0] == 0
    assert torch.equal(dead[0], dead[2])
    assert abs(int(dead[0].sum()) - 10_000) < 6 * math.sqrt(40_000 * 0.25 * 0.75)
    assert bool((perturbed(0.5)[0] == 0)[dead].all())


def test_the_miss_rate_is_the_share_that_is_not_found():
    """3 of 4 found: a quarter is missed; without a pixel there is none."""
    score = entry("metrics/miss_rate.py").score
    found = score(np.array([3, 0]), np.array([9, 9]), np.array([1, 0]))
    assert found[0] == 0.25
    assert math.isnan(found[1])


def data(folder):
    """Two splits of small images with an object each, one file per image."""
    generator = np.random.default_rng(0)
    for split, count in (("trainval", 10), ("test", 3)):
        (folder / split).mkdir(parents=True)
        for i in range(count):
            image = generator.integers(0, 256, (40, 48, 3), dtype=np.uint8)
            mask = np.zeros((40, 48), np.uint8)
            mask[10:30, 12:36] = 1 + i % 2
            np.savez(folder / split / f"image{i}.npz", image=image, mask=mask)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run the suite with all of them; return the run's folder."""
    folder = tmp_path_factory.mktemp("entries")
    for name, code in ENTRIES.items():
        file = folder / name if name.startswith("sections/") else folder / "plugins" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
    (folder / "tiny.yaml").write_text(SUITE, encoding="utf-8")
    data(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SEGBENCH_CACHE", str(folder / "cache"))
        try:
            # A section has no place among plug-ins: for the project's own folder stands one of the test.
            SECTIONS.add_folder(folder / "sections")
            result = bench.run("tiny.yaml", plugins="plugins", progress=False)
        finally:
            for registry in (SECTIONS, *REGISTRIES.values()):
                registry.remove_folders()
        assert list(result.failed) == []
    return folder / "runs" / "tiny"


def scores(run):
    with (run / "summary.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_every_model_is_trained_and_scored_under_the_perturbation(run):
    """Three models on the data set, clean and at two strengths, with a Dice that can be."""
    rows = [row for row in scores(run) if row["metric"] == "dice" and row["class"] == "mean"]
    models = {"background", "dilated width=2 size=32", "two_convolutions"}
    assert {row["model"] for row in rows} == models
    assert {(row["perturbation"], float(row["strength"])) for row in rows} == {
        ("clean", 0.0),
        ("dead_pixels", 0.1),
        ("dead_pixels", 0.5),
    }
    assert len(rows) == 9
    assert all(0 <= float(row["value"]) <= 1 for row in rows)


def test_the_miss_rate_is_what_recall_leaves(run):
    """1 - recall, in every row; a check by another metric of the same counts."""
    values = {
        metric: {
            (row["model"], row["perturbation"], row["strength"], row["class"]): float(row["value"])
            for row in scores(run)
            if row["metric"] == metric and row["value"]
        }
        for metric in ("miss_rate", "recall")
    }
    assert len(values["recall"]) == 36
    assert values["miss_rate"] == pytest.approx({place: 1 - value for place, value in values["recall"].items()})


def test_the_size_error_is_that_of_the_counts(run):
    """|precision's pixels - recall's pixels| over the ground truth's: recall / precision is P / G."""
    place = ("model", "perturbation", "strength", "class")
    values = {
        metric: {
            tuple(row[key] for key in place): float(row["value"])
            for row in scores(run)
            if row["metric"] == metric and row["value"]
        }
        for metric in ("size_error", "precision", "recall")
    }
    found = {key: one for key, one in values["size_error"].items() if key[3] != "mean" and values["precision"].get(key)}
    assert len(found) >= 9
    for key, error in found.items():
        assert error == pytest.approx(abs(values["recall"][key] / values["precision"][key] - 1))


def test_the_report_has_the_section_and_the_metric(run):
    """The heading of the section, each model's lowest condition, and the metric's title."""
    text = (run / "report.html").read_text(encoding="utf-8")
    assert "Worst condition" in text
    assert "Lowest Dice" in text
    assert "dead_pixels 0.5" in text
    assert "Miss rate" in text


def test_the_readme_names_the_files_that_are_there(run):
    """Every name in its table of what a run leaves."""
    table = README[README.index("| file |") :].partition("\n\n")[0]
    rows = [row for row in table.splitlines()[2:] if "throughput" not in row]  # which this run does not have
    names = [name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[0])]
    assert len(names) == 13
    assert [name for name in names if not (run / name).exists()] == []


@pytest.mark.slow
def test_they_are_typed_as_the_project_is(tmp_path):
    """`mypy` in strict mode has nothing to say about an entry of the page that is put into the project's folder."""
    files = []
    for name, code in ENTRIES.items():
        if name != "models/two_convolutions.py":  # a user's own file, without types
            files.append(tmp_path / f"{Path(name).stem}_entry.py")
            files[-1].write_text(code, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(tmp_path),
    ]
    done = subprocess.run([*command, *map(str, files)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
