"""The main job, end to end on tiny suites: what is done, kept, repeated and refused."""

import csv
import json
import os

import pytest
import torch

from bench.evaluation import evaluator as evaluation
from bench.host import files
from bench.host.screen import Screen
from bench.record.run_folder import RunFolder
from bench.runner.loop import Options, run
from bench.suite import load_suite
from registry.adapter import TorchSegmenter
from registry.errors import BenchError


def rows(folder):
    with (folder / "summary.csv").open() as file:
        return list(csv.DictReader(file))


def record(folder):
    return json.loads((folder / "run.json").read_text())


def cells(folder):
    return {path.name: path.stat().st_mtime_ns for path in (folder / "cells").glob("*.parquet")}


def test_a_run_leaves_what_it_promises(go, tmp_path):
    """2 models x (clean + 3 conditions), counts, summary, protocol, examples."""
    outcome = go()
    folder = tmp_path / "run"
    assert (outcome.total, outcome.done, outcome.evaluated, outcome.failed) == (8, 8, 8, ())
    assert len(cells(folder)) == 8
    protocol = record(folder)
    assert protocol["cells"] == {"total": 8, "done": 8, "failed": []}
    assert [m["label"] for m in protocol["models"]] == ["background", "net"]
    assert protocol["models"][1]["checkpoint"]["state_hash"]
    assert protocol["models"][1]["training"]["epochs_run"] == 1
    assert protocol["harness_efficiency"] > 0
    index = json.loads((folder / "examples" / "index.json").read_text())
    assert {"best", "median", "worst", "worst 4", "shared 2"} <= {e["rank"] for e in index["examples"]}
    for example in index["examples"]:
        assert (folder / example["images"][0]["file"]).is_file()
    assert [len(strip["levels"]) for strip in index["strips"]] == [2, 3]


def test_the_summary_has_the_fixed_header_and_order(go, tmp_path):
    """Data set, model, clean first, then each perturbation from weak to strong."""
    go()
    text = (tmp_path / "run" / "summary.csv").read_text()
    assert text.startswith(
        "dataset,model,supervision,perturbation,strength,metric_set,metric,class,n,value,low,high,resamples\n"
    )
    order = list(dict.fromkeys((r["model"], r["perturbation"], r["strength"]) for r in rows(tmp_path / "run")))
    conditions = [("clean", "0"), ("additive_noise", "50"), ("occlusion", "20"), ("occlusion", "40")]
    assert order == [(m, *c) for m in ("background", "net") for c in conditions]


def test_the_all_background_scores_are_those_of_the_masks(go, tmp_path):
    """Pixel accuracy of `background` is the background's share of the labelled pixels, in every condition."""
    from bench.data import DATASETS, open_dataset

    go()
    shapes = open_dataset("shapes", DATASETS["shapes"].parameters(trainval=12, test=4), None, download=False)
    subset = shapes.subset("test")
    masks = [subset.load(i).mask for i in range(4)]
    share = sum((m == 0).sum() for m in masks) / sum((m != 255).sum() for m in masks)
    found = {
        r["value"] for r in rows(tmp_path / "run") if (r["model"], r["metric"]) == ("background", "pixel_accuracy")
    }
    assert [float(v) for v in found] == [pytest.approx(share, abs=1e-12)]


def test_a_finished_run_has_nothing_to_do(go, tmp_path):
    """The second run evaluates nothing and rewrites nothing."""
    go()
    (tmp_path / "run" / "report.html").write_text("drawn")
    before = cells(tmp_path / "run"), (tmp_path / "run" / "summary.csv").stat().st_mtime_ns
    outcome = go()
    assert (outcome.evaluated, outcome.changed) == (0, False)
    assert before == (cells(tmp_path / "run"), (tmp_path / "run" / "summary.csv").stat().st_mtime_ns)


def no_cell_keys(folder):
    """Make the record one of an older version."""
    text, path = record(folder), folder / "run.json"
    for model in text["models"]:
        del model["cell_keys"]
    del text["checksum"]
    text["format"] = 1
    path.write_text(json.dumps(text))
    (folder / "report.html").touch()


def cut(name):
    def change(folder):
        text = (folder / name).read_text()
        (folder / name).write_text(text[: len(text) // 2])

    return change


CHANGES = {
    **{f"cut {name}": cut(name) for name in ("summary.csv", "strengths.csv", "examples/index.json")},
    "no summary": lambda folder: (folder / "summary.csv").unlink(),
    "no cell keys": no_cell_keys,
}


def test_what_is_damaged_is_written_anew(go, tmp_path):
    """`bench report` says to run the suite again: that evaluates nothing, and mends it."""
    folder, names = tmp_path / "run", ("summary.csv", "strengths.csv", "examples/index.json")
    go()
    before = [(folder / name).read_text() for name in names]
    for label, change in CHANGES.items():
        (folder / "report.html").write_text("drawn")
        assert not go().changed, label
        change(folder)
        outcome = go()
        assert (outcome.evaluated, outcome.changed) == (0, True), label
        assert [(folder / name).read_text() for name in names] == before, label
        assert all(model["cell_keys"] for model in record(folder)["models"]), label


def test_two_runs_give_the_same_bytes(go, tmp_path):
    """Another folder, another batch size, the same summary (the checkpoint is shared)."""
    go()
    first = (tmp_path / "run" / "summary.csv").read_bytes()
    run(load_suite(tmp_path / "tiny.yaml"), Options(tmp_path / "other", batch_size=1), Screen())
    assert (tmp_path / "other" / "summary.csv").read_bytes() == first


def test_an_edited_suite_keeps_the_cells_that_still_match(go, tmp_path):
    """One more strength is one more cell a model; nothing else is evaluated again."""
    go()
    before = cells(tmp_path / "run")
    outcome = go(("[20, 40]", "[20, 30, 40]"))
    assert outcome.evaluated == 2
    assert before.items() <= cells(tmp_path / "run").items()


def test_more_metric_sets_need_no_evaluation(go, tmp_path):
    """Scores are computed from the stored counts."""
    go()
    outcome = go(("precision: fp32", "precision: fp32\nmetric_sets: [standard, sam2_binary]"))
    assert (outcome.evaluated, outcome.changed) == (0, True)
    assert {r["metric_set"] for r in rows(tmp_path / "run")} == {"standard", "sam2_binary"}


def test_another_version_of_a_metric_needs_no_evaluation(go, tmp_path, monkeypatch):
    """A shipped metric that came or changed reaches the tables of a finished run."""
    from bench.metrics import METRICS

    go()
    (tmp_path / "run" / "report.html").write_text("drawn")
    monkeypatch.setattr(METRICS, "version", lambda name: 2 if name == "iou" else 1)
    outcome = go()
    assert (outcome.evaluated, outcome.changed) == (0, True)


@pytest.mark.slow
def test_another_seed_is_another_set_of_cells(go):
    """The seed decides the noise (and the training)."""
    go()
    assert go(("name: tiny", "name: tiny\nseed: 1")).evaluated >= 6


@pytest.mark.slow
def test_fresh_starts_over_but_keeps_checkpoints(go, tmp_path):
    """Every cell is evaluated again, nothing is trained again."""
    go()
    checkpoint = next((tmp_path / "cache" / "checkpoints").glob("*.safetensors")).stat().st_mtime_ns
    before = cells(tmp_path / "run")
    assert go(fresh=True).evaluated == 8
    after = cells(tmp_path / "run")
    assert before.keys() == after.keys()
    assert all(after[name] > before[name] for name in before)
    assert next((tmp_path / "cache" / "checkpoints").glob("*.safetensors")).stat().st_mtime_ns == checkpoint


@pytest.mark.parametrize(
    "options", [{"device": "cuda:99"}, {"only": ("background",)}], ids=["refused", "only one model"]
)
def test_fresh_deletes_nothing(go, tmp_path, options):
    """A cell goes only when its successor is there; a run that is refused costs nothing."""
    go()
    before = cells(tmp_path / "run").keys()
    try:
        go(fresh=True, **options)
    except BenchError:
        assert options.get("device")
    assert cells(tmp_path / "run").keys() == before


def outputs(folder):
    """What the tables and the record hold of each model, without what a new evaluation changes."""
    strengths = (folder / "strengths.csv").read_text()
    index = json.loads((folder / "examples" / "index.json").read_text())
    keys = [(m["label"], m["precision"], m["cell_keys"]) for m in record(folder)["models"]]
    return (folder / "summary.csv").read_text(), strengths, index, keys, record(folder)["cells"]["done"]


def test_fresh_keeps_what_it_does_not_run(go, tmp_path):
    """Another model's results stay in the outputs; those of the chosen one are new."""
    go()
    before, old = outputs(tmp_path / "run"), cells(tmp_path / "run")
    assert go(fresh=True, only=("background",)).evaluated == 4
    assert outputs(tmp_path / "run") == before
    assert sum(old[name] != time for name, time in cells(tmp_path / "run").items()) == 4


def test_fresh_keeps_what_it_does_not_reach(go, tmp_path, monkeypatch):
    """Ctrl-C in the first cell: the outputs are those of before."""
    go()
    before = outputs(tmp_path / "run")

    def predict(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(evaluation, "predict", predict)
    with pytest.raises(KeyboardInterrupt):
        go(fresh=True)
    assert outputs(tmp_path / "run") == before


@pytest.mark.slow
def test_what_fails_anew_has_no_old_numbers(go, tmp_path, failing, monkeypatch):
    """Neither in this run's outputs nor in the next run's, which tries it again."""
    trouble = failing.copy()
    failing.clear()
    go()
    failing += trouble
    outcome = go(fresh=True)
    assert (outcome.evaluated, outcome.done, len(outcome.failed)) == (7, 7, 1)
    assert ("net", "additive_noise") not in {(r["model"], r["perturbation"]) for r in rows(tmp_path / "run")}
    failing.clear()
    outcome = go()
    assert (outcome.evaluated, outcome.done, outcome.failed) == (1, 8, ())


def test_a_killed_run_keeps_its_precision(go, tmp_path, monkeypatch):
    """What `auto` chose is part of the keys: another choice on another machine must not orphan finished cells."""
    import bench.evaluation.readiness as readiness

    auto = ("precision: fp32", "precision: auto")
    real, calls = evaluation.predict, []

    def predict(segmenter, batch, condition):
        calls.append(condition)
        if isinstance(segmenter, TorchSegmenter) and condition.label == "occlusion":
            raise KeyboardInterrupt
        return real(segmenter, batch, condition)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(evaluation, "predict", predict)
        patched.setattr(readiness, "candidates", lambda *_: ("fp32_channels_last",))
        go(auto)
    monkeypatch.setattr(readiness, "candidates", lambda *_: ("fp32",))
    assert go(auto).evaluated == 2
    assert {m["precision"] for m in record(tmp_path / "run")["models"]} == {"exact", "fp32_channels_last"}


def test_a_model_can_have_a_precision_of_its_own(go, tmp_path):
    """Beside the suite's: the record says which each has, and what was asked for."""
    go(("label: net, ", "label: net, precision: bf16, "))
    asked = {m["label"]: (m["requested_precision"], m["precision"]) for m in record(tmp_path / "run")["models"]}
    assert asked == {"background": ("fp32", "exact"), "net": ("bf16", "bf16_channels_last")}


@pytest.mark.slow
def test_a_parameter_without_weights_is_part_of_the_key(go, tmp_path):
    """Another activation on the same checkpoint is another model."""
    go()
    path = next((tmp_path / "cache" / "checkpoints").glob("*.safetensors"))
    given = ("label: net, train: {epochs: 1, batch_size: 4}", f"label: net, checkpoint: {path}")
    go(given)
    assert go(given, ("size: 32", "size: 32, activation: leaky_relu")).evaluated == 4


def test_examples_follow_the_headline(go, tmp_path):
    """Their Dice is that of the first metric set, also when the sets change places after the evaluation."""

    def shown(*sets):
        go(("precision: fp32", f"precision: fp32\nmetric_sets: [{', '.join(sets)}]"))
        index = json.loads((tmp_path / "run" / "examples" / "index.json").read_text())
        return [e["dice"] for e in index["examples"] if e["model"] == "net"]

    assert shown("standard", "edinburgh_001") != shown("edinburgh_001", "standard")
    assert set(shown("edinburgh_001", "standard")) == {0.0}


def test_failed_examples_do_not_cost_the_cell(go, tmp_path, monkeypatch):
    """The counts are complete without their images."""
    import bench.evaluation.examples

    def broken(*_):
        raise MemoryError("no room for probabilities")

    monkeypatch.setattr(bench.evaluation.examples, "small_mask", broken)
    assert (go().done, go().failed) == (8, ())
    assert json.loads((tmp_path / "run" / "examples" / "index.json").read_text())["examples"] == []


def test_the_record_says_what_made_the_cells(go, tmp_path):
    """Code, versions and machine of every cell, with how many there are."""
    go()
    made = record(tmp_path / "run")["made"]
    assert [m["cells"] for m in made] == [8]
    assert made[0]["code"]


def test_only_runs_the_chosen_models_and_reports_all(go, tmp_path):
    """What another run finished stays in the summary."""
    go(only=("background",))
    assert {r["model"] for r in rows(tmp_path / "run")} == {"background"}
    assert go(only=("un*",)).evaluated == 4
    assert {r["model"] for r in rows(tmp_path / "run")} == {"background", "net"}


def test_limit_takes_a_sample(go, tmp_path):
    """n says how many images are behind each number."""
    go(limit=2, only=("background",))
    assert {r["n"] for r in rows(tmp_path / "run") if r["metric"] == "pixel_accuracy"} == {"2"}


@pytest.fixture
def failing(monkeypatch):
    """Make the network raise for images with noise in them, as long as the list is not empty."""
    trouble = [torch.OutOfMemoryError("CUDA out of memory")]
    real = evaluation.predict

    def predict(segmenter, batch, condition):
        if trouble and condition.label == "additive_noise" and isinstance(segmenter, TorchSegmenter):
            raise trouble[0]
        return real(segmenter, batch, condition)

    monkeypatch.setattr(evaluation, "predict", predict)
    return trouble


def test_a_failed_cell_is_recorded_and_the_run_goes_on(go, tmp_path, failing):
    """The others are done; the message is in the outcome and the protocol, the traceback on disk."""
    outcome = go()
    assert (outcome.done, outcome.failed) == (
        7,
        ("net on shapes (trainval=12, test=4): OutOfMemoryError: CUDA out of memory",),
    )
    failed = record(tmp_path / "run")["cells"]["failed"]
    assert [(f["model"], f["perturbation"], f["strength"]) for f in failed] == [("net", "additive_noise", 50.0)]
    on_disk = json.loads(next((tmp_path / "run" / "cells").glob("*.failed.json")).read_text())
    assert "Traceback" in on_disk["traceback"]


def test_a_failure_is_that_of_a_model_that_was_run(go, failing):
    """An earlier one of a model that `--only` leaves out is no failure of this run."""
    go()
    assert go(only=("background",)).failed == ()
    assert len(go(only=("net",)).failed) == 1


def test_the_next_run_tries_a_failed_cell_again(go, tmp_path, failing):
    """Success forgets the failure."""
    go()
    failing.clear()
    outcome = go()
    assert (outcome.evaluated, outcome.done, outcome.failed) == (1, 8, ())
    assert record(tmp_path / "run")["cells"]["failed"] == []


def test_a_model_that_cannot_be_built_fails_alone(go, monkeypatch):
    """Its cells are failed, the baseline's are done."""
    import bench.evaluation.readiness

    def broken(job):
        if job.spec.name == "unet":
            raise RuntimeError("no such layer\nand more")
        return real(job)

    real = bench.evaluation.readiness.loaded_segmenter
    monkeypatch.setattr(bench.evaluation.readiness, "loaded_segmenter", broken)
    outcome = go()
    assert (outcome.done, set(outcome.failed)) == (
        4,
        {"net on shapes (trainval=12, test=4): RuntimeError: no such layer"},
    )
    assert len(outcome.failed) == 4


def test_an_interrupted_run_loses_at_most_the_cell_in_progress(go, tmp_path, monkeypatch):
    """Ctrl-C in the sixth cell: five are kept, and the next run does the other three."""
    real, calls = evaluation.predict, []

    def predict(segmenter, batch, condition):
        calls.append(condition)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return real(segmenter, batch, condition)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(evaluation, "predict", predict)
        go()
    assert len(cells(tmp_path / "run")) == 5
    assert go().evaluated == 3


def test_two_runs_in_one_folder_are_refused(go, tmp_path, monkeypatch):
    """The second one gets a line, after a moment in which the first could end; the first is not disturbed."""
    monkeypatch.setattr(files, "ENDING", 0.1)
    with RunFolder(tmp_path / "run").locked(), pytest.raises(BenchError, match="another run is at work in"):
        go()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_one_line(go, tmp_path):
    """Before anything is computed."""
    (tmp_path / "run").mkdir(mode=0o500)
    with pytest.raises(BenchError, match="no permission to write"):
        go()


def test_a_file_in_the_place_of_the_folder_is_one_line(go, tmp_path):
    """The message names the place."""
    (tmp_path / "run").write_text("")
    with pytest.raises(BenchError, match="cannot write .*run"):
        go()


def test_a_full_disk_stops_the_run_and_the_next_goes_on(go, tmp_path, monkeypatch):
    """One line; the cells before it are kept."""
    import bench.record.run_folder

    real, count = bench.record.run_folder.RunFolder.write_cell, []

    def write_cell(self, key, cell):
        count.append(key)
        if len(count) == 3:
            import errno

            from bench.host.files import reported_os_errors

            with reported_os_errors(self.cell_path(key)):
                raise OSError(errno.ENOSPC, "No space left on device")
        real(self, key, cell)

    with monkeypatch.context() as patched, pytest.raises(BenchError, match="the disk is full at"):
        patched.setattr(bench.record.run_folder.RunFolder, "write_cell", write_cell)
        go()
    assert len(cells(tmp_path / "run")) == 2
    assert go().evaluated == 6


def test_a_record_of_a_newer_segbench_is_refused(go, tmp_path):
    """Never overwritten by an older one."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text('{"format": 99}')
    with pytest.raises(BenchError, match="written by a newer segbench"):
        go()


def test_untrained_weights_are_evaluated_on_request(go, tmp_path):
    """`epochs: 0` is the initial network."""
    go(("epochs: 1", "epochs: 0"))
    assert record(tmp_path / "run")["models"][1]["training"]["epochs_run"] == 0


@pytest.mark.slow
def test_model_input_is_another_protocol(go, tmp_path):
    """Its cells are other cells, and the record says so."""
    go()
    assert go(("precision: fp32", "precision: fp32\napply_at: model_input")).evaluated == 8
    assert record(tmp_path / "run")["apply_at"] == "model_input"


@pytest.mark.slow
def test_several_data_sets_train_and_evaluate_each(go, tmp_path):
    """Each model is trained per data set unless `train.dataset` says which."""
    two = (
        "datasets: [{name: shapes, trainval: 12, test: 4}]",
        "datasets: [{name: shapes, trainval: 12, test: 4, label: a}, {name: shapes, trainval: 12, test: 4, seed: 1, label: b}]",
    )
    go(two)
    models = {(m["dataset"], m["label"]): m for m in record(tmp_path / "run")["models"]}
    assert models["a", "net"]["state"] != models["b", "net"]["state"]
    go(two, ("epochs: 1", "dataset: a, epochs: 1"))
    models = {(m["dataset"], m["label"]): m for m in record(tmp_path / "run")["models"]}
    assert models["a", "net"]["state"] == models["b", "net"]["state"]


def test_a_run_says_when_code_has_changed(go, tmp_path, monkeypatch, capsys):
    """Cells are kept by version, not by code, so an edit without a new version is named."""
    import bench.runner.loop

    go()
    capsys.readouterr()
    go()
    assert "the code has changed" not in capsys.readouterr().err
    monkeypatch.setattr(bench.runner.loop, "code_hash", lambda: "0" * 32)
    go()
    assert "the code has changed since cells of this folder were made" in capsys.readouterr().err


def test_an_interrupted_run_can_be_reported(go, tmp_path, monkeypatch):
    """What was finished is in the summary."""
    real = evaluation.predict

    def predict(segmenter, batch, condition):
        if condition.label == "occlusion":
            raise KeyboardInterrupt
        return real(segmenter, batch, condition)

    monkeypatch.setattr(evaluation, "predict", predict)
    with pytest.raises(KeyboardInterrupt):
        go()
    assert {r["perturbation"] for r in rows(tmp_path / "run")} == {"clean", "additive_noise"}


@pytest.mark.slow
def test_a_cell_is_scored_once_in_a_run(go, monkeypatch, tmp_path):
    """The outputs are written after each model; with --fresh the new counts are scored, not the old ones."""
    from bench.record import summary

    real, scored = summary.scored, []

    def counted(stored, condition, by):
        scored.append((by.name, condition))
        return real(stored, condition, by)

    monkeypatch.setattr(summary, "scored", counted)
    go()
    assert len(scored) == len(set(scored)) == 8
    table = (tmp_path / "run" / "summary.csv").read_text()
    cell = sorted((tmp_path / "run" / "cells").glob("*.parquet"))[0]
    other = sorted((tmp_path / "run" / "cells").glob("*.parquet"))[-1]
    cell.write_bytes(other.read_bytes())
    go(fresh=True)
    assert (tmp_path / "run" / "summary.csv").read_text() == table
