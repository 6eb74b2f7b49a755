"""What a start of `bench` may load: a help page and a key press are answered at once."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cli.commands import run
from bench.cli.front_page import front_page

ROOT = Path(__file__).parents[3]
THIRD = {"typer", "rich", "pydantic", "yaml", "numpy", "torch"}
TYPERS = {"typer", "pydantic"}  # it looks whether pydantic is there, as soon as a command has parameters
OURS = {"bench", "bench.cli", "bench.cli.app", "bench.host", "bench.host.guard", "bench.cli.front_page"}


def loaded(words, environment="{}"):
    """Return the modules of ours and of others that a fresh process has after a command."""
    code = (
        f"import os, sys; sys.argv = ['bench', *{words!r}]; os.environ.update({environment})\n"
        "from bench.cli.app import main\ntry: main()\nexcept SystemExit: pass\n"
        f"print('\\n', [n for n in sys.modules if n in {THIRD!r} or n.split('.')[0] in ('bench', 'registry', 'reports')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(ast.literal_eval(done.stdout.splitlines()[-1].strip()))


@pytest.mark.parametrize("words", [["--help"], ["-h"], []])
def test_the_help_page_loads_three_small_files(words):
    """The door, the guard and the page; no typer, no pydantic."""
    assert loaded(words) == OURS


@pytest.mark.parametrize("words", [["--version"], ["list", "--help"]])
def test_a_commands_help_loads_typer_and_that_command(words):
    """Neither rich nor another command nor what reads suites."""
    found = loaded(words)
    assert found & THIRD <= TYPERS
    assert "registry.parameters" not in found
    assert {name for name in found if name in ("bench.cli.run", "bench.cli.plan", "bench.suite")} == set()
    assert ("bench.cli.listing" in found) == (words[0] == "list")


@pytest.mark.parametrize(
    "line", ["bench ru", "bench list models unet_", "bench run quickst", "bench corrupt --preset c"]
)
def test_completing_loads_names_alone(line):
    """As bash asks, on a key press: no entry, no schema of suites."""
    asked = {"_BENCH_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    found = loaded([], repr(asked))
    assert found & THIRD <= TYPERS
    assert found.isdisjoint({"registry.parameters", "bench.suite.schema", "bench.perturb.entry"})


@pytest.mark.parametrize("columns", ["40", "72", "80", "120"])
def test_the_page_is_typers(columns, monkeypatch, capsys):
    """Word for word, at every width."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys, "argv", ["bench", "--help"])
    assert run() == 0
    assert capsys.readouterr().out == f"{front_page()}\n"


def test_a_foreign_registry_is_a_line_not_a_traceback(tmp_path):
    """The guard stands before everything that imports from it."""
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "__init__.py").write_text("")
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['bench', 'list', 'models']\nfrom bench.cli.app import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("bench: imported 'registry' from ")
    assert len(done.stderr.splitlines()) == 1
