"""Trackers together: what they are told, and that a failing one costs nothing."""

import csv
import sys

import pytest

from bench.api.door import run_and_draw
from bench.cli.app import main
from bench.host.screen import Screen
from bench.runner.loop import Options
from bench.suite import load_suite
from bench.tracking import TRACKERS, TrackerEntry
from bench.tracking.watchers import Watchers, check_installed, watching
from registry.errors import BenchError


class Notes:
    """A tracker that remembers, and fails at the call of a name."""

    def __init__(self, failing=""):
        self.calls, self.failing = [], failing

    def _note(self, name, *words):
        if name == self.failing:
            raise OSError(f"no room for {name}\nand more")
        self.calls.append((name, *words))

    def log(self, model, values, step=None):
        self._note("log", model, dict(values), step)

    def keep(self, file):
        self._note("keep", file.name)

    def close(self):
        self._note("close")


@pytest.fixture
def noted(monkeypatch):
    """Put a tracker called "notes" among the others; returns what makes one that fails at a call."""
    made = []

    def build(failing=""):
        def start(name, folder):
            if failing == "start":
                raise OSError("no server")
            made.append(Notes(failing))
            return made[-1]

        entry = TrackerEntry(title="notes", package="json", extra="notes", start=start)
        monkeypatch.setitem(TRACKERS._entries, "notes", entry)
        return made

    return build


def go(write, tmp_path, **options):
    warned = []

    class Heard(Screen):
        def warning(self, text):
            warned.append(text)

    suite = load_suite(write(("epochs: 1", "epochs: 3")))
    outcome = run_and_draw(suite, Options(tmp_path / "run", device="cpu", **options), Heard(), ("notes",))
    return outcome, warned


def ranked(folder):
    with (folder / "ranking.csv").open(newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["model"] == "net"]


@pytest.mark.usefixtures("undrawn")
def test_a_tracker_hears_every_epoch_then_the_scores_then_the_tables(noted, write, tmp_path):
    """The epochs come while the training goes on, before any score; scores are those of ranking.csv."""
    made = noted()
    outcome, warned = go(write, tmp_path)
    assert (outcome.done, warned) == (outcome.total, [])
    calls = made[0].calls
    epochs = [call for call in calls if call[0] == "log" and call[3] is not None]
    assert [(model, step) for _, model, _, step in epochs] == [("net", 1), ("net", 2), ("net", 3)]
    assert {"train/train_loss", "train/val_iou"} <= epochs[0][2].keys()
    assert calls[:3] == epochs
    scores = {model: values for kind, model, values, step in (c for c in calls if c[0] == "log") if step is None}
    assert scores.keys() == {"background", "net"}
    for row in ranked(tmp_path / "run"):
        name = f"{row['metric_set']}/{row['scope']}_{row['metric']}"
        found = [scores["net"][key] for key in (name, f"{name}_low", f"{name}_high")]
        assert found == [float(row[key]) for key in ("value", "low", "high")]
    assert ("keep", "summary.csv") in calls
    assert calls[-1] == ("close",)


@pytest.mark.usefixtures("undrawn")
def test_curves_of_an_earlier_training_come_from_the_record(noted, write, tmp_path):
    """The second run trains nothing, and tells the same curves; nothing is evaluated."""
    made = noted()
    go(write, tmp_path)
    outcome, _ = go(write, tmp_path)
    assert outcome.evaluated == 0
    first, second = ([call for call in one.calls if call[0] == "log"] for one in made)
    key = str
    assert sorted(first, key=key) == sorted(second, key=key)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("failing", ["start", "log", "keep", "close"])
def test_a_tracker_that_fails_costs_nothing(noted, write, tmp_path, failing):
    """It is named once, in one line; all cells are there."""
    noted(failing)
    outcome, warned = go(write, tmp_path)
    assert (outcome.done, outcome.failed) == (outcome.total, ())
    (line,) = warned
    assert "the run goes on without it" in line
    assert "\n" not in line
    assert line.startswith("notes could not be started" if failing == "start" else "notes failed (OSError: no room for")


def test_a_run_that_ends_with_an_error_ends_its_trackers(noted, tmp_path):
    """Else a service of theirs may wait for ever."""
    made = noted()
    with pytest.raises(BenchError, match="mended"), watching(["notes"], "x", tmp_path, print):
        raise BenchError("to be mended")
    assert made[0].calls == [("close",)]


def test_one_failing_tracker_leaves_the_other():
    """And it is not asked again."""
    bad, good, warned = Notes("log"), Notes(), []
    watchers = Watchers({"bad": bad, "good": good}, warned.append)
    for step in (1, 2):
        watchers.epoch("net", {"epoch": step, "val_iou": 0.5, "val_loss": None})
    assert [call[3] for call in good.calls] == [1, 2]
    assert good.calls[0][2] == {"train/val_iou": 0.5}
    assert warned == ["bad failed (OSError: no room for log); the run goes on without it"]


@pytest.mark.parametrize("name", TRACKERS.names())
def test_a_missing_library_is_one_line(monkeypatch, name):
    """It says what to install."""
    monkeypatch.setattr("bench.tracking.watchers.find_spec", lambda package: None)
    with pytest.raises(BenchError, match=rf"--log {name} needs the package .*pip install 'segbench\[{name}\]'"):
        check_installed([name])


def test_the_libraries_are_not_imported_before_they_are_used():
    """Looking entries up imports none of them."""
    before = set(sys.modules)
    assert {TRACKERS[name].extra for name in TRACKERS.names()} == set(TRACKERS.names())
    assert not {"wandb", "mlflow", "tensorboard"} & (set(sys.modules) - before)


def test_every_extra_is_in_the_package(request):
    """What the line says can be installed."""
    import tomllib

    extras = tomllib.loads((request.config.rootpath / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(TRACKERS.names()) <= extras.keys()


def test_an_unknown_tracker_is_refused_before_anything_runs(write, tmp_path, monkeypatch, capsys):
    """Exit code 2, one line, no folder."""
    monkeypatch.setattr(
        sys, "argv", ["bench", "run", str(write()), "--out", str(tmp_path / "run"), "--log", "tensorbord"]
    )
    with pytest.raises(SystemExit) as stop:
        main()
    out = capsys.readouterr()
    assert (stop.value.code, out.out) == (2, "")
    assert (
        out.err
        == "bench: no tracker named 'tensorbord'; did you mean 'tensorboard'? (one of your own needs --plugins DIR)\n"
    )
    assert not (tmp_path / "run").exists()
