"""The model in the README that is a user's own: taken from its text, put into a folder, trained and scored."""

import csv
import re
from pathlib import Path

import pytest

from bench.host.screen import Screen
from bench.runner.loop import Options, run
from bench.suite import load_suite
from bench.suite.plugins import load_plugins
from reports import render

README = Path(__file__).parents[3] / "README.md"
FIRST_LINE = "# plugins/models/two_convolutions.py"


@pytest.fixture
def block():
    """The code block that begins with FIRST_LINE."""
    blocks = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return next(text for text in blocks if text.startswith(FIRST_LINE))


def test_the_readmes_own_model_has_fifteen_lines(block):
    """A model of one's own is no work."""
    assert len(block.splitlines()) <= 15


def test_the_readmes_own_model_trains_and_is_scored(block, plugin_files, write, tmp_path):
    """As written there, in a suite like any other: every cell, with a Dice that a network can have."""
    assert [one.name for one in load_plugins(plugin_files({"models/two_convolutions.py": block}))] == [
        "two_convolutions"
    ]
    suite = load_suite(write(("{name: unet, width: 2, size: 32,", "{name: two_convolutions,")))
    outcome = run(suite, Options(tmp_path / "run"), Screen())
    assert (outcome.done, outcome.total, outcome.failed) == (8, 8, ())
    with (tmp_path / "run" / "summary.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == "net" and row["metric"] == "dice"]
    assert rows
    assert all(0 <= float(row["value"]) <= 1 for row in rows if row["class"] == "mean")
    assert "two_convolutions" in render(tmp_path / "run").read_text(encoding="utf-8")
