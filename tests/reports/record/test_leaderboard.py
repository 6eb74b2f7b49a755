"""The leaderboard against an independent computation from the CSV file with pandas."""

import pandas as pd
import pytest

import reports

pytestmark = pytest.mark.usefixtures("undrawn")


def headline(folder):
    frame = pd.read_csv(folder / "summary.csv")
    return frame[(frame.metric_set == "standard") & (frame.metric == "dice") & (frame["class"] == "mean")]


def test_perturbed_is_the_mean_of_the_perturbations_means(rendered):
    """Averages over strengths first, then over perturbations, the clean images left out."""
    frame = headline(rendered.folder)
    means = frame[frame.perturbation != "clean"].groupby(["model", "perturbation"]).value.mean()
    expected = means.groupby("model").mean().to_dict()
    found = {row.model: row.perturbed for row in reports.leaderboard(rendered.folder)}
    assert found == pytest.approx(expected)


def test_unequal_numbers_of_strengths_weigh_each_perturbation_once(make_run):
    """A perturbation with many strengths counts no more than one with few."""
    run = make_run(models=1, perturbations=2)
    run.record["perturbations"][1]["strengths"] = [1]
    run.rows = [row for row in run.rows if row[2] != "binomial_blur" or row[3] == 1]
    for row in run.rows:
        if row[5:7] == ["dice", "mean"]:
            row[8] = {"clean": 0.9, "additive_noise": 0.8, "binomial_blur": 0.2}[row[2]]
    (row,) = reports.leaderboard(run.write())
    assert (row.perturbed, row.drop) == pytest.approx((0.5, 0.4))


def test_clean_scores_and_drop(rendered):
    """Takes clean Dice and mIoU from the clean rows; the drop is clean minus perturbed."""
    clean = headline(rendered.folder).query("perturbation == 'clean'").set_index("model").value
    for row in reports.leaderboard(rendered.folder):
        assert row.dice == clean[row.model]
        assert row.miou is not None
        assert row.perturbed is not None
        assert row.drop == row.dice - row.perturbed


def test_best_clean_dice_comes_first(rendered):
    """Sorts by clean Dice within a data set."""
    dice = [row.dice for row in reports.leaderboard(rendered.folder)]
    assert dice == sorted(dice, reverse=True)


def test_names_size_checkpoint_precision_and_speed(rendered):
    """Copies from the protocol what stands there of the model."""
    row = reports.leaderboard(rendered.folder)[0]
    assert (row.parameters, row.checkpoint, row.precision) == (7763041, "c0ffee" * 5, "bf16 channels_last")
    assert (row.images_per_second, row.n, row.done, row.planned) == (20.02, 168, 73, 73)


def test_a_missing_condition_leaves_no_mean(make_run):
    """Gives no mean over perturbations while a planned condition lacks a score: it would not compare."""
    run = make_run(models=1)
    run.rows = [row for row in run.rows if row[2:4] != ["occlusion", 45]]
    (row,) = reports.leaderboard(run.write())
    assert (row.perturbed, row.drop, row.done, row.planned) == (None, None, 72, 73)
    assert row.dice is not None


def test_an_undefined_value_is_none(make_run):
    """Reads an empty value as undefined, not as 0."""
    run = make_run(models=1, perturbations=1)
    for row in run.rows:
        if row[2] == "clean":
            row[8] = ""
    (row,) = reports.leaderboard(run.write())
    assert row.dice is None
    assert row.done == 10


def test_every_data_set_has_its_own_rows(make_run):
    """Ranks data set by data set, in the suite's order."""
    rows = reports.leaderboard(make_run(datasets=2, perturbations=1).write())
    assert [row.dataset for row in rows] == ["pets"] * 3 + ["shapes <2>"] * 3


def test_strengths_match_to_twelve_digits(make_run):
    """Finds a strength whose last digits were rounded on their way into the CSV file."""
    run = make_run(models=1, perturbations=1)
    run.record["perturbations"][0]["strengths"][0] = 2.0000000000000004
    assert reports.leaderboard(run.write())[0].perturbed is not None
