"""The tables of a whole run: what stands in them against counting by hand, and when they are there."""

import csv
import json
import shutil

import numpy as np
import pandas as pd
import pytest

import bench
from bench.host.checksum import of_file
from bench.metrics import METRIC_SETS, per_image
from bench.record.late_cells import take_up
from bench.record.run_folder import RunFolder
from bench.record.run_record import PerturbationRecord
from bench.record.statistics_tables import measured_rmse, relative_places
from bench.suite import load_suite
from registry.errors import BenchError
from reports.record.run import open_run

pytestmark = pytest.mark.usefixtures("undrawn")
MODELS = (
    "  - {name: background}\n",
    "  - {name: background}\n  - {name: chance, label: one}\n  - {name: chance, label: two}\n",
)
NET = ("  - {name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}\n", "")
NOISE = ("strengths: [50]", "strengths: [20, 50]")
REFERENCE = ("precision: fp32\n", "precision: fp32\nreference: one\nmetric_sets: [standard, binary]\n")
TABLES = ("ranking.csv", "comparisons.csv", "robustness.csv", "distribution.csv")


@pytest.fixture
def finished(go, tmp_path):
    """A finished run of background and chance, the latter twice."""
    go(MODELS, NET, NOISE, REFERENCE)
    return tmp_path / "run"


def table(folder, name):
    with (folder / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


def one_of(rows, **wanted):
    found = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    assert len(found) == 1, (wanted, found)
    return found[0]


def test_every_score_has_an_interval(finished):
    """Between its bounds, or without one where it has no value."""
    frame = bench.open_run(finished).frame()
    known = frame.dropna(subset="value")
    assert len(known) > 100
    assert ((known["low"] <= known["value"] + 1e-12) & (known["value"] <= known["high"] + 1e-12)).mean() > 0.98
    assert (known["resamples"] <= 2000).all()
    assert known["resamples"].min() < 2000  # of 4 images a class vanishes in some resamples
    assert frame.loc[frame["value"].isna(), ["low", "high"]].isna().all().all()


def test_the_mean_over_perturbations_is_that_of_the_leaderboard(finished):
    """`perturbed`: the mean over perturbations of the mean over strengths, from the rows of summary.csv."""
    scores = table(finished, "summary.csv")
    for model in ("background", "one"):
        by = {"model": model, "metric_set": "standard", "metric": "dice", "class": "mean"}
        noise = [float(one_of(scores, perturbation="additive_noise", strength=s, **by)["value"]) for s in ("20", "50")]
        hidden = [float(one_of(scores, perturbation="occlusion", strength=s, **by)["value"]) for s in ("20", "40")]
        wanted = (np.mean(noise) + np.mean(hidden)) / 2
        place = {"metric_set": "standard", "metric": "dice"}
        ranked = one_of(table(finished, "ranking.csv"), scope="perturbed", model=model, **place)
        assert float(ranked["value"]) == pytest.approx(wanted, abs=1e-12)
        summary = {"measure": "mpc", "perturbation": "all", "model": model}
        assert one_of(table(finished, "robustness.csv"), **place, **summary)["value"] == ranked["value"]


def test_equal_models_share_rank_and_group(finished):
    """One network under two names: p is 1, no image is failed by one alone, each is first in half of the resamples."""
    place = {"metric_set": "binary", "metric": "dice", "scope": "clean"}
    rows = table(finished, "ranking.csv")
    first, second = (one_of(rows, model=model, **place) for model in ("one", "two"))
    keys = ("value", "low", "high", "rank", "p_best", "tie_group")
    assert [first[key] for key in keys] == [second[key] for key in keys]
    assert (first["rank"], first["tie_group"], float(first["p_best"])) == ("1", "1", 0.5)
    pair = one_of(table(finished, "comparisons.csv"), model="one", other="two", **place)
    assert [float(pair[key]) for key in ("difference", "low", "high", "p", "mcnemar_p")] == [0, 0, 0, 1, 1]
    assert (pair["only_model_fails"], pair["only_other_fails"], pair["told_apart"]) == ("0", "0", "false")


def test_failures_are_counted_by_hand(finished):
    """Images whose own Dice on the clean image is below 0.5, from the cells."""
    record = RunFolder(finished).record()
    scores = {
        model.label: per_image(RunFolder(finished).read_cell(model.cell_keys[0]).counts, METRIC_SETS["binary"])
        for model in record.models
    }
    pair = one_of(
        table(finished, "comparisons.csv"),
        model="one", other="background", metric_set="binary", metric="dice", scope="clean",
    )  # fmt: skip
    fails = {label: own < 0.5 for label, own in scores.items()}
    assert int(pair["model_fails"]) == fails["one"].sum()
    assert int(pair["other_fails"]) == fails["background"].sum()
    assert int(pair["only_other_fails"]) == (fails["background"] & ~fails["one"]).sum()
    assert (pair["failure_below"], pair["images"]) == ("0.5", "4")


def test_the_worst_perturbed_score_of_each_image(finished):
    """The mean over images of the least of the four perturbed scores; the clean one is not among them."""
    record = RunFolder(finished).record()
    model = next(one for one in record.models if one.label == "one")
    own = [per_image(RunFolder(finished).read_cell(key).counts, METRIC_SETS["standard"]) for key in model.cell_keys[1:]]
    found = one_of(
        table(finished, "robustness.csv"), model="one", metric_set="standard", metric="dice", measure="worst_image"
    )
    assert float(found["value"]) == pytest.approx(np.min(own, axis=0).mean(), abs=1e-12)


def test_the_spread_over_images(finished):
    """Quantiles and 20 bins of the images' own scores, against NumPy."""
    record = RunFolder(finished).record()
    model = next(one for one in record.models if one.label == "one")
    own = per_image(RunFolder(finished).read_cell(model.cell_keys[0]).counts, METRIC_SETS["standard"])
    found = one_of(
        table(finished, "distribution.csv"), model="one", perturbation="clean", metric_set="standard", metric="dice"
    )
    marks = [float(found[name]) for name in ("min", "p5", "p25", "p50", "p75", "p95", "max")]
    assert marks == pytest.approx(np.quantile(own, (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)))
    assert [int(n) for n in found["histogram"].split()] == np.histogram(own, 20, (0, 1))[0].tolist()
    assert found["n"] == "4"


def test_ratios_name_their_reference(finished):
    """CD of mean IoU: the sum of 1 - mIoU over the strengths, over that of the reference."""
    scores, rows = table(finished, "summary.csv"), table(finished, "robustness.csv")

    def error(model):
        by = {"model": model, "metric_set": "standard", "metric": "iou", "class": "mean", "perturbation": "occlusion"}
        return sum(1 - float(one_of(scores, strength=s, **by)["value"]) for s in ("20", "40"))

    by = {"metric_set": "standard", "metric": "iou", "measure": "cd", "perturbation": "occlusion"}
    found = one_of(rows, model="background", **by)
    assert float(found["value"]) == pytest.approx(error("background") / error("one"), abs=1e-12)
    assert found["reference"] == "one"
    assert float(one_of(rows, model="two", **by)["value"]) == 1.0


def test_a_program_reads_the_tables(finished):
    """As frames, words as words and empty numbers as NaN."""
    result = bench.open_run(finished)
    ranking, pairs, falls = result.ranking(), result.comparisons(), result.robustness()
    assert set(ranking["model"]) == {"background", "one", "two"}
    assert ranking["rank"].dtype == "int64"
    assert pairs["told_apart"].dtype == bool
    assert pairs.loc[pairs["metric"] == "iou", "mcnemar_p"].isna().all()
    assert pd.api.types.is_float_dtype(falls["value"])
    assert "censored" in set(falls["note"])
    (finished / "ranking.csv").unlink()
    with pytest.raises(BenchError, match=r"ranking.csv is missing; run `bench report"):
        result.ranking()


def test_reports_read_the_tables(finished):
    """The reader of reports takes every row."""
    run = open_run(finished)
    assert len(run.statistics.ranking) == len(table(finished, "ranking.csv"))
    assert len(run.statistics.robustness) == len(table(finished, "robustness.csv"))
    assert all(row.resamples for row in run.rows if row.value is not None)


def older(folder):
    """Make a run folder one of before there were intervals."""
    with (folder / "summary.csv").open(newline="") as lines:
        rows = [row[:10] for row in csv.reader(lines)]
    with (folder / "summary.csv").open("w", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows(rows)
    for name in (*TABLES, "slices.csv"):
        (folder / name).unlink()
    record = RunFolder(folder).record()
    tables = {name: one for name, one in record.tables.items() if (folder / name).is_file()}
    tables["summary.csv"] = of_file((folder / "summary.csv").read_bytes())
    RunFolder(folder).write_record(record.model_copy(update={"tables": tables, "statistics": None}))


def test_a_run_of_before_gets_intervals_by_its_report(finished):
    """From its cells, with the values that it had; the reference is one of the newer suite, so there are no ratios."""
    before = {name: (finished / name).read_bytes() for name in ("summary.csv", *TABLES)}
    older(finished)
    assert take_up(finished) == []
    for name in ("summary.csv", "ranking.csv", "comparisons.csv", "distribution.csv"):
        assert (finished / name).read_bytes() == before[name], name
    assert not any(row["reference"] for row in table(finished, "robustness.csv"))
    stamp = (finished / "run.json").stat().st_mtime_ns
    assert take_up(finished) == []
    assert (finished / "run.json").stat().st_mtime_ns == stamp


def test_a_run_of_before_whose_cells_are_gone_stays(finished):
    """It has no intervals, and nothing is lost."""
    older(finished)
    shutil.rmtree(finished / "cells")
    before = (finished / "summary.csv").read_bytes()
    assert take_up(finished) == []
    assert (finished / "summary.csv").read_bytes() == before
    assert not (finished / "ranking.csv").is_file()
    assert {row.low for row in open_run(finished).rows} == {None}


def test_a_run_gives_an_older_folder_its_tables(finished, go):
    """No cell is evaluated again."""
    before = (finished / "robustness.csv").read_bytes()
    older(finished)
    assert go(MODELS, NET, NOISE, REFERENCE).evaluated == 0
    assert (finished / "robustness.csv").read_bytes() == before


def test_other_rules_compute_anew(finished, go):
    """A report with 500 resamples by BCa; the next report keeps them, the next run has those of its suite again."""
    before = {name: (finished / name).read_bytes() for name in ("summary.csv", *TABLES)}
    assert take_up(finished, {"resamples": 500, "interval": "bca"}) == []
    assert max(int(row["resamples"]) for row in table(finished, "summary.csv")) == 500
    assert json.loads((finished / "run.json").read_text())["statistics"]["interval"] == "bca"
    changed = (finished / "ranking.csv").read_bytes()
    assert changed != before["ranking.csv"]
    assert take_up(finished) == []
    assert (finished / "ranking.csv").read_bytes() == changed
    assert go(MODELS, NET, NOISE, REFERENCE).evaluated == 0
    assert {name: (finished / name).read_bytes() for name in before} == before


def test_an_unfinished_model_ranks_clean_alone(finished):
    """A mean over other conditions than the next model's would not compare."""
    record = RunFolder(finished).record()
    model = next(one for one in record.models if one.label == "background")
    RunFolder(finished).cell_path(model.cell_keys[-1]).unlink()
    older(finished)
    assert take_up(finished) == ["finished cells that are gone: 1; run the suite again"]
    rows = table(finished, "ranking.csv")
    assert {row["model"] for row in rows if row["scope"] == "clean"} == {"background", "one", "two"}
    assert {row["model"] for row in rows if row["scope"] == "perturbed"} == {"one", "two"}
    falls = {
        (row["measure"], row["perturbation"])
        for row in table(finished, "robustness.csv")
        if row["model"] == model.label
    }
    assert ("mpc", "additive_noise") in falls
    assert not {("mpc", "all"), ("mpc", "occlusion")} & falls


def test_the_suites_rules(write):
    """Read strictly; each fault is one line that says what is allowed."""
    suite = load_suite(write(("precision: fp32\n", "precision: fp32\nstatistics: {resamples: 100, interval: bca}\n")))
    assert (suite.statistics.resamples, suite.statistics.interval, suite.statistics.failure_below) == (100, "bca", 0.5)
    assert suite.reference is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("statistics: {resamples: 99}", "statistics.resamples: give a whole number, 100 to 100000 (given: 99)"),
        ("statistics: {resamples: 100001}", "statistics.resamples: give a whole number, 100 to 100000 (given: 100001)"),
        ("statistics: {interval: bcaa}", "statistics.interval"),
        ("statistics: {resample: 500}", "unknown key 'resample'; did you mean 'resamples'?"),
        ("statistics:", "it is empty; write `statistics: {resamples: 2000}`"),
        ("statistics: {failure_below: 0}", "statistics.failure_below: give a number, above 0, at most 1 (given: 0)"),
        ("reference: nett", "no model of this suite is labelled 'nett'; did you mean 'net'?"),
        ("reference: [net]", "reference:"),
    ],
)
def test_faults_of_a_suite(write, text, words):
    """One line each."""
    with pytest.raises(BenchError) as error:
        load_suite(write(("precision: fp32\n", f"precision: fp32\n{text}\n")))
    assert len(str(error.value).splitlines()) == 1
    assert words in str(error.value)


def test_no_perturbation_is_called_all(write):
    """It would be taken for the summary over all perturbations."""
    with pytest.raises(BenchError, match="'all' is the name of the summary over all perturbations; choose another"):
        load_suite(write(("{name: occlusion,", "{name: occlusion, label: all,")))


def test_places_of_strengths():
    """Of a contrast around 1, of a severity, of a quality: 0 is the clean level, 1 the strongest."""
    contrast = PerturbationRecord(label="c", name="c", strengths=(0.9, 0.6), identity=1.0)
    assert relative_places(contrast) == pytest.approx([0, 0.25, 1])
    severity = PerturbationRecord(label="f", name="f", strengths=(1, 2, 5), unit="severity")
    assert relative_places(severity) == [0, 0.2, 0.4, 1]
    quality = PerturbationRecord(label="j", name="j", strengths=(50, 10), unit="quality")
    assert relative_places(quality) == [0, 0.5, 1]


def test_measured_strengths():
    """Rows of strengths.csv, as a run has them and as the file has them."""
    row = {"dataset": "d", "perturbation": "p", "strength": "0.1", "measure": "rmse", "mean": "3.5"}
    assert measured_rmse([row, {**row, "measure": "ssim"}, {**row, "strength": "2", "mean": ""}]) == {
        ("d", "p", 0.1): 3.5
    }
