"""What `bench run`, `plan` and `report` and the Python door do with a run folder of which something is damaged."""

import csv
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

import bench
from bench.cli.app import main
from bench.cli.plan import planned
from bench.host.files import set_aside
from bench.record.late_cells import take_up
from bench.record.run_folder import RunFolder
from bench.suite import load_suite
from registry.errors import BenchError
from reports import leaderboard, render
from reports.record.run import open_run

pytestmark = pytest.mark.usefixtures("undrawn")
TABLES = ("summary.csv", "strengths.csv", "examples/index.json")
CLEAN = ("  - {name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}\n", "")


@pytest.fixture
def whole(go, tmp_path):
    """A finished run of one model without weights, with its report."""
    go(CLEAN)
    render(tmp_path / "run")
    return tmp_path / "run"


def keys(folder):
    return json.loads((folder / "run.json").read_text())["models"][0]["cell_keys"]


def tables(folder):
    return [(folder / name).read_bytes() for name in TABLES]


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    return bytes(content)


def empty(path):
    path.write_bytes(b"")


def folder_instead(path):
    path.unlink()
    path.mkdir()


def another_cell(path):
    shutil.copy(next(one for one in path.parent.glob("*.parquet") if one != path), path)


@pytest.mark.parametrize("how", [damage, empty, folder_instead, another_cell])
def test_a_run_evaluates_a_damaged_cell_again(whole, go, capsys, how):
    """Also under an unchanged suite, where there was "nothing to do"; what was there is kept."""
    before, path = tables(whole), RunFolder(whole).cell_path(keys(whole)[1])
    content = how(path)
    outcome = go(CLEAN)
    told = [line for line in capsys.readouterr().err.splitlines() if "damaged" in line]
    assert (outcome.evaluated, outcome.done, outcome.changed) == (1, 4, True)
    assert len(told) == 1
    assert told[0].startswith(f"the cell {path} is damaged (")
    assert told[0].endswith(f"; set aside as {path.name}.damaged, to be evaluated again")
    if content:
        assert path.with_name(f"{path.name}.damaged").read_bytes() == content
    assert tables(whole)[:2] == before[:2]


def test_what_was_set_aside_is_never_overwritten(tmp_path):
    """The second one gets a number."""
    kept = []
    for text in "abc":
        (tmp_path / "k").write_text(text)
        kept.append(set_aside(tmp_path / "k"))
    assert [one.name for one in kept] == ["k.damaged", "k.damaged-2", "k.damaged-3"]
    assert [one.read_text() for one in kept] == ["a", "b", "c"]


def test_a_plan_counts_a_damaged_cell_as_missing(whole, write, capsys):
    """It names it, and changes nothing."""
    path = RunFolder(whole).cell_path(keys(whole)[1])
    content = damage(path)
    rows = planned(load_suite(write(CLEAN)), RunFolder(whole), None, None)
    assert [(row["cached"], row["missing"]) for row in rows] == [(3, 1)]
    assert f"the cell {path} is damaged" in capsys.readouterr().err
    assert path.read_bytes() == content


def test_a_report_leaves_out_a_damaged_cell_that_the_tables_have(whole, go):
    """Its rows go, with a line; the next run brings them back, to the last digit."""
    before, key = tables(whole), keys(whole)[1]
    damage(RunFolder(whole).cell_path(key))
    lines = take_up(whole)
    assert len(lines) == 1
    assert lines[0].startswith(f"left out of the report: the cell {RunFolder(whole).cell_path(key)} is damaged (its")
    run = open_run(whole)
    assert not run.has("shapes (trainval=12, test=4)", "background", "additive_noise", 50)
    assert run.has("shapes (trainval=12, test=4)", "background")
    assert run.record.cells.done == 3
    assert all(one.perturbation != "additive_noise" for one in run.index.examples)
    assert take_up(whole) == lines  # as long as it is there
    assert go(CLEAN).evaluated == 1
    assert tables(whole)[:2] == before[:2]


def test_a_program_gets_a_warning_and_no_counts_of_a_damaged_cell(whole):
    """`open_run` leaves it out of the tables; who asks for its counts gets one line."""
    path = RunFolder(whole).cell_path(keys(whole)[0])
    damage(path)
    with pytest.warns(UserWarning, match="left out of the report: the cell"):
        result = bench.open_run(whole)
    assert "clean" not in set(result.frame()["perturbation"])
    with pytest.raises(BenchError, match=r"the cell .* is damaged \("):
        result.counts()


def test_a_damaged_record_is_made_anew_from_the_cells(whole, go, capsys):
    """No cell is evaluated again, and the tables are those of before."""
    before, content = tables(whole), damage(whole / "run.json")
    with pytest.raises(BenchError, match=r"run.json is damaged \(.*\); run the suite again, which evaluates nothing"):
        take_up(whole)
    outcome = go(CLEAN)
    assert (outcome.evaluated, outcome.done) == (0, 4)
    assert "set aside as run.json.damaged, made anew from the cells" in capsys.readouterr().err
    assert (whole / "run.json.damaged").read_bytes() == content
    assert tables(whole) == before


@pytest.mark.slow
def test_a_folder_keeps_its_precision_without_its_record(go, tmp_path, monkeypatch):
    """Another rule, or machine, would take another one, and evaluate every cell again."""
    import bench.evaluation.readiness as readiness

    monkeypatch.setattr(readiness, "candidates", lambda *_: ("fp32",))
    auto = (
        ("precision: fp32", "precision: auto"),
        ("  - {name: background}\n", ""),
        (", {name: occlusion, strengths: [20, 40]}", ""),
        ("epochs: 1", "epochs: 0"),
    )
    assert go(*auto).evaluated == 2
    (tmp_path / "run" / "run.json").unlink()
    monkeypatch.setattr(readiness, "candidates", lambda *_: ("fp32_channels_last", "fp32"))
    assert go(*auto).evaluated == 0


def test_a_damaged_note_of_a_failure_ends_no_run(whole, go, capsys):
    """Its cell is tried again; the counts beside it are of an earlier try."""
    key = keys(whole)[1]
    (whole / "cells" / f"{key}.failed.json").write_text('{"format": 2, "message": "x"')
    assert "failed.json is damaged" in take_up(whole)[0]
    outcome = go(CLEAN)
    assert (outcome.evaluated, outcome.failed) == (1, ())
    assert "failed.json is damaged: why the cell failed is lost; it is tried again" in capsys.readouterr().err


def test_a_damaged_note_of_no_cell_is_named_once(whole, go, capsys):
    """No run tries the cell of another precision or of an earlier suite, so none would replace its note."""
    note = whole / "cells" / f"{'0' * 32}.failed.json"
    note.write_text("{")
    go(CLEAN)
    assert f"{note} is damaged" in capsys.readouterr().err
    go(CLEAN)
    assert "damaged" not in capsys.readouterr().err
    assert note.with_name(f"{note.name}.damaged").read_text() == "{"


@pytest.mark.parametrize("name", ["summary.csv", "strengths.csv", "confusion.csv"])
def test_a_pipe_in_place_of_a_table_is_waited_for_by_nobody(whole, name):
    """The table is made anew from the cells."""
    before = (whole / name).read_bytes()
    (whole / name).unlink()
    os.mkfifo(whole / name)
    assert take_up(whole) == []
    assert (whole / name).read_bytes() == before


def test_a_pipe_in_place_of_a_note_is_waited_for_by_nobody(whole, go):
    """It is no note."""
    os.mkfifo(whole / "cells" / f"{keys(whole)[1]}.failed.json")
    assert take_up(whole) == []
    outcome = go(CLEAN)
    assert (outcome.evaluated, outcome.done, outcome.failed) == (0, 4, ())


def edited(folder, name="summary.csv", column="value"):
    """Change one number of a table, as a spreadsheet that saves it would."""
    with (folder / name).open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    rows[0][column] = "0.123"
    with (folder / name).open("w", newline="") as lines:
        writer = csv.DictWriter(lines, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return (folder / name).read_bytes()


@pytest.mark.parametrize(("name", "column"), [("summary.csv", "value"), ("strengths.csv", "mean")])
def test_a_report_makes_a_changed_table_anew(whole, name, column):
    """No number of it is shown; the copy is kept under another name."""
    before, content = tables(whole), edited(whole, name, column)
    with pytest.raises(BenchError, match=f"{name} is not as it was written; run `bench report"):
        leaderboard(whole)
    line = f"{whole / name} is not as it was written; set aside as {name}.damaged, made anew from the cells"
    assert take_up(whole) == [line]
    assert tables(whole) == before
    assert (whole / f"{name}.damaged").read_bytes() == content
    assert take_up(whole) == []


def test_a_run_makes_a_changed_table_anew(whole, go, capsys):
    """Before anything else, with the same line."""
    before, content = tables(whole), edited(whole)
    assert go(CLEAN).changed
    assert "summary.csv is not as it was written; set aside as" in capsys.readouterr().err
    assert tables(whole) == before
    assert (whole / "summary.csv.damaged").read_bytes() == content


def test_a_table_without_its_cells_is_not_believed(whole):
    """Nothing is left to make it from."""
    edited(whole)
    shutil.rmtree(whole / "cells")
    with pytest.raises(BenchError, match="there are no cells to make it anew from; bring the file back"):
        take_up(whole)


def test_tables_that_are_newer_than_the_record_are_no_damage(whole, go, capsys):
    """A run that is killed between the two leaves them so: no line, no copy."""
    key = keys(whole)[3]
    kept = (whole / "run.json").read_bytes(), RunFolder(whole).cell_path(key).read_bytes()
    RunFolder(whole).cell_path(key).unlink()
    go(CLEAN, ("occlusion, strengths: [20, 40]", "occlusion, strengths: [20]"))
    (whole / "run.json").write_bytes(kept[0])
    capsys.readouterr()
    for name in (
        "robustness.csv",
        "slices.csv",
    ):  # of another plan they differ; a run that has cells to come removes them
        (whole / name).unlink()
    assert take_up(whole) == ["finished cells that are gone: 1; run the suite again"]
    (whole / "run.json").write_bytes(kept[0])
    for name in ("robustness.csv", "slices.csv"):
        (whole / name).unlink()
    assert go(CLEAN).evaluated == 1
    assert "set aside" not in capsys.readouterr().err
    assert not list(whole.rglob("*.damaged*"))


def test_a_damaged_index_is_made_anew(whole):
    """Examples from the cells, strips from run.json."""
    before = tables(whole)
    damage(whole / "examples" / "index.json")
    assert "index.json is damaged" in take_up(whole)[0]
    assert tables(whole) == before


def test_reconstructions_are_made_anew_from_the_record(tmp_path):
    """The table and the index of a run of before, written by this version."""
    from bench.host.checksum import of_file

    before = Path(__file__).parents[2] / "runs" / "before_rooms"
    folder = tmp_path / "run"
    shutil.copytree(before, folder)
    record = RunFolder(folder).record()
    table = (folder / "reconstructions.csv").read_bytes()
    RunFolder(folder).write_record(
        record.model_copy(update={"format": 3, "tables": {"reconstructions.csv": of_file(table)}})
    )
    edited(folder, "reconstructions.csv", "psnr")
    assert len(record.reconstructions) == 1
    assert take_up(folder)[0].endswith("reconstructions.csv.damaged, made anew from the cells")
    assert (folder / "reconstructions.csv").read_bytes() == table


def call(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["bench", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    return stop.value.code or 0, capsys.readouterr().err


@pytest.mark.parametrize("name", ["cell", "run.json", "summary.csv"])
def test_the_command_line_names_damage_and_mends_it(whole, write, monkeypatch, capsys, name):
    """A report ends with 0 or one line and 2; the run after it with 0 and the tables of before."""
    suite, before = write(CLEAN), tables(whole)
    path = RunFolder(whole).cell_path(keys(whole)[2]) if name == "cell" else whole / name
    damage(path)
    code, err = call(monkeypatch, capsys, "report", whole)
    assert code == (2 if name == "run.json" else 0)
    assert len(err.splitlines()) == 1
    assert str(path) in err
    code, err = call(monkeypatch, capsys, "run", suite, "--out", whole)
    assert code == 0
    assert "Traceback" not in err
    assert tables(whole)[:2] == before[:2]
    assert call(monkeypatch, capsys, "report", whole) == (0, "")
