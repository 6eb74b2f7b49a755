"""The page on comparing runs: its commands and its workflow are ones that exist."""

import re
import shlex
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bench.cli.commands import app

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "comparing.md").read_text(encoding="utf-8")
WORKFLOW = yaml.safe_load(re.search(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)[1])
STEPS = [step["run"] for step in WORKFLOW["jobs"]["gate"]["steps"] if step.get("run", "").startswith("bench")]
LINES = [line for line in PAGE.splitlines() if line.startswith("bench ")] + STEPS


@pytest.mark.parametrize("line", LINES)
def test_every_command_has_the_words_that_the_page_gives_it(line):
    """No run is there, so each ends with the line on that: a word that does not exist would be named instead."""
    done = CliRunner().invoke(app, shlex.split(line.replace("*", ""))[1:])
    assert done.exit_code == 2
    expected = ("holds no run.json", "no suite", "give two or more")
    assert any(words in done.output for words in expected), done.output


def test_the_workflow_runs_compares_and_gates():
    """In this order, into the folders that the next step reads."""
    assert [step.split()[1] for step in STEPS] == ["run", "diff", "gate"]
    assert WORKFLOW[True] == "pull_request"  # YAML 1.1 reads the key `on` as a truth value
