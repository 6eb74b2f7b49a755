"""What stands beside the scores: size and origin of models, the oracle's columns, what was seen in training."""

import pytest
from made_up_models import FROZEN, ORACLE, mixed
from made_up_run import NASTY

from bench.record.model_record import ModelRecord
from reports.record.boards import boards
from reports.record.run import open_run
from reports.tables.clean_tables import clean_table
from reports.tables.facts import checkpoint, facts_table, input_size, parameters, pretraining
from reports.tables.scores import leaderboard_table
from reports.tables.sweep_tables import perturbation_table, strengths_table, strongest_table

SEEING = "clip <point>"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    run = mixed(tmp_path_factory.mktemp("facts") / "run")
    for model in run.record["models"]:
        if model["label"] == SEEING:
            model["seen_in_training"] = ["binomial_blur", "fog"]
    return run


@pytest.fixture(scope="module")
def run(made):
    return open_run(made.write())


def row_of(table, name):
    """Return the cells of the row whose first cell begins with `name`, by column."""
    (row,) = [row for row in table.rows if row[0].text.startswith(name)]
    return dict(zip(table.header, (cell.text.replace("\u00a0", " ") for cell in row), strict=True))


def model(**facts):
    return ModelRecord(label="m", name="m", dataset="pets", **facts)


def test_facts_have_the_rows_of_their_leaderboard(run):
    """Lists the same models in the same order beneath each leaderboard."""
    for board in boards(run, "pets"):
        ranked = [row[0].text.removesuffix(" †") for row in leaderboard_table(run, board).rows]
        assert [row[0].text for row in facts_table(run, board).rows] == ranked


def test_facts_are_those_of_the_record(run):
    """Prints trained and frozen parameters, operations, size and hash of the weights, input, origin and licence."""
    assert row_of(facts_table(run, boards(run, "pets")[1]), SEEING) == {
        "model": SEEING,
        "prompt": "gt_random_pixel",
        "entry": "any: width=32",
        "parameters": "1.95 M + 87.5 M frozen",
        "MACs": "6.76 G",
        "checkpoint": "357.8 MB, decadedecade",
        "input": "224 × 224, stretch",
        "pre-training": "LAION-2B <open_clip> (MIT)",
        "seen in training": "binomial_blur †, fog",
    }


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "—"),
        ({"parameters_total": 7_763_041}, "7.76 M"),
        ({"parameters_total": 7_763_041, "parameters_trainable": 7_763_041, "parameters_frozen": 0}, "7.76 M"),
        ({"parameters_total": 5, "parameters_trainable": 0, "parameters_frozen": 5}, "5 frozen"),
        ({"parameters_total": 7, "parameters_trainable": 2, "parameters_frozen": 5}, "2 + 5 frozen"),
        ({"parameters_total": 0}, "0"),
    ],
)
def test_parameters_are_counted_apart_where_it_is_known(facts, text):
    """Counts trained and frozen ones apart, all together in older runs."""
    assert parameters(model(**facts)).replace("\u00a0", " ") == text


def test_what_is_unknown_is_empty():
    """Invents nothing of a model without weights, geometry or pre-training."""
    nothing = model(weights_licence="MIT")
    assert (checkpoint(nothing), input_size(nothing), pretraining(nothing)) == ("", "", "")
    assert pretraining(model(pretraining="none")) == "none"


def test_the_oracle_has_columns_of_its_own(made, run):
    """Prints the oracle's scores beside those of the model's own choice, for models that have several masks."""
    raw = {row[5]: row[8] for row in made.rows if row[1:3] == [ORACLE, "clean"] and row[6] == "mean"}
    board = boards(run, "pets")[3]
    for table in (leaderboard_table(run, board), clean_table(run, board)):
        row = row_of(table, ORACLE)
        assert (row["Dice (oracle)"], row["mIoU (oracle)"]) == (f"{raw['oracle_dice']:.4f}", f"{raw['oracle_iou']:.4f}")
        assert row_of(table, SEEING)["Dice (oracle)"] == "—"
        assert "best by the ground truth" in table.note
    assert (
        row_of(leaderboard_table(run, board), ORACLE)["clean Dice"]
        == f"{raw['dice']:.4f}"
        != f"{raw['oracle_dice']:.4f}"
    )


def test_the_oracle_never_ranks(tmp_path):
    """Orders by the model's own choice, however good the best of its masks was."""
    made = mixed(tmp_path / "run", perturbations=0)
    for row in made.rows:
        if row[1] == ORACLE:
            row[8] = {"dice": 0.5, "oracle_dice": 1.0}.get(row[5], row[8])
    run = open_run(made.write())
    assert [row[0].text for row in leaderboard_table(run, boards(run, "pets")[3]).rows] == [SEEING, ORACLE]


def test_boards_without_an_oracle_have_no_such_columns(run):
    """Adds neither columns nor a note where no model has several masks."""
    for board in (each for each in boards(run, "pets") if ORACLE not in each.labels):
        for table in (leaderboard_table(run, board), clean_table(run, board)):
            assert not any("oracle" in text for text in (table.note, *table.header))


def test_what_was_seen_in_training_is_marked_in_tables(run):
    """Marks the model on the leaderboard and its scores under the very perturbation, with a foot note."""
    board = boards(run, "pets")[3]
    table = leaderboard_table(run, board)
    assert [row[0].text for row in table.rows] == [ORACLE, f"{SEEING} †"]
    assert "† trained with perturbations that are tested here" in table.note
    for table in (perturbation_table(run, board), strongest_table(run, board, run.metric("dice"))):
        row = row_of(table, SEEING)
        assert row["binomial_blur"].endswith(" †")
        assert "†" not in row["additive_noise"] + row["clean"] + "".join(row_of(table, ORACLE).values())
        assert table.note.startswith("† The model saw this perturbation in training.")
    noise, blur = (strengths_table(run, board, run.metric("dice"), entry) for entry in run.record.perturbations)
    assert [row[0].text for row in blur.rows] == [f"{SEEING} †", ORACLE]
    assert "†" not in noise.note + noise.rows[0][0].text


def test_no_mark_without_need(run):
    """Mentions nothing of training where no model of a board has seen anything."""
    board = boards(run, "pets")[0]
    tables = (leaderboard_table(run, board), facts_table(run, board), perturbation_table(run, board))
    assert not any("†" in table.note or "†" in cell.text for table in tables for row in table.rows for cell in row)


def test_a_perturbation_is_seen_by_its_label_its_name_or_what_follows_it(run):
    """Knows a perturbation by any of its names."""
    entry = run.record.perturbations[0]
    for name in ("additive_noise", "my noise", "rain"):
        then = [{"name": "rain", "strength": 1}]
        named = type(entry).model_validate(entry.model_dump() | {"label": "my noise", "then": then})
        assert model(seen_in_training=[name]).saw(named.names)
    assert not model(seen_in_training=["snow"]).saw(entry.names)


def test_an_older_run_has_facts_all_the_same(make_run):
    """Draws what older records know and dashes for the rest."""
    made = make_run(models=2, perturbations=0)
    assert not set(FROZEN) - {"parameters_total", "checkpoint", "pretraining"} & set(made.record["models"][1])
    run = open_run(made.write())
    row = row_of(facts_table(run, boards(run, "pets")[0]), NASTY)
    assert (row["parameters"], row["MACs"], row["seen in training"]) == ("7.76 M", "—", "—")
