"""Cautions within boards: no model is compared with one that had more to go by."""

import pytest
from made_up_models import KINDS, POINT, changed, clean_dice, mixed
from made_up_run import NASTY

from reports.record.boards import boards
from reports.record.run import open_run
from reports.tables.cautions import cautions

NO_TRUTH = "no ground truth"


BINARY = [label for label, (_, kind) in KINDS.items() if kind.get("task") == "binary"]


def below(made):
    return [one.text for one in cautions(open_run(made.write()), "pets") if "scores below" in one.text]


def test_a_model_below_the_filled_box_is_named(tmp_path):
    """Compares a model that got a box with the baseline that fills it, under the set that scores both."""
    made = mixed(tmp_path / "run", perturbations=0)
    clean_dice(made, "sam2 box", "sam2_binary", 0.6)
    assert below(made) == [
        "sam2 box scores below box filled, which only fills the box of its prompt: "
        "Dice 0.6000 against 0.7000 on the clean images under sam2_binary."
    ]


def test_the_filled_box_is_no_rival_of_other_groups(tmp_path):
    """Mentions nothing of a model without a box that is worse than the baseline that was given one."""
    made = mixed(tmp_path / "run", perturbations=0)
    clean_dice(made, NASTY, "sam2_binary", 0.6)
    clean_dice(made, "sam2 point", "sam2_binary", 0.6)
    assert below(made) == []


def test_the_background_is_a_rival_of_all_groups(tmp_path):
    """Names a prompted model that is worse than predicting background, once, under the headline."""
    made = mixed(tmp_path / "run", perturbations=0)
    changed(made, "background", name="background")
    for metric_set in ("standard", "sam2_binary"):
        clean_dice(made, "clip <point>", metric_set, 0.1)
        clean_dice(made, "background", metric_set, 0.2)
    (text,) = below(made)
    assert text.startswith("clip <point> scores below background, which only ever predicts background: Dice 0.1000")
    assert text.endswith("on the clean images.")


@pytest.mark.parametrize(("rival", "texts"), [("clip <point>", 0), ("clip no prompt", 1)])
def test_ranks_owed_to_a_rule_are_compared_within_groups(tmp_path, rival, texts):
    """States that a model stands above another by the rule for absent classes only where they share a board."""
    made = mixed(tmp_path / "run", perturbations=0)
    clean_dice(made, rival, "edinburgh_000", 0.65)  # below the other's there, above it under all strict sets
    found = [one for one in cautions(open_run(made.write()), "pets") if f"{NASTY} above" in one.text]
    assert len(found) == texts


def test_without_a_binary_set_a_caution_names_that_there_is_no_score(tmp_path):
    """Leaves class-agnostic models out of boards that cannot score them, and names them."""
    made = mixed(tmp_path / "run", perturbations=0)
    made.metric_sets.pop()
    made.rows = [row for row in made.rows if row[4] != "sam2_binary"]
    run = open_run(made.write())
    assert [board.supervision for board in boards(run, "pets")] == [NO_TRUTH, POINT]
    unscored = [one for one in cautions(run, "pets") if "it has no score" in one.text]
    assert [one.text.split(" predicts")[0] for one in unscored] == BINARY
    assert [one.models for one in unscored] == [(label,) for label in BINARY]
