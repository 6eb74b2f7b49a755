"""`bench report` with other rules of statistics."""

import csv
import sys

import pytest

from bench.cli.app import main

pytestmark = pytest.mark.usefixtures("undrawn")
ALONE = ("  - {name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}\n", "")


def call(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["bench", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    out = capsys.readouterr()
    return stop.value.code or 0, out.out, out.err


def test_more_resamples(go, tmp_path, monkeypatch, capsys):
    """All intervals are computed anew, and no cell is evaluated."""
    go(ALONE)
    capsys.readouterr()
    code, _, err = call(monkeypatch, capsys, "report", tmp_path / "run", "--resamples", 300, "--interval", "bca")
    assert (code, err) == (0, "")
    with (tmp_path / "run" / "summary.csv").open(newline="") as lines:
        assert max(int(row["resamples"]) for row in csv.DictReader(lines)) == 300


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--resamples", "99"), "100"), (("--resamples", "100001"), "100000"), (("--interval", "bcaa"), "percentile")],
)
def test_rules_that_are_not_allowed(go, tmp_path, monkeypatch, capsys, words, told):
    """Exit code 2, one line with what is allowed; the folder stays as it is."""
    code, out, err = call(monkeypatch, capsys, "report", tmp_path / "run", *words)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert words[1] in err
    assert told in err
