"""`bench merge`: runs of equal protocols become one, and what does not fit is refused by its name."""

import csv
import shutil

import pytest

from bench.api.door import run
from bench.record.failure_note import Failure
from bench.record.run_folder import RunFolder
from tests.bench.compare.conftest import SUITE, change_record, key_of, score

OTHER = {**SUITE, "models": [{"name": "unet", "width": 4, "size": 32, "label": "wide", "train": {"epochs": 0}}]}


def numbers(folder):
    """The rows of summary.csv, by all but their order."""
    with (folder / "summary.csv").open(newline="") as lines:
        return {tuple(row[:10]): row[10:] for row in csv.reader(lines)}


@pytest.fixture
def other(tmp_path, monkeypatch):
    """A run of another model under the same protocol."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    run(OTHER, out=tmp_path / "other", progress=False)
    return tmp_path / "other"


def test_two_models_stand_in_one_run(made, other, tmp_path, bench):
    """Every number is that of its own run; models of both are ranked together, and the joined run is verified."""
    code, out, err = bench("merge", made, other, "--out", tmp_path / "all")
    assert (code, err) == (0, "")
    assert out.strip() == str(tmp_path / "all" / "report.html")
    assert numbers(tmp_path / "all") == numbers(made) | numbers(other)
    with (tmp_path / "all" / "ranking.csv").open(newline="") as lines:
        ranked = {row["model"] for row in csv.DictReader(lines)}
    assert ranked == {"flat", "net", "wide"}
    assert bench("verify", tmp_path / "all")[0] == 0


def test_shards_of_one_run_become_the_run(made, copy, tmp_path, bench):
    """Cells of one model that lie in two folders: together they are what one run wrote."""
    one, two = copy("one"), copy("two")
    RunFolder(one).cell_path(key_of(one, "net", 1)).unlink()
    for label in ("flat", "net"):
        RunFolder(two).cell_path(key_of(two, label, 0)).unlink()
    assert bench("merge", one, two, "--out", tmp_path / "all")[0] == 0
    assert numbers(tmp_path / "all") == numbers(made)


def test_a_joined_run_goes_on(made, other, tmp_path, monkeypatch):
    """`bench run` of a suite with both models finds every cell."""
    from bench.compare.merging import merge

    merge([made, other], tmp_path / "all")
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "cache"))
    suite = {**SUITE, "models": [*SUITE["models"], *OTHER["models"]]}
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "all" / "cells").glob("*.parquet")}
    result = run(suite, out=tmp_path / "all", progress=False)
    assert not result.failed
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "all" / "cells").glob("*.parquet")} == before


DIFFERENT = {
    "seed": (lambda record: record | {"seed": 7}, "seed: 0 / 7"),
    "images": (
        lambda record: record | {"datasets": [record["datasets"][0] | {"manifest": "0" * 32}]},
        "shapes's manifest",
    ),
    "strengths": (
        lambda record: (
            record
            | {
                "perturbations": [
                    record["perturbations"][0] | {"strengths": [20.0, 51.0]},
                    *record["perturbations"][1:],
                ],
            }
        ),
        "additive_noise's strengths: [20.0, 50.0] / [20.0, 51.0]",
    ),
    "border": (
        lambda record: record | {"metric_sets": [record["metric_sets"][0] | {"border": "background"}]},
        "metric set standard's border: ignore / background",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_other_protocols_are_refused_by_the_field(made, copy, tmp_path, bench, name):
    """One line that names what differs; nothing is left behind."""
    changes, words = DIFFERENT[name]
    two = copy("two")
    change_record(two, lambda record: record.update(changes(record)))
    code, out, err = bench("merge", made, two, "--out", tmp_path / "all")
    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"two"}


def test_other_weights_of_one_label_are_refused(made, copy, tmp_path, bench):
    """The keys of their cells differ."""
    two = copy("two")

    def changes(record):
        models = [one | {"cell_keys": ["f" * 32 for _ in one["cell_keys"]]} for one in record["models"]]
        return record | {"models": models}

    change_record(two, lambda record: record.update(changes(record)))
    code, _, err = bench("merge", made, two, "--out", tmp_path / "all")
    assert code == 2
    assert "has other weights" in err


@pytest.mark.parametrize(
    ("words", "expected"), [(("one",), "give two or more"), (("one", "nothing"), "holds no run.json")]
)
def test_what_is_no_pair_of_runs_is_one_line(copy, tmp_path, bench, words, expected):
    """Exit code 2."""
    copy("one")
    (tmp_path / "nothing").mkdir()
    code, _, err = bench("merge", *(tmp_path / word for word in words), "--out", tmp_path / "all")
    assert code == 2
    assert expected in err


def test_a_folder_that_is_there_stays(made, copy, tmp_path, bench):
    """It may be somebody's run."""
    shutil.copytree(made, tmp_path / "all")
    code, _, err = bench("merge", made, copy("two"), "--out", tmp_path / "all")
    assert code == 2
    assert "is there already" in err


def test_a_whole_cell_takes_the_place_of_a_damaged_one(made, copy, tmp_path, bench):
    """Whichever run is named first: the numbers are those of the run before it was damaged."""
    one, two = copy("one"), copy("two")
    for folder, condition in ((one, 1), (two, 2)):
        path = RunFolder(folder).cell_path(key_of(folder, "net", condition))
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, _, err = bench("merge", one, two, "--out", tmp_path / "all")
    assert (code, err) == (0, "")
    assert numbers(tmp_path / "all") == numbers(made)


def test_a_cell_that_is_damaged_everywhere_is_named_and_left_out(made, copy, tmp_path, bench):
    """The rest is joined."""
    one, two = copy("one"), copy("two")
    key = key_of(one, "net", 1)
    for folder in (one, two):
        path = RunFolder(folder).cell_path(key)
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    code, _, err = bench("merge", one, two, "--out", tmp_path / "all")
    assert code == 0
    assert str(tmp_path / "all" / "cells" / f"{key}.parquet") in err.replace("\n", "")
    left = {row for row in numbers(made) if row[1:5] != ("net", row[2], "additive_noise", "20")}
    assert numbers(tmp_path / "all").keys() == left


def test_a_cell_that_failed_in_one_run_is_there_from_the_other(made, copy, tmp_path, bench):
    """The note of its error hides it no more."""
    one = copy("one")
    key = key_of(one, "net", 1)
    RunFolder(one).cell_path(key).unlink()
    place = {"dataset": "shapes", "model": "net", "perturbation": "additive_noise", "strength": 20.0}
    RunFolder(one).write_failure(key, Failure(**place, message="out of memory"))
    assert bench("merge", one, made, "--out", tmp_path / "all")[0] == 0
    assert numbers(tmp_path / "all") == numbers(made)
    assert RunFolder(tmp_path / "all").failures() == []


def test_equal_keys_with_other_counts_are_named(made, copy, tmp_path, bench):
    """One of the two is not what its key says."""
    two = copy("two")
    score(two, "net", 1, [0.5] * 24)
    code, _, err = bench("merge", made, two, "--out", tmp_path / "all")
    assert (code, err.count("\n")) == (2, 1)
    assert "other counts under one key (net on shapes, additive_noise 20)" in err
    assert not (tmp_path / "all").exists()


def test_links_and_files_that_were_set_aside_are_not_copied(made, copy, tmp_path, bench):
    """What a link leads to is somebody's own."""
    two = copy("two")
    (tmp_path / "secret.json").write_text("{}")
    (two / "examples" / "secret.json").symlink_to(tmp_path / "secret.json")
    (two / "cells" / "0.parquet.damaged").write_text("")
    assert bench("merge", made, two, "--out", tmp_path / "all")[0] == 0
    names = {path.name for path in (tmp_path / "all").rglob("*")}
    assert names.isdisjoint({"secret.json", "0.parquet.damaged"})
