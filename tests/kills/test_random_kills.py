"""Runs that are killed end as the unbroken one did; and the comparison sees what differs."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from random_kills import PHASES, Tally, table, try_out
from run_outcome import differences, outcome
from safetensors.numpy import save_file


def left(folder, count=3, weight=1.0, dice=0.5, seconds=1.0, curve=0.25):
    """Write what a run leaves, in small, and return its outcome."""
    (folder / "run" / "cells").mkdir(parents=True)
    (folder / "cache" / "checkpoints").mkdir(parents=True)
    cell = pa.table({"sample": ["a"], "counts": [[count, 1]]})
    record = json.dumps({"key": "k", "seconds": seconds})
    pq.write_table(cell.replace_schema_metadata({"segbench": record}), folder / "run" / "cells" / "k.parquet")
    facts = json.dumps({"training": {"seconds": seconds, "curves": {"val_loss": [curve]}}})
    weights = folder / "cache" / "checkpoints" / "net.safetensors"
    save_file({"w": np.array([weight], np.float32)}, weights, {"segbench": facts})
    (folder / "run" / "summary.csv").write_text(f"dice\n{dice}\n")
    (folder / "run" / "run.json").write_text(
        json.dumps({"models": [{"label": "net", "forward_ms_per_image": seconds}]})
    )
    (folder / "run" / "report.html").write_text(f"{seconds} s")
    (folder / "run" / ".lock").write_text(str(seconds))
    return outcome(folder)


def test_times_alone_make_no_difference(tmp_path):
    """Not in a cell's record, a checkpoint's, run.json or the report; locks are left out."""
    assert differences(left(tmp_path / "one"), left(tmp_path / "other", seconds=2.0)) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"count": 4}, "run/cells/k.parquet"),
        ({"weight": np.nextafter(np.float32(1), np.float32(2))}, "cache/checkpoints/net.safetensors"),
        ({"curve": 0.2500001}, "cache/checkpoints/net.safetensors"),
        ({"dice": 0.51}, "run/summary.csv"),
    ],
)
def test_a_difference_is_named(tmp_path, change, name):
    """One count, the last bit of a weight, a value of a curve, a score."""
    assert differences(left(tmp_path / "one"), left(tmp_path / "other", **change)) == [name]


def test_a_missing_file_is_a_difference(tmp_path):
    """In either of the two."""
    one = left(tmp_path / "one")
    (tmp_path / "one" / "run" / "report.html").unlink()
    assert differences(one, outcome(tmp_path / "one")) == ["run/report.html"]
    assert differences(outcome(tmp_path / "one"), one) == ["run/report.html"]


def test_the_table_has_every_figure():
    """A row for each phase, and for how the runs ended."""
    tally = Tally(equal=2, different=["x"])
    tally.kills["training"] += 3
    rows = dict(line.strip("| ").split(" | ") for line in table(tally).splitlines()[2:])
    assert {f"kills in {phase}" for phase in PHASES} <= rows.keys()
    assert (rows["kills in training"], rows["runs equal"], rows["runs different"]) == ("3", "2", "1")


@pytest.mark.slow
@pytest.mark.parametrize("kills", [12])
def test_killed_runs_end_as_the_unbroken_one_did(tmp_path, kills):
    """Whatever they were doing; the whole of it is `python tests/kills/random_kills.py`."""
    tally = try_out(kills, 1, tmp_path)
    assert tally.different == []
    assert tally.kills.total() >= kills
