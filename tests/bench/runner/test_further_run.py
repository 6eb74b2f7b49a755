"""Further metrics through a whole run: what is stored, scored, kept and said."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from bench.compare.protocols import joining_faults
from bench.compare.verification import verify
from bench.metrics import METRIC_SETS
from bench.record.cell_file import read_cell_file
from bench.record.late_cells import take_up
from bench.record.run_folder import RunFolder

ASKED = (
    "precision: fp32",
    "precision: fp32\nmetrics: [boundary_iou, {name: surface_dice, tolerance: 2}, hd95, calibration]",
)
HARD = ("  - {name: background}", "  - {name: chance}")


def rows(folder):
    with (folder / "summary.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def keys(folder):
    return {path.stem for path in (folder / "cells").glob("*.parquet")}


def record(folder):
    return json.loads((folder / "run.json").read_text())


def without_times(folder):
    return {name: (folder / name).read_text() for name in ("summary.csv", "calibration.csv", "distribution.csv")}


def test_a_run_measures_what_its_suite_asks(go, tmp_path):
    """Scores with intervals, terms in the cells, bins of reliability, entries in the record; dice as without them."""
    go()
    plain, old = rows(tmp_path / "run"), keys(tmp_path / "run")
    outcome = go(ASKED)
    folder = tmp_path / "run"
    assert outcome.evaluated == 8  # further numbers have keys of their own
    found = rows(folder)
    wanted = {
        "boundary_iou",
        "boundary_iou_per_image",
        "surface_dice",
        "surface_dice_per_image",
        "hd95",
        "hd95_infinite",
    }
    wanted |= {"ece", "brier", "auroc", "aurc", "classwise_ece"}
    assert {row["metric"] for row in found} - {row["metric"] for row in plain} == wanted
    assert [row for row in found if row["metric"] in {one["metric"] for one in plain}] == plain
    ece = [row for row in found if row["metric"] == "ece" and row["model"] == "net"]
    assert len(ece) == 4
    assert all(float(row["low"]) <= float(row["value"]) <= float(row["high"]) for row in ece)
    assert all((row["class"], row["n"], row["resamples"]) == ("all", "4", "2000") for row in ece)
    assert [(one["name"], one["reads"], one["parameters"]) for one in record(folder)["further"]][1:3] == [
        ("surface_dice", "masks", {"tolerance": 2.0}),
        ("hd95", "masks", {}),
    ]
    declared = {one["name"]: one for one in record(folder)["metrics"]}
    assert declared["hd95"]["higher_is_better"] is False
    assert declared["hd95"]["bounds"] == [0.0, None]
    assert go().evaluated == 0  # the cells of before are still there
    assert old <= keys(folder)
    assert not (folder / "calibration.csv").exists()


def test_the_bins_of_reliability_give_the_error(go, tmp_path):
    """ECE = sum of n_b / n |accuracy - confidence|, from the lines of calibration.csv."""
    go(ASKED)
    bins, found = pd.read_csv(tmp_path / "run" / "calibration.csv"), rows(tmp_path / "run")
    assert len(bins) == 8 * 15
    one = bins[(bins.model == "net") & (bins.perturbation == "occlusion") & (bins.strength == 40)]
    there = one[one.pixels > 0]
    assert one[one.pixels == 0][["confidence", "accuracy"]].isna().all(axis=None)
    error = (there.pixels / there.pixels.sum() * (there.accuracy - there.confidence).abs()).sum()
    row = next(
        r
        for r in found
        if (r["model"], r["perturbation"], r["strength"], r["metric"]) == ("net", "occlusion", "40", "ece")
    )
    assert float(row["value"]) == pytest.approx(error, rel=1e-9)


def test_a_model_of_hard_masks_has_no_calibration(go, tmp_path):
    """Empty values of no image, the reason in the record; its masks are measured."""
    go(ASKED, HARD)
    found = [row for row in rows(tmp_path / "run") if row["model"] == "chance"]
    calibrated = [row for row in found if row["metric"] in ("ece", "brier", "auroc", "aurc", "classwise_ece")]
    assert {(row["n"], row["value"], row["low"], row["high"]) for row in calibrated} == {("0", "", "", "")}
    assert all(row["value"] for row in found if row["metric"] == "boundary_iou")
    assert record(tmp_path / "run")["without"] == [
        {"dataset": "shapes (trainval=12, test=4)", "model": "chance", "metric": "calibration",
         "reason": "the model predicts labels without probabilities"}
    ]  # fmt: skip
    bins = pd.read_csv(tmp_path / "run" / "calibration.csv")
    assert set(bins.model) == {"net"}


def test_tables_are_made_anew_from_the_cells(go, tmp_path):
    """Without the suite: a damaged table, and all of them."""
    go(ASKED)
    folder = tmp_path / "run"
    before = without_times(folder)
    for name in before:
        (folder / name).write_text("x")
        take_up(folder)
        assert without_times(folder) == before, name
    for name in before:
        (folder / name).unlink()
    take_up(folder)
    assert without_times(folder) == before


def test_the_order_of_the_suite_changes_no_cell(go, tmp_path):
    """Nor does a metric that is made of the counts; a parameter and another view do."""
    go(ASKED)
    turned = "metrics: [worst_images, calibration, hd95, {name: surface_dice, tolerance: 2.0}, boundary_iou]"
    outcome = go(("precision: fp32", f"precision: fp32\n{turned}"))
    assert outcome.evaluated == 0
    assert {"dice_worst_1", "dice_worst_10"} <= {row["metric"] for row in rows(tmp_path / "run")}
    assert go(("precision: fp32", f"precision: fp32\n{turned.replace('2.0', '3')}")).evaluated == 8
    assert go((ASKED[0], f"{ASKED[1]}\nmetric_sets: [standard, edinburgh_001]")).evaluated == 0
    assert go((ASKED[0], f"{ASKED[1]}\nmetric_sets: [standard, binary]")).evaluated == 8


def test_a_cell_holds_what_was_measured(go, tmp_path):
    """Column by column; its scores follow from it."""
    go(ASKED)
    folder = tmp_path / "run"
    model = record(folder)["models"][1]
    cell = read_cell_file(folder / "cells" / f"{model['cell_keys'][0]}.parquet", model["cell_keys"][0])
    assert {name: terms.shape for name, terms in cell.terms.items()} == {
        "boundary_iou ignore classes": (4, 6),
        "calibration ignore classes": (4, 45 + 256 + 45 + 1),
        "hd95 ignore classes": (4, 3),
        "surface_dice ignore classes": (4, 6),
    }
    sums = cell.terms["boundary_iou ignore classes"].sum(0).reshape(3, 2)
    row = next(
        r for r in rows(folder)
        if (r["model"], r["perturbation"], r["metric"], r["class"]) == ("net", "clean", "boundary_iou", "background")
    )  # fmt: skip
    assert float(row["value"]) == pytest.approx(sums[0, 0] / sums[0, 1])
    stats = cell.counts.under("ignore")
    pixels = cell.terms["calibration ignore classes"][:, :45].reshape(4, 15, 3).sum(1)
    assert np.array_equal(pixels[:, 0], stats.valid)
    assert np.array_equal(pixels[:, 2], stats.correct)
    assert METRIC_SETS["standard"].border == "ignore"


def test_python_asks_for_them_too():
    """`bench.evaluate(metrics=…)`: a name, or an item with parameters; a function that returns labels has no calibration."""
    import bench

    def halves(image):
        return (np.arange(image.shape[1])[None] > image.shape[1] / 2).repeat(image.shape[0], 0).astype(np.uint8)

    data = [(np.full((20, 30, 3), 90, np.uint8), np.eye(20, 30, dtype=np.uint8)) for _ in range(3)]
    found = bench.evaluate(halves, data, metrics=["error_split", {"name": "calibration"}], progress=False).frame()
    split = found[
        (found["class"] == "class 1") & found.metric.isin(["iou", "boundary_error", "extent_error", "segment_error"])
    ]
    assert split.value.sum() == pytest.approx(1)
    assert found[found.metric == "ece"].value.isna().all()
    with pytest.raises(bench.BenchError, match="did you mean 'error_split'"):
        bench.evaluate(halves, data, metrics="eror_split", progress=False)


def test_all_of_it_is_verified_and_a_changed_bin_found(go, tmp_path):
    """`bench verify` computes scores and bins again."""
    go(ASKED)
    folder = tmp_path / "run"
    found = verify(folder)
    assert [fault for fault in found.faults if fault.startswith(("summary", "calibration", "the "))] == []
    assert found.rows["calibration.csv"] == 8 * 15
    table = folder / "calibration.csv"
    lines = table.read_text().splitlines()
    lines[16] = lines[16].rpartition(",")[0] + ",0.123"
    table.write_text("\n".join(lines) + "\n")
    assert any("calibration.csv" in fault for fault in verify(folder).faults)


def test_runs_of_other_metrics_do_not_become_one(go, tmp_path):
    """The words name them; a parameter counts, the order does not."""
    go(ASKED)
    one = RunFolder(tmp_path / "run").record()
    turned = one.model_copy(update={"further": one.further[::-1]})
    assert joining_faults(one, turned) == []
    plain = one.model_copy(update={"further": ()})
    assert joining_faults(one, plain) == ["metrics: boundary_iou, surface_dice, hd95, calibration / none"]
    wider = one.further[1].model_copy(update={"parameters": {"tolerance": 3.0}})
    assert joining_faults(one, one.model_copy(update={"further": (one.further[0], wider, *one.further[2:])}))


def test_a_metric_that_is_not_here_any_more_is_left_out(go, tmp_path, plugin_files):
    """A run with a plug-in is read without it: the other numbers are there, and stay."""
    from bench.suite.plugins import load_plugins, unload_plugins

    code = """
        import numpy as np
        from bench.metrics.image_entry import Given, ImageMetric
        from bench.metrics.image_scores import of_classes

        ENTRY = ImageMetric(
            title="Half", source="made up", reads="masks", gives=(Given("half", "Half"),), terms=lambda classes: classes,
            measure=lambda image, parameters: np.full(len(image.labels), 0.5),
            scores=lambda cell: of_classes("half", cell, cell.terms[:, :, None], lambda sums: sums[..., 0] * 0 + 0.5),
        )
        """
    load_plugins(plugin_files({"further_metrics/half.py": code}))
    go((ASKED[0], ASKED[1].replace("calibration", "half")))
    before = rows(tmp_path / "run")
    assert {row["value"] for row in before if row["metric"] == "half"} == {"0.5"}
    unload_plugins()
    (tmp_path / "run" / "summary.csv").unlink()
    take_up(tmp_path / "run")
    assert rows(tmp_path / "run") == [row for row in before if row["metric"] != "half"]
