"""What an opened run knows: rows, classes, the headline, strengths in their order."""

import pytest

from bench.record.run_record import MachineRecord, PerturbationRecord, RunRecord
from reports.record.run import open_run


@pytest.mark.parametrize(
    ("identity", "strengths", "expected"),
    [
        (0, (3, 1, 2), [1, 2, 3]),
        (1.0, (0.5, 0.9), [0.9, 0.5]),
        (None, (90, 10, 50), [90, 10, 50]),
        (0, (-3, 2), [2, -3]),
    ],
)
def test_strengths_are_ordered_by_damage(identity, strengths, expected):
    """Sorts by distance from the identity; without one the suite's order stands."""
    assert PerturbationRecord(label="p", name="p", identity=identity, strengths=strengths).by_damage() == expected


def test_null_is_unknown():
    """Takes null as if the key were missing."""
    assert MachineRecord.model_validate({"cpu": None, "cores": None}) == MachineRecord()


def test_missing_rows_have_no_value(make_run):
    """Returns None for conditions, models and scores that do not exist."""
    run = open_run(make_run(models=1, perturbations=1).write())
    assert run.value("pets", "background") is not None
    assert run.value("pets", "gone") is None
    assert run.value("pets", "background", "additive_noise", 3) is None
    assert run.row("pets", "background", metric="gone") is None
    assert run.has("pets", "background", "additive_noise", 2)
    assert not run.has("pets", "background", "additive_noise", 3)
    assert run.perturbation("clean") is None


def test_classes_come_in_the_data_sets_order(make_run):
    """Lists the classes that have a Dice, background first, whatever the order of the rows."""
    made = make_run(models=1, perturbations=0)
    made.rows.reverse()
    assert open_run(made.write()).class_names("pets", "standard") == ["background", "cat", "dog"]


def test_the_first_metric_set_is_the_headline(make_run):
    """Takes leaderboard and figures from the suite's first metric set."""
    made = make_run(models=1, perturbations=0)
    made.record["metric_sets"].reverse()
    run = open_run(made.write())
    assert run.headline.name == "edinburgh_000"
    assert run.value("pets", "background") == 0.61
    assert isinstance(run.record, RunRecord)
