"""The report of a run that was killed while it measured speed, or whose measurements are damaged."""

import csv
import shutil

import pytest

from bench.record.late_cells import take_up
from registry.errors import BenchError

THROUGHPUT = ("precision: fp32\n", "precision: fp32\nthroughput: {scenarios: [offline], batch_sizes: [1, 2]}\n")
TABLES = ("throughput.csv", "stages.csv")


QUICK = (
    ("epochs: 1", "epochs: 0"),
    ("perturbations: [{name: additive_noise, strengths: [50]}, {name: occlusion, strengths: [20, 40]}]\n", ""),
)


@pytest.fixture
def go(go):
    """Run what is timed here: no training, clean images alone."""
    return lambda *changes, **options: go(*QUICK, *changes, **options)


@pytest.fixture
def folder(go, tmp_path, measure):
    """A finished run's folder."""
    go(THROUGHPUT)
    return tmp_path / "run"


def texts(folder):
    return {name: (folder / name).read_text() for name in TABLES}


def keys(folder, name="throughput.csv"):
    with (folder / name).open(newline="") as lines:
        return list(dict.fromkeys(row["key"] for row in csv.DictReader(lines)))


def test_a_finished_run_stays_as_it_is(folder):
    """Nothing is written."""
    before = (folder / "run.json").read_bytes()
    assert take_up(folder) == []
    assert (folder / "run.json").read_bytes() == before


def test_measurements_that_no_table_has_are_taken_up(go, tmp_path, measure, monkeypatch):
    """A kill leaves the tables of before; they then are those of the run that was not killed."""
    from bench.record.ledger import Ledger

    write, kept = Ledger.write, {}

    def remembered(self, *, finished):
        write(self, finished=finished)
        if not list((tmp_path / "run").glob("timing/*.parquet")):
            for name in (*TABLES, "run.json"):
                kept[name] = (tmp_path / "run" / name).read_bytes()

    monkeypatch.setattr(Ledger, "write", remembered)
    go(THROUGHPUT)
    whole = texts(tmp_path / "run")
    for name, content in kept.items():
        (tmp_path / "run" / name).write_bytes(content)
    assert keys(tmp_path / "run") == []
    assert take_up(tmp_path / "run") == []
    assert texts(tmp_path / "run") == whole
    assert len(keys(tmp_path / "run")) == 4


@pytest.mark.parametrize("table", TABLES)
def test_a_damaged_measurement_is_named_and_left_out(folder, table):
    """The others stay; the file stays where it is, for the next run."""
    before = {name: keys(folder, name) for name in TABLES}
    damaged = before[table][0]
    path = folder / "timing" / f"{damaged}.parquet"
    path.write_bytes(path.read_bytes()[:100])
    (line,) = take_up(folder)
    assert line.startswith(f"left out of the report: the measurement {path} is damaged")
    assert {name: keys(folder, name) for name in TABLES} == {
        name: [key for key in found if key != damaged] for name, found in before.items()
    }
    assert path.is_file()


def test_a_changed_table_is_made_anew(folder):
    """From the files; the changed one is kept."""
    before = texts(folder)
    (folder / "stages.csv").write_text("changed")
    assert any("stages.csv is not as it was written; set aside" in line for line in take_up(folder))
    assert texts(folder) == before


def test_a_changed_table_without_its_measurements_is_refused(folder):
    """Nothing is left to make it from."""
    shutil.rmtree(folder / "timing")
    assert take_up(folder) == []  # whole tables are believed
    (folder / "throughput.csv").write_text("changed")
    with pytest.raises(BenchError, match=r"throughput\.csv is not as it was written, and there are no measurements"):
        take_up(folder)
