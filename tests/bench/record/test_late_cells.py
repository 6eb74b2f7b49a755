"""A run that was killed in the middle of a model: its report counts every cell that is on disk."""

import csv
import json
import shutil
import sys

import pytest

from bench.cli.app import main
from bench.host.checksum import of_file
from bench.record.late_cells import take_up
from bench.record.run_folder import RunFolder
from reports.record.run import open_run

pytestmark = pytest.mark.usefixtures("undrawn")


OF_CELLS = ("summary.csv", "strengths.csv", "confusion.csv", "distribution.csv")
OF_ALL = ("ranking.csv", "comparisons.csv", "robustness.csv", "slices.csv")
"""A run that is not finished has none of them."""


@pytest.fixture
def killed(go, tmp_path, monkeypatch):
    """Return a run's folder as kill -9 leaves it: all cells there, tables and run.json of before the last model's."""
    import bench.runner.job as job

    write, states = job.JobRun._evaluate, {}

    def evaluate(self, prepared):
        for file in ("run.json", *OF_CELLS, "examples/index.json"):
            states[file] = (tmp_path / "run" / file).read_bytes()
        write(self, prepared)

    monkeypatch.setattr(job.JobRun, "_evaluate", evaluate)
    go()
    whole = shutil.copytree(tmp_path / "run", tmp_path / "whole")
    for file, content in states.items():
        (tmp_path / "run" / file).write_bytes(content)
    for file in OF_ALL:
        (tmp_path / "run" / file).unlink()
    return tmp_path / "run", whole


def rows(folder):
    with (folder / "summary.csv").open(newline="") as lines:
        return list(csv.reader(lines))


def cells(folder):
    return json.loads((folder / "run.json").read_text())["cells"]


def call(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["bench", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    out = capsys.readouterr()
    return stop.value.code or 0, out.out, out.err


def test_a_report_counts_what_is_there(killed, monkeypatch, capsys):
    """Before, the four cells of the last model were 0; every table then equals that of the run that was not killed."""
    folder, whole = killed
    assert cells(folder)["done"] == 4
    code, out, err = call(monkeypatch, capsys, "report", folder)
    assert (code, out.strip(), err) == (0, str(folder / "report.html"), "")
    assert cells(folder) == cells(whole) == {"total": 8, "done": 8, "failed": []}
    for file in (*OF_CELLS, *OF_ALL, "examples/index.json"):
        assert (folder / file).read_text() == (whole / file).read_text(), file
    kept = [json.loads((one / "run.json").read_text()) for one in (folder, whole)]
    for key in ("throughput", "made", "harness_efficiency", "models", "measured"):
        assert kept[0][key] == kept[1][key]


def test_a_second_report_writes_no_table(killed):
    """Nothing is late any more."""
    folder, _ = killed
    assert take_up(folder) == []
    before = (folder / "run.json").stat().st_mtime_ns
    assert take_up(folder) == []
    assert (folder / "run.json").stat().st_mtime_ns == before


def test_a_part_of_a_models_cells_is_counted_too(killed):
    """Two of the four of the last model: six of eight."""
    folder, whole = killed
    last = json.loads((whole / "run.json").read_text())["models"][1]["cell_keys"]
    for key in last[2:]:
        RunFolder(folder).cell_path(key).unlink()
    assert take_up(folder) == []
    assert cells(folder)["done"] == 6
    run = open_run(folder)
    assert run.has("shapes (trainval=12, test=4)", "net", "additive_noise", 50)
    assert not run.has("shapes (trainval=12, test=4)", "net", "occlusion", 40)


def test_rows_whose_cells_are_gone_go_with_a_line(killed):
    """Tables are made anew of the cells that are there: before, scores of the others vanished without a word."""
    folder, whole = killed
    first = json.loads((whole / "run.json").read_text())["models"][0]["cell_keys"]
    RunFolder(folder).cell_path(first[1]).unlink()
    assert take_up(folder) == ["finished cells that are gone: 1; run the suite again"]
    assert cells(folder)["done"] == 7
    assert take_up(folder) == []


@pytest.mark.parametrize("keep_keys", [True, False])
def test_tables_without_any_cell_outlive_a_damaged_index(killed, keep_keys):
    """Cells are deleted to save room, and the oldest runs name none. Before: all scores were gone, without a word."""
    folder, whole = killed
    shutil.copytree(whole, folder, dirs_exist_ok=True)
    record = RunFolder(folder).record()
    if not keep_keys:
        models = tuple(one.model_copy(update={"cell_keys": ()}) for one in record.models)
        RunFolder(folder).write_record(record.model_copy(update={"models": models}))
    shutil.rmtree(folder / "cells")
    (folder / "examples" / "index.json").write_text("{")
    before = [(folder / name).read_bytes() for name in ("summary.csv", "strengths.csv", "confusion.csv")]
    assert len(take_up(folder)) == 1
    assert [(folder / name).read_bytes() for name in ("summary.csv", "strengths.csv", "confusion.csv")] == before
    assert cells(folder)["done"] == 8
    assert len(open_run(folder).rows) == len(rows(whole)) - 1


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xff\xfe broken"])
def test_a_damaged_table_of_strengths_of_an_older_run_is_made_anew(killed, content):
    """Its record holds no checksum of it. Before: a traceback."""
    folder, whole = killed
    record = RunFolder(folder).record()
    RunFolder(folder).write_record(record.model_copy(update={"tables": {}}))
    (folder / "strengths.csv").write_bytes(content)
    take_up(folder)
    assert (folder / "strengths.csv").read_text() == (whole / "strengths.csv").read_text()


def test_a_damaged_cell_is_named_and_left_out(killed, monkeypatch, capsys):
    """One line with its file; the others are counted, and the page is drawn."""
    folder, whole = killed
    path = RunFolder(folder).cell_path(json.loads((whole / "run.json").read_text())["models"][1]["cell_keys"][0])
    path.write_bytes(path.read_bytes()[:200])
    code, _, err = call(monkeypatch, capsys, "report", folder)
    assert code == 0
    assert err.startswith(f"bench: left out of the report: the cell {path} is damaged (")
    assert len(err.splitlines()) == 1
    assert cells(folder)["done"] == 7


def test_the_next_run_writes_all_anew(killed, go):
    """It evaluates nothing, and the tables equal those of the run that was not killed."""
    folder, whole = killed
    take_up(folder)
    outcome = go()
    assert (outcome.evaluated, outcome.done, outcome.changed) == (0, 8, True)
    assert rows(folder) == rows(whole)


def test_what_is_in_the_tables_stays_as_it_is(killed):
    """A row of a metric that this process does not know is not lost, if a run has written it."""
    folder, _ = killed
    first = rows(folder)[1]
    own = [*first[:6], "my_metric", "all", "4", "0.123456789", "", "", ""]
    with (folder / "summary.csv").open("a", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerow(own)
    record = RunFolder(folder).record()
    tables = {**record.tables, "summary.csv": of_file((folder / "summary.csv").read_bytes())}
    RunFolder(folder).write_record(record.model_copy(update={"tables": tables}))
    take_up(folder)
    assert own in rows(folder)


def test_a_damaged_table_is_made_from_the_cells(killed):
    """They hold all that it held."""
    folder, whole = killed
    (folder / "summary.csv").write_bytes(b"\xff\xfe broken")
    take_up(folder)
    assert rows(folder) == rows(whole)


def test_while_a_run_is_at_work_its_tables_are_left_to_it(killed, monkeypatch, capsys):
    """The report says so in a line, and shows what the tables have."""
    folder, _ = killed
    with RunFolder(folder).locked():
        code, _, err = call(monkeypatch, capsys, "report", folder)
    assert code == 0
    assert err.startswith(f"bench: a run is at work in {folder}; ")
    assert cells(folder)["done"] == 4


def test_a_report_finds_tables_that_fit_their_record_while_a_run_makes_the_next(go, tmp_path, monkeypatch):
    """Making a record takes a second for some thousand cells. Before, a report was refused meanwhile."""
    import bench.record.ledger as ledger

    monkeypatch.setattr("reports.record.run.PAUSES", (0,))
    make, seen = ledger.Ledger._record, []

    def record(self, *given, **words):
        made = make(self, *given, **words)
        if (tmp_path / "run" / "run.json").exists():
            seen.append(open_run(tmp_path / "run").record.cells.done)
        return made

    monkeypatch.setattr(ledger.Ledger, "_record", record)
    go()
    assert seen == sorted(seen)
    assert len(seen) > 2


def test_a_folder_that_is_no_run_gets_no_file(tmp_path, monkeypatch, capsys):
    """Not even a lock."""
    (tmp_path / "empty").mkdir()
    code, _, err = call(monkeypatch, capsys, "report", tmp_path / "empty")
    assert (code, len(err.splitlines())) == (2, 1)
    assert not list((tmp_path / "empty").iterdir())


def test_a_program_that_opens_the_run_gets_them_too(killed):
    """`bench.open_run`: the leaderboard's rows are those of the run that was not killed."""
    import bench

    folder, whole = killed
    assert len(bench.open_run(folder).frame()) == len(bench.open_run(whole).frame())
