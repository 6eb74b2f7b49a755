"""The command line, called in this process."""

import sys

import pytest

from bench.cli.app import main


@pytest.fixture
def bench(monkeypatch, capsys):
    """Call the command line, 80 columns wide; returns (exit code, standard output, standard error)."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["bench", *map(str, words)])
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return stop.value.code or 0, captured.out, captured.err

    return call
