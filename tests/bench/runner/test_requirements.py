"""What a suite needs from elsewhere: listed, fetched, or named with what to do. No network."""

import json

import numpy as np
import pytest
import typer
from PIL import Image

from bench.cli.fetch import command
from bench.runner.requirements import fetch, needed
from bench.suite import load_suite

DATA = """\
    from bench.data import DatasetEntry, MissingData
    from bench.data.sets.shapes import Shapes, ShapesParameters

    def open_mine(parameters, root, max_pixels):
        if not (root / "mine.txt").exists():
            raise MissingData(f"mine: no data in {root}")
        return Shapes(parameters)

    ENTRY = DatasetEntry(
        version=1, title="Mine", licence="mine", source="my own server", parameters=ShapesParameters,
        open=open_mine, download=lambda root: (root / "mine.txt").write_text("here"), megabytes=1500,
    )
"""
MODEL = """\
    from pathlib import Path
    from registry import ModelEntry
    from registry.errors import BenchError
    from registry.segmenter import Needed

    def needs(p):
        path = Path("hub.bin")
        by_hand = f"put it at {path.absolute()}"
        return [Needed("the hub's file", "a hub", 12.4, str(path.absolute()), path.exists(), path.touch, by_hand)]

    def check(p):
        if not Path("tool").exists():
            raise BenchError("a tool is missing; install it")

    ENTRY = ModelEntry("needs things", lambda p, classes, _: None, needs=needs, check=check)
"""


def fetch_suite(name, root, *, dry_run, as_json):
    """The exit code of `bench fetch`."""
    with pytest.raises(typer.Exit) as caught:
        command(name, root, dry_run, as_json)
    return caught.value.exit_code


@pytest.fixture
def suite(plugin_files, tmp_path):
    """Write a suite with `datasets` and `models`, which may name the plug-ins above."""
    from bench.suite.plugins import load_plugins

    load_plugins(plugin_files({"datasets/mine.py": DATA, "models/needy.py": MODEL}))

    def write(datasets="{name: shapes}", models="{name: background}"):
        file = tmp_path / "s.yaml"
        file.write_text(f"name: s\ndatasets: [{datasets}]\nmodels: [{models}]\n")
        return file

    return write


@pytest.fixture
def call(capsys, tmp_path):
    """Call the command on a suite; returns (exit code, rows of its JSON)."""

    def ask(file, root=tmp_path, dry_run=False):
        code = fetch_suite(str(file), root, dry_run=dry_run, as_json=True)
        return code, json.loads(capsys.readouterr().out)

    return ask


def test_a_suite_of_drawn_images_needs_nothing(suite, capsys):
    """And the command says so."""
    assert fetch_suite(str(suite()), None, dry_run=False, as_json=False) == 0
    assert capsys.readouterr().out == "nothing is needed from elsewhere\n"


def test_data_are_fetched_once_and_then_there(suite, call, tmp_path):
    """Missing, fetched, there: with where from, how big and where to; two splits of it are one thing."""
    file = suite("{name: mine}, {name: mine, split: trainval}")
    row = {
        "what": "the data set Mine",
        "source": "my own server",
        "megabytes": 1500,
        "place": str(tmp_path),
        "reason": None,
    }
    code, [dry] = call(file, dry_run=True)
    assert (code, dry["state"], (tmp_path / "mine.txt").exists()) == (1, "missing", False)
    assert call(file) == (0, [{**row, "state": "fetched"}])
    assert call(file) == (0, [{**row, "state": "there"}])


def test_pets_that_cannot_be_fetched_say_how_to_get_them_by_hand(suite, call, tmp_path):
    """811 MB, from its home, into the data root, where half of it is in the way."""
    (tmp_path / "oxford-iiit-pet" / "images").mkdir(parents=True)
    code, [row] = call(suite("{name: oxford_pet}"))
    assert (code, row["state"], row["megabytes"], row["place"]) == (1, "failed", 811.1, str(tmp_path))
    assert row["reason"].startswith(f"oxford_pet: {tmp_path}/oxford-iiit-pet exists but is incomplete; move it away")
    assert f"unpack both into {tmp_path}/oxford-iiit-pet" in row["reason"]


def test_a_users_own_folder_is_there_or_named(suite, call, tmp_path):
    """Nobody can fetch it."""
    file = suite("{name: folder, label: own, images: i, masks: m, classes: [background, pet]}")
    code, [row] = call(file)
    assert (code, row["what"], row["state"], row["megabytes"]) == (1, "the data set own", "failed", None)
    assert row["reason"].startswith(f"folder: there is no folder {tmp_path}/i; fix the key `images`")
    for folder in ("i", "m"):
        (tmp_path / folder).mkdir()
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / folder / "a.png")
    assert call(file)[0] == 0


def test_weights_are_fetched_and_what_else_a_model_lacks_is_said(suite, call, tmp_path):
    """First the file; once it is there, what the model's own check says."""
    file = suite(models="{name: needy}, {name: needy, label: again}")
    code, rows = call(file)
    assert (code, [(row["what"], row["state"]) for row in rows]) == (0, [("the hub's file", "fetched")])
    code, rows = call(file)
    assert code == 1
    assert [(row["what"], row["state"], row["reason"]) for row in rows if row["state"] != "there"] == [
        (f"what {label} asks for", "failed", "a tool is missing; install it") for label in ("needy", "again")
    ]
    (tmp_path / "tool").touch()
    assert call(file)[0] == 0


def test_a_checkpoint_is_there_or_named(suite, call, tmp_path):
    """It is the user's own."""
    file = suite(models="{name: unet, checkpoint: w.safetensors}")
    code, [row] = call(file)
    assert (code, row["state"]) == (1, "failed")
    assert row["reason"] == (
        f"no checkpoint {tmp_path}/w.safetensors; put your file at {tmp_path}/w.safetensors, "
        "or correct checkpoint: in the suite"
    )
    (tmp_path / "w.safetensors").touch()
    assert call(file)[0] == 0


def test_the_table_has_every_column_and_the_reasons_below(suite, capsys, tmp_path, monkeypatch):
    """What, how it stands, size, where from, where to; each reason is a line of its own on standard error."""
    monkeypatch.setenv("COLUMNS", "400")  # so that no long path of a test folder is broken into lines
    file = suite("{name: mine}", "{name: unet, checkpoint: w.safetensors}")
    assert fetch_suite(str(file), tmp_path, dry_run=True, as_json=False) == 1
    out, err = capsys.readouterr()
    header, first, second = out.splitlines()
    assert header.split() == ["what", "state", "size", "from", "place"]
    assert "about 1.5 GB  my own server" in first
    assert second.startswith("the checkpoint w.safetensors  missing")
    assert [line.split(";")[0] for line in err.splitlines()] == [
        "bench: missing: the data set Mine",
        "bench: missing: the checkpoint w.safetensors",
    ]


def test_fetching_says_what_comes_before_it_comes(suite, tmp_path):
    """A download takes minutes: whoever waits hears for what."""
    heard = []
    files = needed(load_suite(suite("{name: mine}")), tmp_path)
    found = fetch(files, announce=lambda one: heard.append((one.what, (tmp_path / "mine.txt").exists())))
    assert [one.state for one in found] == ["fetched"]
    assert heard == [("the data set Mine", False)]


def test_a_misspelt_backbone_gets_its_suggestion(suite, call):
    """What the name should have been, before what its weights would have been."""
    models = '{name: clip_features, backbone: "timm:resnte18"}'
    code, rows = call(suite(models=models), dry_run=True)
    assert code == 1
    assert "did you mean 'resnet18'?" in json.dumps(rows)


def test_a_wrong_root_is_one_thing_that_is_missing(suite, call, tmp_path):
    """The rest is listed and fetched all the same, and nothing is downloaded into the wrong place."""
    code, rows = call(suite(f"{{name: mine, root: {tmp_path}/typo}}, {{name: mine, label: right}}", "{name: needy}"))
    assert (code, [row["state"] for row in rows]) == (1, ["failed", "fetched", "fetched"])
    assert rows[0]["reason"].startswith(
        f"no folder {tmp_path}/typo; correct root: in the suite (paths start in this folder)"
    )
    assert not (tmp_path / "typo").exists()
