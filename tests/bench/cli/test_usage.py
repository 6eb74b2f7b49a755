"""A mistyped command line is one line with a suggestion, for every command; a shell completes names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cli.app import main
from bench.cli.front_page import COMMANDS

LINES = {
    "foo": "no command 'foo'; known: check, corrupt, data, diff, fetch, gate, list, merge, perturb, plan, publish, report, …",
    "runn": "no command 'runn'; did you mean 'run'?",
    "--versio": "no option '--versio'; did you mean '--version'?",
    "run --limt 3 x": "run: no option '--limt'; did you mean '--limit'?",
    "run": "run: SUITE is missing; see `bench run --help`",
    "check": "check: SUITE is missing; see `bench check --help`",
    "report": "report: RUN is missing; see `bench report --help`",
    "list model": "list: KIND 'model': give one of models, datasets, perturbations, metrics, suites; did you mean 'models'?",
    "list --plugins p --json modls": "list: KIND 'modls': give one of models, datasets, perturbations, metrics, suites; did you mean 'models'?",
    "report x --x foo": "report: --x 'foo': give one of strength, rmse, psnr, ssim",
    "run x --limit a": "run: --limit 'a': give a whole number, at least 1",
    "run x --limit=0": "run: --limit '0': give a whole number, at least 1",
    "run x --devices 1.5": "run: --devices '1.5': give a whole number, at least 1",
    "perturb a.png --strength x": "perturb: --strength 'x': give a number",
    "run --out": "run: option '--out' requires an argument; see `bench run --help`",
    "plan x --json=3": "plan: option '--json' does not take a value; see `bench plan --help`",
    "list models unet extra": "list: got unexpected extra argument(s) (extra); see `bench list --help`",
}


def call(monkeypatch, capsys, words):
    monkeypatch.setattr(sys, "argv", ["bench", *words])
    with pytest.raises(SystemExit) as stop:
        main()
    out = capsys.readouterr()
    return stop.value.code or 0, out.out, out.err


@pytest.mark.parametrize(("words", "line"), LINES.items(), ids=LINES)
def test_a_mistyped_line_is_one_line_and_code_2(monkeypatch, capsys, words, line):
    """What was given, what is allowed, what to do; no usage text, none of typer's or pydantic's words."""
    assert call(monkeypatch, capsys, words.split()) == (2, "", f"bench: {line}\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_of_any_command_is_one_line(monkeypatch, capsys, command):
    """With a likely one, or all of them."""
    code, out, err = call(monkeypatch, capsys, [command, "--no-such-option"])
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"bench: {command}: no option '--no-such-option'; ")
    assert "did you mean" in err or "--help" in err


def test_no_words_at_all_is_the_help(monkeypatch, capsys):
    """Code 2, since nothing was done."""
    code, out, err = call(monkeypatch, capsys, [])
    assert (code, "Commands:" in err + out) == (2, True)


COMPLETED = {
    "bench ru": ["run"],
    "bench run --lim": ["--limit"],
    "bench run quickst": ["quickstart"],
    "bench plan nothing_like_it": [],
    "bench list mod": ["models"],
    "bench list models unet_": ["unet_strided"],
    "bench list suites quickst": ["quickstart"],
    "bench data oxford": ["oxford_pet"],
    "bench perturb a.png --perturbation rota": ["rotate"],
    "bench corrupt --preset common": ["common15", "common19"],
}


@pytest.mark.slow
@pytest.mark.parametrize(("words", "names"), COMPLETED.items(), ids=COMPLETED)
def test_a_shell_completes_names(words, names):
    """As bash asks for it: commands, options, suites, entries."""
    root = Path(__file__).parents[3]
    asked = {"_BENCH_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    code = "import sys; sys.argv = ['bench']; from bench.cli.app import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, env={**os.environ, **asked}
    )
    assert (done.stdout.split(), done.stderr) == (names, "")


def test_completing_imports_nothing_heavy(monkeypatch):
    """A key press is answered at once."""
    root = Path(__file__).parents[3]
    code = (
        "import sys; from bench.cli import completion as c\n"
        "assert c.suites('quickst') == ['quickstart'] and c.entries('models')('unet_') == ['unet_strided']\n"
        "print([n for n in ('torch', 'timm', 'pandas', 'cv2') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout == "[]\n"


def test_the_names_are_those_of_the_registries():
    """The folders are where the registries read."""
    from bench.cli.completion import entries
    from bench.suite.plugins import REGISTRIES

    for kind, registry in REGISTRIES.items():
        assert entries(kind)("") == registry.names()
