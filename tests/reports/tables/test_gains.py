"""By how many per cent a score is above that of the best model that looks at no image."""

import pytest
from made_up_models import changed, clean_dice, mixed
from made_up_run import NASTY, RunFolder

from reports import leaderboard
from reports.record.boards import boards
from reports.record.run import open_run
from reports.tables.cautions import cautions
from reports.tables.clean_tables import clean_table
from reports.tables.scores import leaderboard_table

GUESS = {"name": "chance", "baseline": "only guesses"}


@pytest.fixture
def made(tmp_path):
    """Return a run of three models: "background" is a guess with a clean Dice of .5 and a mIoU of .4."""
    run = RunFolder(tmp_path / "run", perturbations=0)
    changed(run, "background", **GUESS)
    for label, dice, iou in (("background", 0.5, 0.4), (NASTY, 0.815, 0.6), ("smp (encoder=efficientnet)", 0.45, 0.4)):
        clean_dice(run, label, "standard", dice)
        for row in run.rows:
            if row[1] == label and row[4:7] == ["standard", "iou", "mean"]:
                row[8] = iou
    return run


def columns(table, *titles):
    """The texts of some columns by the first one, the model."""
    places = [table.header.index(title) for title in titles]
    return {row[0].text.rstrip(" †"): [row[place].text for place in places] for row in table.rows}


def tables(made):
    run = open_run(made.write())
    board = boards(run, "pets")[0]
    return leaderboard_table(run, board), clean_table(run, board)


def test_an_improvement_of_63_per_cent_is_the_second_reports(made):
    """.815 over .5 (R-18); below the baseline the sign is a minus; the baseline has no gain over itself."""
    first, clean = tables(made)
    assert columns(first, "Dice gain") == {
        NASTY: ["+63.0\u00a0%"],
        "background": ["—"],
        "smp (encoder=efficientnet)": ["−10.0\u00a0%"],
    }
    assert columns(clean, "Dice gain", "mIoU gain") == {
        NASTY: ["+63.0\u00a0%", "+50.0\u00a0%"],
        "background": ["—", "—"],
        "smp (encoder=efficientnet)": ["−10.0\u00a0%", "+0.0\u00a0%"],
    }


def test_the_note_names_the_baseline_and_its_score(made):
    first, clean = tables(made)
    formula = "Gain: 100 (score / baseline − 1) % of the clean score: "
    assert f"{formula}Dice over background (0.5000)." in first.note
    assert f"{formula}Dice over background (0.5000) and mIoU over background (0.4000)." in clean.note


def test_the_best_baseline_is_the_one_compared_with(made):
    """Of two guesses the better one; the other one has a gain below 0."""
    changed(made, "smp (encoder=efficientnet)", **GUESS | {"parameters": {"frequencies": None}})
    clean_dice(made, "smp (encoder=efficientnet)", "standard", 0.652)
    first, _ = tables(made)
    gains = columns(first, "Dice gain")
    assert gains[NASTY] == ["+25.0\u00a0%"]  # .815 / .652 - 1
    assert gains["smp (encoder=efficientnet)"] == ["—"]
    assert gains["background"] == ["−23.3\u00a0%"]  # .5 / .652 - 1


@pytest.mark.parametrize("value", [0.0, 1e-9, ""])
def test_over_a_baseline_of_nothing_there_is_no_column(made, value):
    """Of 0, of 0 but for an epsilon, and of a score that is not defined."""
    clean_dice(made, "background", "standard", value)
    first, clean = tables(made)
    assert "Dice gain" not in first.header
    assert "Dice gain" not in clean.header
    assert "mIoU gain" in clean.header


def test_without_a_baseline_there_is_no_column(make_run):
    """No model of the run is called one."""
    first, clean = tables(make_run(perturbations=0))
    assert not [title for title in (*first.header, *clean.header) if "gain" in title]
    assert "Gain" not in first.note + clean.note


def test_a_prompted_baseline_is_compared_with_its_own_group_only(tmp_path):
    """The filled box (.7): +37.1 % of a model with a box (.96), nothing of those with a point or with none."""
    made = mixed(tmp_path / "run", perturbations=0)
    run = open_run(made.write())
    found = {board.supervision: leaderboard_table(run, board) for board in boards(run, "pets")[-3:]}
    assert columns(found["box from ground truth"], "Dice gain") == {"sam2 box": ["+37.1\u00a0%"], "box filled": ["—"]}
    assert not any("Dice gain" in found[group].header for group in found if group != "box from ground truth")


def test_a_guess_is_a_baseline_of_every_group(tmp_path):
    """It was given less than any of them."""
    made = mixed(tmp_path / "run", perturbations=0)
    changed(made, "background", **GUESS)
    clean_dice(made, "background", "sam2_binary", 0.5)
    rows = {(row.supervision, row.model): row for row in leaderboard(made.write()) if row.metric_set == "sam2_binary"}
    point = rows["point from ground truth", "sam2 point"]
    assert (point.baseline, round(point.gain, 6)) == ("background", 82.0)
    assert rows["box from ground truth", "sam2 box"].baseline == "box filled"


def test_an_older_run_tells_its_baselines_by_their_names(made):
    """It does not record what is one; a model of the user's that it calls chance is none."""
    for name, expected in (("background", True), ("prompt_disc", True), ("chance", False)):
        changed(made, "background", name=name, baseline=None)
        assert ("Dice gain" in tables(made)[0].header) is expected


def test_a_network_below_the_guess_is_named_and_a_baseline_is_not(made):
    """Who guesses may score below who predicts background: that is no news."""
    changed(made, NASTY, name="background", baseline="only ever predicts background")
    found = [one.text for one in cautions(open_run(made.write()), "pets") if "scores below" in one.text]
    assert found == [
        f"smp (encoder=efficientnet) scores below {name}, which {does}: Dice 0.4500 against {value} on the clean images."
        for name, does, value in (
            ("background", "only guesses", "0.5000"),
            (NASTY, "only ever predicts background", "0.8150"),
        )
    ]
