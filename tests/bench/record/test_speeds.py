"""What `bench plan` estimates comes from what was measured, and only from what was measured long enough."""

import json
import multiprocessing

import pytest

from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record import speeds
from bench.suite import load_suite

TEST = 4  # images of the tiny suite


@pytest.fixture
def job(write):
    """The network of a changed tiny suite."""

    def build(*changes):
        suite = load_suite(write(*changes))
        return plan_jobs(suite, open_datasets(suite))[1]

    return build


@pytest.fixture
def note():
    """Note what was measured; returns the lines that were said."""
    lines = []

    def remember(job, kind, images, seconds):
        speeds.note(job, kind, images, seconds, lines.append)
        return lines

    return remember


def evaluation(job, missing=1):
    return speeds.estimate(job, missing, trainable=0, counted={job.weights.training_key})


def test_nothing_measured_is_no_estimate(job):
    """Not zero."""
    assert speeds.estimate(job(), missing=4, trainable=10, counted=set()) is None


def test_cells_times_images_times_seconds(job, note):
    """3 cells of 4 images at 0.5 s an image, after one epoch of 10 images at 2 s an image."""
    todo = job()
    note(todo, "evaluation", 8, 8 * 0.5)
    assert speeds.estimate(todo, missing=3, trainable=10, counted=set()) is None  # the training was never measured
    note(todo, "training", 10, 10 * 2.0)
    assert speeds.estimate(todo, missing=3, trainable=10, counted=set()) == (3 * 4 * 0.5 + 10 * 2.0, 1, False)


def test_one_slow_run_changes_little(job, note):
    """The median of the newest five: a run beside three others, and what was measured before them, do not count."""
    todo = job()
    for seconds in (900.0, 900.0, 900.0, 1.0, 1.2, 0.8, 60.0, 1.1):
        note(todo, "evaluation", TEST, seconds)
    assert evaluation(todo) == (1.1, 5, False)


def test_two_images_tell_nothing_of_a_thousand(job, note):
    """A cell's fixed costs (here 6 s, and 1 ms an image) would be taken for the images': 5.8 h where 57 min are true."""
    todo = job(("test: 4", "test: 100"))
    for _ in range(3):
        note(todo, "evaluation", 2, 6.002)
    assert evaluation(todo) is None
    note(todo, "evaluation", 10, 6.01)  # longer, yet not long enough: a ceiling, and said to be one
    assert evaluation(todo) == (pytest.approx(60.1), 1, True)
    note(todo, "evaluation", 50, 6.05)
    assert evaluation(todo) == (pytest.approx(12.1), 1, False)


def test_small_cells_tell_of_small_cells(job, note):
    """Two images for four."""
    todo = job()
    note(todo, "evaluation", 2, 1.0)
    assert evaluation(todo) == (2.0, 1, False)


def test_a_budget_is_a_ceiling(job, note):
    """A quarter of a minute at the most; without any run of the training it is known too."""
    todo = job(("epochs: 1", "epochs: 100, minutes: 0.25"))
    note(todo, "evaluation", TEST, 0.0)
    assert speeds.estimate(todo, missing=1, trainable=10, counted=set()) == (15, 1, True)
    note(todo, "training", 10, 20.0)
    assert speeds.estimate(todo, missing=1, trainable=10, counted=set()) == (15, 1, False)


def test_a_training_of_no_epochs_takes_no_time(job, note):
    """It was never measured, and never will be."""
    todo = job(("epochs: 1", "epochs: 0"))
    note(todo, "evaluation", TEST, 2.0)
    assert speeds.estimate(todo, missing=1, trainable=10, counted=set()) == (2.0, 1, False)


def test_another_model_is_measured_on_its_own(job, note):
    """A width of 3 says nothing of a width of 2."""
    note(job(("width: 2", "width: 3")), "evaluation", TEST, 0.5)
    assert evaluation(job()) is None


def entry(text):
    return f'{{"format": 2, "notes": {{"evaluation": {{"PLACE": {text}}}}}}}'


DAMAGED = [
    *("", "{", "[]", "7", '{"format": 2, "notes": 3}', "\x00\xff", "[" * 100_000, entry('{"images": 1}'), entry("[7]")),
    *(entry(f'[{{"images": 8, "seconds": {number}}}]') for number in ("NaN", "Infinity", "1e999", "-1", '"fast"')),
    *(entry(f'[{{"images": {number}, "seconds": 1.0}}]') for number in ("0", "-3", "1.5", "true", "null")),
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_set_aside_with_one_line(job, note, tmp_path, text):
    """It reads as empty; the next note says so once, keeps the bytes beside it, and begins anew."""
    todo = job()
    note(todo, "evaluation", TEST, 0.5)
    path = tmp_path / "cache" / "rates.json"
    place = next(iter(json.loads(path.read_text())["notes"]["evaluation"]))
    damaged = text.replace("PLACE", place).encode("latin-1")
    path.write_bytes(damaged)
    assert evaluation(todo) is None
    note(todo, "training", 10, 1.0)
    lines = note(todo, "evaluation", TEST, 0.25)
    assert lines == [f"the measured speeds in {path} are damaged; set aside as rates.json.damaged, measured anew"]
    assert (tmp_path / "cache" / "rates.json.damaged").read_bytes() == damaged
    assert evaluation(todo) == (0.25, 1, False)


def test_a_file_that_cannot_be_written_is_left_out(job, note, tmp_path):
    """What a run measured is worth more than an estimate."""
    todo = job()
    (tmp_path / "cache" / "rates.lock").mkdir(parents=True)
    assert note(todo, "evaluation", TEST, 0.5) == []
    assert evaluation(todo) is None


def test_120_notes_of_processes_at_once_are_all_kept(job, note, tmp_path):
    """Twelve write ten each into the same lists, and each waits for the others."""
    todo = job()

    def notes(writer):
        for i in range(10):
            note(todo, f"kind {i}", 8, float(10 * writer + i))

    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=notes, args=(writer,)) for writer in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    notes = json.loads((tmp_path / "cache" / "rates.json").read_text())["notes"].values()
    assert sorted(one["seconds"] for places in notes for kept in places.values() for one in kept) == list(range(120))


def test_a_file_of_before_is_nothing_measured(job, note, tmp_path):
    """It does not say of how many images: read as empty without a word, and replaced."""
    todo = job()
    (tmp_path / "cache" / "rates.json").write_text('{"evaluation": {"place": {"seconds": 0.5}}}')
    assert evaluation(todo) is None
    assert note(todo, "evaluation", TEST, 0.5) == []
    assert evaluation(todo) == (0.5, 1, False)


def test_notes_of_format_2_count(job, note, tmp_path):
    """It had no checksum; the next note gives it one, and nothing is lost."""
    todo, path = job(), tmp_path / "cache" / "rates.json"
    note(todo, "evaluation", TEST, 0.5)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({"format": 2, "notes": content["notes"]}))
    assert (evaluation(todo), speeds.damage()) == ((0.5, 1, False), None)
    assert note(todo, "evaluation", TEST, 0.25) == []
    assert evaluation(todo) == (0.375, 2, False)
    assert json.loads(path.read_text()).keys() == {"format", "notes", "checksum"}


@pytest.mark.parametrize("change", [{"format": 2}, {"checksum": "0" * 32}, {"notes": {}}])
def test_a_file_with_a_checksum_is_believed_only_as_it_was_written(job, note, tmp_path, change):
    """Nor does another number make it a file of before."""
    todo, path = job(), tmp_path / "cache" / "rates.json"
    note(todo, "evaluation", TEST, 0.5)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert evaluation(todo) is None
    assert speeds.damage() == f"the measured speeds in {path} are damaged: they count as none, and a run measures anew"
