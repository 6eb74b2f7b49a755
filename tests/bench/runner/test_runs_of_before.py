"""A run folder and checkpoints made before the rooms (commit 7845c6f) are found again, to the last digit."""

import csv
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.host.screen import Screen
from bench.plan.datasets import open_datasets
from bench.record.run_folder import RunFolder
from bench.record.run_record import RunRecord
from bench.runner.loop import Options, run
from bench.suite import load_suite
from reports.record.run import open_run

LIBRARIES = ("numpy", "opencv-python-headless", "pillow")
BEFORE = Path(__file__).parents[2] / "runs" / "before_rooms"


@pytest.fixture
def before(tmp_path):
    """A copy of that folder with its checkpoints in the cache, its suite, and its record as plain data."""
    suite, record = load_suite(BEFORE / "suite.yaml"), json.loads((BEFORE / "run.json").read_text(encoding="utf-8"))
    data = next(iter(open_datasets(suite).values()))
    if {name: record["versions"].get(name) for name in LIBRARIES} != {name: version(name) for name in LIBRARIES}:
        pytest.skip("other versions of the libraries that draw the images, so the cells are of other data")
    assert data.subset.manifest == record["datasets"][0]["manifest"]
    shutil.copytree(BEFORE, tmp_path / "run")
    shutil.copytree(BEFORE / "checkpoints", tmp_path / "cache" / "checkpoints")
    return tmp_path / "run", suite, record


def test_nothing_is_trained_or_evaluated_again(before):
    """Four models, one in two stages: all twelve cells are there, and score as they did."""
    folder, suite, _ = before
    (folder / "summary.csv").unlink()
    outcome = run(suite, Options(folder), Screen())
    assert (outcome.total, outcome.done, outcome.evaluated, outcome.failed) == (12, 12, 0, ())
    texts = ((one / "summary.csv").read_text(encoding="utf-8") for one in (BEFORE, folder))
    before, now = (list(csv.reader(text.splitlines())) for text in texts)
    assert [line[: len(before[0])] for line in now] == before  # each score has an interval behind it now
    assert (folder / "strengths.csv").read_bytes() == (BEFORE / "strengths.csv").read_bytes()


def test_examples_of_before_are_shown(before):
    """Their cells name a file for each panel; the index and the report take them as they are."""
    folder, suite, _ = before
    run(suite, Options(folder), Screen())
    index = json.loads((folder / "examples" / "index.json").read_text(encoding="utf-8"))
    titles = ["image", "ground truth", "prediction", "error map"]
    assert index.pop("format") == 3
    assert index.pop("checksum")
    assert index["examples"]
    for example in index["examples"]:
        assert [image["panels"] for image in example["images"][:4]] == [[title] for title in titles]
    assert open_run(folder).index.model_dump(mode="json", exclude={"format"}) == index


def test_evaluating_again_gives_the_same_counts(before):
    """Pixels, predictions and counts are what they were: the files differ in what was measured while making them."""
    from pyarrow import parquet

    folder, suite, _ = before
    assert run(suite, Options(folder, fresh=True), Screen()).evaluated == 12
    for old in (BEFORE / "cells").glob("*.parquet"):
        assert parquet.read_table(folder / "cells" / old.name).equals(parquet.read_table(old))


def keys(value, path=""):
    """The path of every key of plain data; those of free-form mappings are not the format's."""
    if isinstance(value, list):
        return {key for one in value for key in keys(one, path)}
    if not isinstance(value, dict) or path in FREE:
        return set()
    return {f"{path}.{name}" for name in value} | {
        k for name, one in value.items() for k in keys(one, f"{path}.{name}")
    }


FREE = {
    *(".suite", ".versions", ".measured", ".tables", ".reconstructions", ".datasets.parameters", ".models.parameters"),
    *(".models.training.recipe", ".models.autoencoder.training.recipe"),
    *(".perturbations.parameters", ".perturbations.resources"),
}


def test_the_record_has_the_keys_that_it_had(before):
    """A misspelt key would be a number that no reader finds: every key of before is there, and the new ones by name."""
    folder, suite, record = before
    run(suite, Options(folder, fresh=True), Screen())
    now = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    added = {
        *(f".models.autoencoder.training.curves.val_{name}" for name in ("iou", "dice")),  # empty: it has no labels
        ".datasets.remarks",
        ".metrics",
        *(f".metrics.{name}" for name in ("name", "title", "higher_is_better", "bounds", "per_class", "source")),
    }
    added |= {
        ".perturbations.equal",
        ".models.cell_keys",
        ".models.baseline",
        ".datasets.background",
        ".datasets.samples",
        ".checksum",
        ".tables",
        *(f".statistics{name}" for name in ("", ".version", ".resamples", ".interval", ".failure_below", ".reference")),
        *(".models.seed", ".models.group"),
    }
    assert keys(now) - keys(record) == added
    assert keys(record) - keys(now) == {".machine.driver"}  # which was always null
    inner = {name: {key for one in now[name].values() for key in keys(one)} for name in ("measured", "reconstructions")}
    assert inner == {name: {key for one in record[name].values() for key in keys(one)} for name in inner}


def test_what_is_read_back_is_what_was_written(before):
    """Writer and reader share their types: nothing of a record is lost on the way."""
    folder, suite, _ = before
    run(suite, Options(folder, fresh=True), Screen())
    text = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record = RunFolder(folder).record()
    assert isinstance(record, RunRecord)
    assert {**record.model_dump(mode="json"), "checksum": text["checksum"]} == text
