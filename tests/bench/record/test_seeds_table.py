"""`seeds.csv`: the spread over trainings, against NumPy on the rows of summary.csv."""

import csv

import numpy as np
import pytest

from bench.host.screen import Screen
from bench.record.late_cells import take_up
from bench.record.seeds import seeds_table
from bench.record.summary import CellScores, Finished
from bench.runner.loop import Options, run
from bench.suite import load_suite
from reports import render

SEEDED = ("label: net,", "label: net, seeds: [0, 1, 2],")


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(go, tmp_path):
    go(SEEDED)
    return tmp_path / "run"


def test_the_spread_is_that_of_the_rows_of_summary(folder):
    """Each score of the three trainings, and nothing of the model without seeds."""
    scores = {}
    for row in rows(folder / "summary.csv"):
        place = tuple(row[name] for name in ("perturbation", "strength", "metric_set", "metric", "class"))
        if row["model"].startswith("net seed ") and row["value"]:
            scores.setdefault(place, []).append(float(row["value"]))
    found = rows(folder / "seeds.csv")
    assert {row["model"] for row in found} == {"net"}
    assert {int(row["seeds"]) for row in found} <= {0, 1, 2, 3}
    compared = 0
    for row in found:
        values = scores.get(
            tuple(row[name] for name in ("perturbation", "strength", "metric_set", "metric", "class")), []
        )
        assert int(row["seeds"]) == len(values)
        if len(values) > 1:
            compared += 1
            expected = [np.mean(values), np.std(values, ddof=1), np.min(values), np.max(values)]
            assert [float(row[name]) for name in ("mean", "sd", "min", "max")] == pytest.approx(expected, abs=1e-12)
    assert compared > 20


def test_trainings_with_other_seeds_are_other_networks(folder):
    """Three checkpoints, and scores that are not all the same."""
    spread = [float(row["sd"]) for row in rows(folder / "seeds.csv") if row["sd"]]
    assert max(spread) > 0
    models = {row["model"] for row in rows(folder / "summary.csv")}
    assert models == {"background", "net seed 0", "net seed 1", "net seed 2"}


def test_a_changed_table_is_made_anew_by_a_report(folder):
    """From the cells, as it was."""
    before = (folder / "seeds.csv").read_text()
    (folder / "seeds.csv").write_text(before.replace("net", "not"))
    take_up(folder)
    assert (folder / "seeds.csv").read_text() == before


def test_a_suite_without_seeds_has_no_table_and_one_that_had_them_an_empty_one(write, go, folder, tmp_path):
    """Rows of a model that the suite does not train any more would be believed."""
    run(load_suite(write()), Options(folder), Screen())
    assert (folder / "seeds.csv").read_text().count("\n") == 1
    run(load_suite(write()), Options(tmp_path / "other"), Screen())
    assert not (tmp_path / "other" / "seeds.csv").exists()


def test_a_finished_run_with_seeds_has_nothing_to_do(go, folder, undrawn):
    """Until its table is gone."""
    render(folder)
    assert not go(SEEDED).changed
    (folder / "seeds.csv").unlink()
    assert go(SEEDED).changed
    assert rows(folder / "seeds.csv")


def _finished(label, *values):
    cell = CellScores(
        ("d", label, "clean", "0"),
        4,
        {},
        [("d", label, "none", "clean", "0", "standard", "dice", f"c{i}", 4, value) for i, value in enumerate(values)],
        [],
    )
    return Finished(("d", label), (cell,))


def test_by_hand():
    """Of 0.5 and 0.7: mean 0.6, sd sqrt(0.02); of one value no sd; of none nothing."""
    cells = [_finished("a seed 0", "0.5", "0.25", ""), _finished("a seed 1", "0.7", "", ""), _finished("b", "0.1")]
    table = seeds_table(cells, {("d", "a seed 0"): "a", ("d", "a seed 1"): "a"}, {})["seeds.csv"]
    _, first, second, third = [line.split(",") for line in table.splitlines()]
    assert first[:9] == ["d", "a", "none", "clean", "0", "standard", "dice", "c0", "2"]
    assert [float(cell) for cell in first[9:]] == pytest.approx([0.6, 0.02**0.5, 0.5, 0.7])
    assert second[8:] == ["1", "0.25", "", "0.25", "0.25"]
    assert third[8:] == ["0", "", "", "", ""]
