"""Small things that turn values into what a page prints: times, lengths of time, pairs, images."""

from base64 import b64decode

import pytest

from bench.record.run_record import MachineRecord, PerturbationRecord, RunRecord
from registry.errors import BenchError
from reports.markup import length, moment, pairs
from reports.record.image_files import data_uri
from reports.record.run import open_run


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "—"),
        (0, "0 s"),
        (7.25, "7 s"),
        (59.94, "1 min 0 s"),
        (60, "1 min 0 s"),
        (599.7, "10 min 0 s"),
        (7322, "2 h 2 min"),
    ],
)
def test_a_length_of_time_is_printed_in_words(seconds, text):
    """Uses seconds, minutes or hours as fits, and a dash for an unknown length."""
    assert length(seconds) == text


@pytest.mark.parametrize(
    ("iso", "text"),
    [
        (None, "—"),
        ("2026-11-21T20:44:31+00:00", "2026-11-21 20:44 UTC"),
        ("2026-11-21T20:44:31Z", "2026-11-21 20:44 UTC"),
        ("2026-11-21T20:44:31", "2026-11-21 20:44"),
    ],
)
def test_times_are_given_to_the_minute(iso, text):
    """States UTC only where the time does."""
    assert moment(iso) == text


def test_a_mapping_is_listed():
    """Lists keys and values in their order."""
    assert pairs({"b": 1, "a": None}) == "b=1, a=None"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.webp", "image/webp"),
        ("a.PNG", "image/png"),
        ("a.jpg", "image/jpeg"),
        ("sub/../a.jpeg", "image/jpeg"),
    ],
)
def test_a_image_becomes_a_data_uri(tmp_path, name, kind):
    """Holds the file's bytes and their kind."""
    (tmp_path / "sub").mkdir()
    (tmp_path / name).write_bytes(b"image")
    head, data = data_uri(tmp_path, name).split(",")
    assert head == f"data:{kind};base64"
    assert b64decode(data) == b"image"


def test_a_missing_image_has_no_uri(tmp_path):
    """States that the image is not there."""
    assert data_uri(tmp_path, "gone.png") is None


def test_a_link_out_of_the_run_is_refused(tmp_path):
    """Follows links before it judges where an image lies."""
    (tmp_path / "run").mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (tmp_path / "run" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(BenchError, match="no image of this run"):
        data_uri(tmp_path / "run", "link.png")


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


def test_a_run_answers_for_missing_rows(make_run):
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
