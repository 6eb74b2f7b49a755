"""What `bench plan` estimates comes from what was measured."""

import json
import multiprocessing

import pytest

from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.record import speeds
from bench.suite import load_suite


@pytest.fixture
def job(write):
    """The network of a changed tiny suite."""

    def build(*changes):
        suite = load_suite(write(*changes))
        return plan_jobs(suite, open_datasets(suite))[1]

    return build


def test_nothing_measured_is_no_estimate(job):
    """Not zero."""
    assert speeds.estimate(job(), missing=4, trainable=10, counted=set()) is None


def test_cells_times_images_times_seconds(job):
    """3 cells of 4 images at 0.5 s, after one epoch of 10 images at 2 s."""
    todo = job()
    speeds.note(todo, "evaluation", 0.5)
    assert speeds.estimate(todo, missing=3, trainable=10, counted=set()) is None  # the training was never measured
    speeds.note(todo, "training", 2.0)
    assert speeds.estimate(todo, missing=3, trainable=10, counted=set()) == 3 * 4 * 0.5 + 10 * 2.0


def test_a_budget_is_a_ceiling(job):
    """A quarter of a minute at the most."""
    todo = job(("epochs: 1", "epochs: 100, minutes: 0.25"))
    speeds.note(todo, "evaluation", 0.0)
    assert speeds.estimate(todo, missing=1, trainable=10, counted=set()) == 15
    speeds.note(todo, "training", 2.0)
    assert speeds.estimate(todo, missing=1, trainable=10, counted=set()) == 15


def test_another_model_is_measured_on_its_own(job):
    """A width of 3 says nothing of a width of 2."""
    speeds.note(job(("width: 2", "width: 3")), "evaluation", 0.5)
    assert speeds.estimate(job(), missing=1, trainable=1, counted=set()) is None


DAMAGED = [
    *("", "{", "[]", "7", '{"evaluation": 3}', '{"evaluation": {"PLACE": {"seconds": "fast"}}}', "\x00\xff"),
    *(f'{{"evaluation": {{"PLACE": {{"seconds": {number}}}}}}}' for number in ("NaN", "Infinity", "1e999")),
    '{"training": {"elsewhere": NaN}}',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_file_is_nothing_measured(job, tmp_path, text):
    """A cache is never worth an error: it reads as empty, and the next note replaces it."""
    todo = job()
    speeds.note(todo, "evaluation", 0.5)
    path = tmp_path / "cache" / "rates.json"
    place = next(iter(json.loads(path.read_text())["evaluation"]))
    path.write_bytes(text.replace("PLACE", place).encode("latin-1"))
    assert speeds.estimate(todo, missing=1, trainable=1, counted=set()) is None
    speeds.note(todo, "training", 1.0)
    speeds.note(todo, "evaluation", 0.25)
    assert speeds.estimate(todo, missing=1, trainable=0, counted=set()) == 4 * 0.25


def test_a_file_that_cannot_be_written_is_left_out(job, tmp_path):
    """What a run measured is worth more than an estimate."""
    todo = job()
    (tmp_path / "cache" / "rates.json").mkdir(parents=True)
    speeds.note(todo, "evaluation", 0.5)
    assert speeds.estimate(todo, missing=1, trainable=1, counted=set()) is None


def test_processes_that_note_at_once_lose_nothing(job, tmp_path):
    """Eight writers, five notes each: all forty are there."""
    todo = job()

    def notes(writer):
        for i in range(5):
            speeds.note(todo, f"kind {writer} {i}", 1.0)

    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=notes, args=(writer,)) for writer in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(json.loads((tmp_path / "cache" / "rates.json").read_text())) == 40


def test_a_file_of_before_is_read(job, tmp_path):
    """It named the device too, which nobody read."""
    todo = job()
    speeds.note(todo, "training", 1.0)
    speeds.note(todo, "evaluation", 0.5)
    path = tmp_path / "cache" / "rates.json"
    known = json.loads(path.read_text())
    (entry,) = known["evaluation"].values()
    assert entry == {"seconds": 0.5}
    entry["device"] = "cpu"
    path.write_text(json.dumps(known))
    assert speeds.estimate(todo, missing=1, trainable=0, counted=set()) == 4 * 0.5
