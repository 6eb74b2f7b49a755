"""The tables of scores, cell by cell, against the rows they are made from."""

from statistics import fmean

import pytest
from made_up_run import CLASSES, NASTY
from made_up_severities import many

from reports.record.boards import boards, boards_of
from reports.record.run import open_run
from reports.tables.clean_tables import class_table, clean_table, clean_tables, image_table
from reports.tables.facts import facts_table
from reports.tables.scores import leaderboard_table, policy
from reports.tables.sweep_tables import perturbation_table, strengths_table, strongest_table


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    from made_up_run import RunFolder

    return RunFolder(tmp_path_factory.mktemp("scores") / "run")


@pytest.fixture(scope="module")
def run(made):
    return open_run(made.write())


def board_of(run, metric_set=None):
    """Return the one board of a run of models without prompts."""
    (board,) = boards_of(run, "pets", metric_set) if metric_set else boards(run, "pets")
    return board


def row_of(table, name):
    """Return the cells of the row whose first cell is `name`, by column."""
    (row,) = [row for row in table.rows if row[0].text == name]
    return dict(zip(table.header, (cell.text for cell in row), strict=True))


def raw(made, model, condition, metric="dice", class_name="mean", metric_set="standard"):
    """Return the number that was written into the CSV file."""
    wanted = ["pets", model, *condition, metric_set, metric, class_name]
    (value,) = [row[8] for row in made.rows if row[:7] == wanted]
    return value


def test_the_leaderboard_has_a_row_for_each_model(made, run):
    """Prints scores, speed, precision and the conditions; beneath, size and the checkpoint's first digits."""
    row = row_of(leaderboard_table(run, board_of(run)), NASTY)
    facts = row_of(facts_table(run, board_of(run)), NASTY)
    assert row["clean Dice"] == f"{raw(made, NASTY, ('clean', 0.0)):.4f}"
    assert row["clean mIoU"] == f"{raw(made, NASTY, ('clean', 0.0), 'iou'):.4f}"
    assert (row["images/s"], row["precision"], row["conditions"]) == ("20", "bf16 channels_last", "73 of 73")
    assert (facts["parameters"], facts["checkpoint"]) == ("7.76\u00a0M", "c0ffeec0ffee")


def test_a_model_without_a_checkpoint_has_a_dash(run):
    """Prints a dash where there is no checkpoint."""
    assert row_of(facts_table(run, board_of(run)), "background")["checkpoint"] == "—"


@pytest.mark.parametrize("number", [0, 1])
def test_clean_scores_are_those_of_the_metric_set(made, run, number):
    """Takes every column from the rows of that set and the clean condition."""
    metric_set = run.record.metric_sets[number]
    board = board_of(run, metric_set)
    tables = [clean_table(run, board), class_table(run, board), image_table(run, board)]
    assert clean_tables(run, board) == tables
    row = {name: text for table in tables for name, text in row_of(table, "background").items()}
    expected = {
        "mIoU": ("iou", "mean"),
        "Dice": ("dice", "mean"),
        "Pixel accuracy": ("pixel_accuracy", "all"),
        "Precision": ("precision", "mean"),
        "Recall": ("recall", "mean"),
        "Dice per image": ("dice_per_image", "mean"),
        "IoU of worst 5\u00a0%": ("iou_worst_5", "mean"),
    } | {f"Dice {name}": ("dice", name) for name in CLASSES}
    for column, (metric, name) in expected.items():
        value = raw(made, "background", ("clean", 0.0), metric, name, metric_set.name)
        assert row[column] == f"{value:.4f}"
    assert row["images"] == "168"


def test_means_over_the_strengths(made, run):
    """Averages each perturbation's non-identity strengths, and then those means."""
    row = row_of(perturbation_table(run, board_of(run)), NASTY)
    means = {
        name: fmean(raw(made, NASTY, (name, strength)) for strength in strengths)
        for name, (_, _, strengths) in made.perturbations.items()
    }
    for name, mean in means.items():
        assert row[name] == f"{mean:.4f}"
    assert row["mean"] == f"{fmean(means.values()):.4f}"


def test_the_strongest_level_and_the_lowest_of_all(made, run):
    """Takes the level farthest from the identity, and the minimum over perturbations."""
    row = row_of(strongest_table(run, board_of(run), run.metric("dice")), NASTY)
    strongest = {name: raw(made, NASTY, (name, levels[-1])) for name, (_, _, levels) in made.perturbations.items()}
    assert row["contrast_decrease"] == f"{strongest['contrast_decrease']:.4f}"
    assert row["lowest"] == f"{min(strongest.values()):.4f}"


def test_every_strength_has_a_column(made, run):
    """Lists the clean score and each strength from mild to strong."""
    entry = run.perturbation("salt_and_pepper")
    table = strengths_table(run, board_of(run), run.metric("dice"), entry)
    assert table.header == (
        "model",
        "clean",
        "0.02",
        "0.04",
        "0.06",
        "0.08",
        "0.1",
        "0.12",
        "0.14",
        "0.16",
        "0.18",
    )
    assert row_of(table, NASTY)["0.1"] == f"{raw(made, NASTY, ('salt_and_pepper', 0.1)):.4f}"
    assert table.title == "Dice by strength of salt_and_pepper (share of values) on pets"


def test_a_perturbation_named_twice_is_one_curve_in_order(make_run):
    """Sorts strengths that a suite added later into their places."""
    made = make_run(models=1, perturbations=1)
    made.record["perturbations"][0]["strengths"] = [*range(2, 20, 2), 50, 25, 3]
    run = open_run(made.write())
    table = strengths_table(run, board_of(run), run.metric("dice"), run.perturbation("additive_noise"))
    assert table.header[2:] == ("2", "3", "4", "6", "8", "10", "12", "14", "16", "18", "25", "50")


def test_the_policy_names_rules_and_images(run):
    """States border policy, reduction, absent-class rule and the number of images, in words that need no manual."""
    assert policy(run, "pets", run.record.metric_sets[1]) == (
        "Metric set edinburgh_000, 168 images. Pixels on the border between object and background (label 255) count as "
        "background. Each image is scored, then the mean over the images is taken. A class that is neither in the "
        "ground truth nor in the prediction scores 1."
    )


@pytest.mark.parametrize(("counts", "text"), [([1], "1 image."), ([150, 168], "150 to 168 images.")])
def test_the_policy_counts_the_images_behind_the_scores(make_run, counts, text):
    """Gives the range where conditions have scores on different numbers of images."""
    made = make_run(models=1, perturbations=1)
    for row in made.rows:
        row[7] = counts[int(row[3]) // 2 % len(counts)]
    run = open_run(made.write())
    assert policy(run, "pets", run.headline).startswith(f"Metric set standard, {text} Pixels")


def test_without_rows_the_policy_counts_the_data_set(make_run):
    """Takes the number of images from the data set while there is no score."""
    made = make_run(models=1, perturbations=0)
    made.rows = []
    run = open_run(made.write())
    assert policy(run, "pets", run.headline).startswith("Metric set standard, 168 images. ")


def test_every_table_carries_the_policy(run):
    """Prints the rules with each kind of table."""
    tables = [
        leaderboard_table(run, board_of(run)),
        *clean_tables(run, board_of(run)),
        perturbation_table(run, board_of(run)),
        strongest_table(run, board_of(run), run.metric("dice")),
        strengths_table(run, board_of(run), run.metric("dice"), run.record.perturbations[0]),
    ]
    assert all(policy(run, "pets", run.headline) == table.rules for table in tables)
    assert all(len(row) == len(table.header) for table in tables for row in table.rows)


def test_many_perturbations_are_rows(tmp_path):
    """Turns the tables of more than eight perturbations: a row each, the clean score above, the mean below."""
    made = many(tmp_path / "run", models=2)
    run = open_run(made.write())
    table = perturbation_table(run, board_of(run))
    assert table.header == ("perturbation", "background", NASTY)
    assert [row[0].text for row in table.rows][:3] == ["clean", "gaussian_noise", "shot_noise"]
    assert (len(table.rows), table.rows[-1][0].text) == (27, "mean")
    expected = fmean(raw(made, NASTY, ("saturate", strength)) for strength in range(1, 6))
    assert row_of(table, "saturate")[NASTY] == f"{expected:.4f}"
    lowest = min(raw(made, NASTY, (name, 5)) for name in made.perturbations)
    assert row_of(strongest_table(run, board_of(run), run.metric("dice")), "lowest")[NASTY] == f"{lowest:.4f}"
    assert table.words == {"perturbation"}


def test_a_turned_table_without_models_is_empty(tmp_path):
    """Keeps the names of its rows where no model has a column yet."""
    made = many(tmp_path / "run", models=1)
    made.record["models"] = []
    run = open_run(made.write())
    table = perturbation_table(run, board_of(run))
    assert table.header == ("perturbation",)
    assert all(len(row) == 1 for row in table.rows)
