"""What a report reads of speeds: tables line by line, and the raw samples."""

import numpy as np
import pytest
from made_up_speed import MadeUpSpeed

from registry.errors import BenchError
from reports.record.run import open_run
from reports.record.samples import SamplesError, latencies
from reports.record.speed import best, device_remark, fastest, measured, names, variant_words
from reports.record.speed_rows import TOO_SMALL


@pytest.fixture
def made(make_run):
    return MadeUpSpeed(make_run(models=2, perturbations=0))


def test_a_line_is_a_row(made):
    """Numbers are numbers, empty cells are unknown, and a percentile may lack calls."""
    row = open_run(made.write()).speed[2]
    assert (row.scenario, row.path, row.batch_size, row.calls) == ("offline", "predict", 1, 100)
    assert row.p50_ms == float(made.rows[2]["p50_ms"])
    assert row.p99_ms == TOO_SMALL
    assert (row.dice, row.scored, row.allocator_mib) == (None, False, None)


def test_a_run_that_timed_nothing_has_no_rows(make_run):
    """As every run of before."""
    run = open_run(make_run(models=1, perturbations=0).write())
    assert (run.speed, run.stages) == ((), ())


@pytest.mark.parametrize(
    ("name", "field", "text"),
    [
        ("calls", "calls", "many"),
        ("flag", "scored", "perhaps"),
        ("key", "key", "../../secret"),
        ("ms", "p50_ms", "fast"),
    ],
)
def test_a_damaged_line_is_named(made, name, field, text):
    """With the file and the line; a key that leads elsewhere is none."""
    made.rows[1][field] = text
    with pytest.raises(BenchError, match=r"throughput\.csv is damaged at line 3; run the suite again"):
        open_run(made.write())


def test_a_table_without_its_columns_is_named(made):
    """The header says what is lacking."""
    (made.write() / "stages.csv").write_text("dataset,model\n")
    with pytest.raises(BenchError, match=r"stages\.csv is damaged: its header lacks variant,"):
        open_run(made.run.folder)


def test_samples_are_those_of_the_row(made):
    """By path, and of a server at the rate that it kept: the file also holds the rates that were too high."""
    run = open_run(made.write())
    for row in run.speed:
        found = latencies(run.folder, row)
        raw = [ns for path, ns, rate in made.samples[row.key] if (path, rate) == (row.path, row.rate_per_second)]
        assert np.array_equal(found, np.sort(raw) / 1e6)
        assert len(found) == row.calls


@pytest.mark.parametrize("fault", ["missing", "cut", "other"])
def test_damaged_samples_are_refused(made, fault):
    """A file that is gone, cut, or holds other calls than the table was made from."""
    run = open_run(made.write())
    path = run.folder / "timing" / f"{run.speed[0].key}.parquet"
    if fault == "missing":
        path.unlink()
    elif fault == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    else:
        path.write_bytes((run.folder / "timing" / f"{run.speed[-1].key}.parquet").read_bytes())
    with pytest.raises(SamplesError, match=rf"timing/{run.speed[0].key}\.parquet"):
        latencies(run.folder, run.speed[0])


def test_the_best_batch_size_has_the_most_images_per_second(made):
    """Of each model and variant; a model without an offline row stands with its single stream."""
    first = next(iter(made.run.models))
    made.rows = [row for row in made.rows if row["scenario"] != "offline" or row["model"] != first]
    run = open_run(made.write())
    assert {row.batch_size for row in best(measured(run, "pets", "offline"))} == {8}
    assert {(row.model, row.scenario) for row in fastest(run, "pets") if row.model == first} == {
        (first, "single_stream")
    }


def test_what_failed_is_not_measured(made):
    """It stands in no table of numbers."""
    made.rows[0]["failed"] = "no compiler"
    run = open_run(made.write())
    assert len(measured(run, "pets", "single_stream")) == 3


@pytest.mark.parametrize(
    ("devices", "words"),
    [(["cpu", "cpu"], ", on a CPU"), (["cuda:0", "cuda:0"], ""), (["cpu", "cuda:0"], ", partly on a CPU")],
)
def test_a_heading_says_that_a_cpu_was_measured(made, devices, words):
    """Nobody may take its speed for a GPU's."""
    made.rows, made.stages = made.rows[:2], []
    for row, device in zip(made.rows, devices, strict=True):
        row["device"] = device
    assert device_remark(open_run(made.write())) == words


def test_a_size_is_named_where_a_model_has_several(made):
    """And left out where it has one."""
    made.rows[0] |= {"height": 512, "width": 1024}
    run = open_run(made.write())
    first, second = made.run.models
    assert sorted(names(run.speed).values()) == sorted(
        [f"{first}, 224\u00a0×\u00a0224", f"{first}, 512\u00a0×\u00a01024", second]
    )


def test_a_variant_names_its_precision(made):
    """Where its own name does not."""
    made.rows[0] |= {"variant": "compile", "precision": "bf16"}
    made.rows[1] |= {"variant": "fp32_channels_last", "precision": "fp32_channels_last"}
    assert [variant_words(row) for row in open_run(made.write()).speed[:2]] == ["compile (bf16)", "fp32_channels_last"]
