"""A run that measures speed, with a stand-in for the measuring: what is kept, repeated, refused and written down."""

import csv
import json

import pytest
from pyarrow import parquet

from bench.plan.timings import TimingHost
from bench.runner.job import JobRun

pytestmark = pytest.mark.usefixtures("measure")

THROUGHPUT = ("precision: fp32\n", "precision: fp32\nthroughput: {batch_sizes: [1, 2], seconds: 1}\n")
ALL = [("single_stream", 1), ("offline", 1), ("offline", 2), ("server", 2), ("stages", 1)]


QUICK = (
    ("epochs: 1", "epochs: 0"),
    ("perturbations: [{name: additive_noise, strengths: [50]}, {name: occlusion, strengths: [20, 40]}]\n", ""),
)


@pytest.fixture
def go(go):
    """Run what is timed here: no training, clean images alone."""
    return lambda *changes, **options: go(*QUICK, *changes, **options)


def groups(measure):
    """Return what was asked for since the last look."""
    found = [(model, scenario, batch) for model, scenario, batch, _ in measure.asked]
    measure.asked.clear()
    return found


def files(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "timing").glob("*.parquet")}


def rows(folder, name="throughput.csv"):
    with (folder / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


def draw(folder):
    """Stand for the report, which is drawn behind a run."""
    (folder / "report.html").write_text("drawn")


def test_every_model_is_measured_once(go, tmp_path, measure):
    """5 groups of both models; a file for each measurement, and rows in both tables."""
    outcome = go(THROUGHPUT)
    assert outcome.speeds == (10, 10, 10, ())
    assert groups(measure) == [(model, *one) for model in ("background", "net") for one in ALL]
    assert len(files(tmp_path / "run")) == 10
    found = [(row["model"], row["scenario"], row["batch_size"], row["path"]) for row in rows(tmp_path / "run")]
    network = ["network", "predict"]
    each = [("single_stream", "1", network), ("offline", "1", network), ("offline", "2", network)]
    wanted = [(*one, path) for *one, paths in [*each, ("server", "2", ["predict"])] for path in paths]
    assert found == [(model, *one) for model in ("background", "net") for one in wanted]
    assert len(rows(tmp_path / "run", "stages.csv")) == 2 * 4


def test_a_finished_run_has_nothing_to_do(go, tmp_path, measure):
    """No file is touched, and nothing asked for."""
    go(THROUGHPUT)
    draw(tmp_path / "run")
    before = files(tmp_path / "run"), (tmp_path / "run" / "run.json").read_bytes()
    groups(measure)
    outcome = go(THROUGHPUT)
    assert (outcome.changed, outcome.speeds) == (False, (10, 10, 0, ()))
    assert groups(measure) == []
    assert before == (files(tmp_path / "run"), (tmp_path / "run" / "run.json").read_bytes())


def test_a_suite_without_throughput_has_none_of_it(go, tmp_path, measure):
    """No folder, no table, no key in the record."""
    assert go().speeds == (0, 0, 0, ())
    assert groups(measure) == []
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names.isdisjoint({"timing", "throughput.csv", "stages.csv"})
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert "timings" not in record
    assert record["tables"].keys().isdisjoint({"throughput.csv", "stages.csv"})


def test_throughput_is_added_to_a_finished_run(go, tmp_path, measure):
    """No cell is evaluated again; taken away, the tables are no part of the run, and their files stay."""
    go()
    outcome = go(THROUGHPUT)
    assert (outcome.evaluated, outcome.speeds.measured) == (0, 10)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["tables"].keys() > {"throughput.csv", "stages.csv"}
    assert {(one["dataset"], one["model"]) for one in record["timings"]} == {
        ("shapes (trainval=12, test=4)", "background"),
        ("shapes (trainval=12, test=4)", "net"),
    }
    go()
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["tables"].keys().isdisjoint({"throughput.csv", "stages.csv"})
    assert len(files(tmp_path / "run")) == 10
    assert go(THROUGHPUT).speeds.measured == 0


def test_measuring_comes_after_all_cells(go, measure, monkeypatch):
    """An evaluation beside it would be measured too."""
    order, evaluate = [], JobRun.execute
    monkeypatch.setattr(JobRun, "execute", lambda self: (evaluate(self), order.append("evaluated")))
    asked = measure.asked
    go(THROUGHPUT)
    assert order == ["evaluated"] * 2
    assert len(asked) == 10


def test_other_batches_measure_what_is_missing(go, tmp_path, measure):
    """What is there has its own key."""
    go(THROUGHPUT)
    groups(measure)
    outcome = go((THROUGHPUT[0], THROUGHPUT[1].replace("[1, 2]", "[1, 2, 4]")))
    assert groups(measure) == [(m, *one) for m in ("background", "net") for one in (("offline", 4), ("server", 4))]
    assert outcome.speeds == (12, 12, 4, ())


def test_another_machine_measures_anew(go, measure, monkeypatch):
    """Speeds of two machines are no comparison; the cells stay."""
    go(THROUGHPUT)
    groups(measure)
    here = TimingHost.here("cpu")
    monkeypatch.setattr(TimingHost, "here", classmethod(lambda cls, device: here._replace(processor="another")))
    outcome = go(THROUGHPUT)
    assert (outcome.evaluated, outcome.speeds) == (0, (10, 10, 10, ()))


def test_only_and_fresh(go, tmp_path, measure):
    """`--only` measures the models that it names; `--fresh` all of them anew, in the same files."""
    outcome = go(THROUGHPUT, only=("net",))
    assert groups(measure) == [("net", *one) for one in ALL]
    assert outcome.speeds == (5, 5, 5, ())  # the other model's precision is not known yet
    go(THROUGHPUT)
    assert groups(measure) == [("background", *one) for one in ALL]
    before = files(tmp_path / "run")
    assert go(THROUGHPUT, fresh=True).speeds == (10, 10, 10, ())
    after = files(tmp_path / "run")
    assert before.keys() == after.keys()
    assert all(after[name] > before[name] for name in before)


def test_an_error_costs_its_group_alone(go, tmp_path, measure):
    """The groups behind it are measured; it is told, noted, and tried again; its note goes when it succeeds."""
    measure.fails["offline"] = RuntimeError("no such kernel")
    outcome = go(THROUGHPUT, only=("net",))
    assert outcome.speeds.failed == tuple(
        f"net on shapes (trainval=12, test=4): offline, batches of {n}: RuntimeError: no such kernel" for n in (1, 2)
    )
    assert groups(measure) == [("net", *one) for one in ALL]
    assert outcome.speeds[:3] == (5, 3, 3)
    notes = list((tmp_path / "run" / "timing").glob("*.failed.json"))
    assert len(notes) == 2
    assert {json.loads(note.read_text())["message"] for note in notes} == {"RuntimeError: no such kernel"}
    assert "Traceback" in json.loads(notes[0].read_text())["traceback"]
    measure.fails.clear()
    assert go(THROUGHPUT, only=("net",)).speeds == (5, 5, 2, ())
    assert groups(measure) == [("net", "offline", 1), ("net", "offline", 2)]
    assert not list((tmp_path / "run" / "timing").glob("*.failed.json"))


def test_what_fails_under_fresh_is_tried_again(go, tmp_path, measure):
    """The earlier file is there, but the wish for new ones was not fulfilled."""
    go(THROUGHPUT)
    measure.fails["offline"] = RuntimeError("no such kernel")
    assert len(go(THROUGHPUT, fresh=True).speeds.failed) == 4
    measure.fails.clear()
    groups(measure)
    assert go(THROUGHPUT).speeds == (10, 10, 4, ())
    assert groups(measure) == [(model, "offline", n) for model in ("background", "net") for n in (1, 2)]


def test_variants_take_turns_also_where_one_comes_later(go, tmp_path, measure):
    """All variants of a group are measured again; the model without a network has one, and is left alone."""
    go((THROUGHPUT[0], THROUGHPUT[1].replace("seconds: 1", "variants: [fp32], seconds: 1")))
    groups(measure)
    outcome = go((THROUGHPUT[0], THROUGHPUT[1].replace("seconds: 1", "variants: [fp32, bf16], seconds: 1")))
    assert groups(measure) == [("net", *one) for one in ALL]
    assert outcome.speeds == (15, 15, 10, ())


def test_an_interruption_keeps_what_is_finished(go, tmp_path, measure):
    """The tables have it; the next run goes on behind it."""
    measure.fails["server"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        go(THROUGHPUT, only=("net",))
    assert [row["scenario"] for row in rows(tmp_path / "run")] == ["single_stream"] * 2 + ["offline"] * 4
    groups(measure)
    measure.fails.clear()
    assert go(THROUGHPUT, only=("net",)).speeds == (5, 5, 2, ())
    assert groups(measure) == [("net", "server", 2), ("net", "stages", 1)]


def test_a_damaged_measurement_is_set_aside_and_made_anew(go, tmp_path, measure, capsys):
    """It is named; the others stay as they are."""
    go(THROUGHPUT)
    groups(measure)
    key = next(row["key"] for row in rows(tmp_path / "run") if (row["model"], row["scenario"]) == ("net", "server"))
    path = tmp_path / "run" / "timing" / f"{key}.parquet"
    path.write_bytes(path.read_bytes()[:-9])
    capsys.readouterr()
    outcome = go(THROUGHPUT)
    assert f"set aside as {key}.parquet.damaged, to be measured again" in capsys.readouterr().err
    assert groups(measure) == [("net", "server", 2)]
    assert outcome.speeds == (10, 10, 1, ())
    assert path.with_name(f"{key}.parquet.damaged").is_file()


def test_the_table_follows_from_the_files(go, tmp_path):
    """Percentiles by hand from Parquet: the value at index floor(n p) of the sorted calls."""
    go(THROUGHPUT, only=("net",))
    for row in rows(tmp_path / "run"):
        table = parquet.read_table(tmp_path / "run" / "timing" / f"{row['key']}.parquet").to_pylist()
        kept = [
            one["ns"] / 1e6
            for one in table
            if one["path"] == row["path"]
            and (not row["rate_per_second"] or one["rate"] == float(row["rate_per_second"]))
        ]
        assert int(row["calls"]) == len(kept)
        assert float(row["p50_ms"]) == sorted(kept)[len(kept) // 2]
        assert row["p90_ms"] == (str(sorted(kept)[int(len(kept) * 0.9)]) if len(kept) >= 64 else "n too small")
        assert row["p99_ms"] == "n too small"


def test_what_is_timed_is_what_is_scored(go, tmp_path):
    """The Dice of the clean cell at the variant's precision; a variant that was never scored has none."""
    variants = (THROUGHPUT[0], THROUGHPUT[1].replace("seconds: 1", "seconds: 1, variants: [fp32, bf16, compile]"))
    go(variants, only=("net",))
    found = {row["variant"]: (row["scored"], row["dice"]) for row in rows(tmp_path / "run")}
    with (tmp_path / "run" / "summary.csv").open(newline="") as lines:
        dice = next(
            row["value"]
            for row in csv.DictReader(lines)
            if (row["model"], row["perturbation"], row["metric"], row["class"]) == ("net", "clean", "dice", "mean")
        )
    assert found == {"fp32": ("true", dice), "bf16": ("false", ""), "compile": ("false", "")}
    go(variants, ("precision: fp32", "precision: bf16"), only=("net",))
    scored = {row["variant"]: row["scored"] for row in rows(tmp_path / "run")}
    # A named bf16 is evaluated in channels_last, which is another variant; fp32 was scored before.
    assert scored == {"fp32": "true", "bf16": "false", "compile": "false"}


def test_a_changed_table_is_made_anew(go, tmp_path, measure, capsys):
    """From the files, and the changed one is kept."""
    go(THROUGHPUT)
    draw(tmp_path / "run")
    groups(measure)
    path = tmp_path / "run" / "throughput.csv"
    text = path.read_text()
    path.write_text(text.replace("100", "999"))
    assert go(THROUGHPUT).speeds.measured == 0
    assert path.read_text() == text
    assert "throughput.csv is not as it was written; set aside as throughput.csv.damaged" in capsys.readouterr().err


def test_two_labels_of_one_model_share_a_measurement(go, tmp_path, measure):
    """One file, and rows under both names."""
    net = "  - {name: unet, width: 2, size: 32, label: net, train: {epochs: 0, batch_size: 4}}\n"
    outcome = go(THROUGHPUT, (net, net + net.replace("label: net", "label: twin")), only=("net", "twin"))
    assert groups(measure) == [("net", *one) for one in ALL]
    assert (outcome.speeds.measured, len(files(tmp_path / "run"))) == (5, 5)
    assert {row["model"] for row in rows(tmp_path / "run")} == {"net", "twin"}
