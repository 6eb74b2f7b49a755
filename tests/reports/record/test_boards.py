"""Which models stand together: no board mixes tasks or supervision groups."""

from functools import partial

import pytest
from made_up_models import BOX, KINDS, POINT, changed, mixed
from made_up_run import MODELS

import reports
from reports.record.boards import Board, boards
from reports.record.run import open_run

NO_TRUTH = "no ground truth"
BINARY = [label for label, (_, kind) in KINDS.items() if kind.get("task") == "binary"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return open_run(mixed(tmp_path_factory.mktemp("boards") / "run").write())


def test_boards_come_by_task_and_then_by_supervision(run):
    """Puts class models by group under the headline, then all models by group under the binary set."""
    found = [(board.metric_set.name, board.supervision, board.labels) for board in boards(run, "pets")]
    assert found == [
        ("standard", NO_TRUTH, [*MODELS, "clip no prompt"]),
        ("standard", POINT, ["clip <point>"]),
        ("sam2_binary", NO_TRUTH, [*MODELS, "clip no prompt"]),
        ("sam2_binary", POINT, ["clip <point>", "sam2 point"]),
        ("sam2_binary", BOX, ["sam2 box", "box filled"]),
    ]


def test_no_leaderboard_mixes_groups_or_tasks(run):
    """Gives every board models of one group only, and class-agnostic models to binary boards only."""
    rows = reports.leaderboard(run.folder)
    groups = {label: kind.get("supervision", NO_TRUTH) for label, (_, kind) in KINDS.items()}
    assert all(row.supervision == groups.get(row.model, NO_TRUTH) for row in rows)
    assert {row.metric_set for row in rows if row.model in BINARY} == {"sam2_binary"}
    for board in boards(run, "pets"):
        own = [row for row in rows if (row.metric_set, row.supervision) == (board.metric_set.name, board.supervision)]
        assert sorted(row.model for row in own) == sorted(board.labels)
        assert [row.dice for row in own] == sorted((row.dice for row in own), reverse=True)
        for row in own:
            of = partial(run.value, "pets", row.model, metric_set=board.metric_set.name)
            assert (row.dice, row.miou) == (of(), of(metric="iou"))


def test_a_run_without_such_models_has_one_board(make_run):
    """Makes one board of an older run, whose records know neither task nor prompt, and asks for no binary one."""
    made = make_run(perturbations=0)
    assert not {"task", "prompt", "supervision"} & set(made.record["models"][0])
    made.metric_sets.append({"name": "sam2_binary", "border": "foreground", "reduction": "per_image",
                             "absent_class": "skip", "task": "binary"})  # fmt: skip
    (board,) = boards(open_run(made.write()), "pets")
    assert (board.supervision, board.labels, board.slug, board.prompted) == (NO_TRUTH, list(MODELS), "", False)


def test_null_is_no_prompt(make_run):
    """Takes a prompt of null for none: the model was not prompted."""
    made = make_run(models=1, perturbations=0)
    changed(made, "background", prompt=None, supervision=None, task=None, label_order=None, autoencoder=None)
    (board,) = boards(open_run(made.write()), "pets")
    assert (board.supervision, board.prompted) == (NO_TRUTH, False)


def test_a_binary_headline_scores_everyone(tmp_path):
    """Needs no second set of boards where the headline is binary itself."""
    made = mixed(tmp_path / "run", perturbations=1)
    made.metric_sets.insert(0, made.metric_sets.pop())
    found = boards(open_run(made.write()), "pets")
    assert [board.supervision for board in found] == [NO_TRUTH, POINT, BOX]
    assert [board.slug for board in found] == ["", "-point", "-box"]


def test_a_group_of_the_future_has_a_board_of_its_own(tmp_path):
    """Puts groups that it does not know behind those that it knows."""
    made = mixed(tmp_path / "run", perturbations=1)
    changed(made, "background", supervision="mask from ground truth")
    assert [board.supervision for board in boards(open_run(made.write()), "pets")][:3] == [
        NO_TRUTH,
        POINT,
        "mask from ground truth",
    ]


def test_a_data_set_without_models_has_an_empty_board(make_run):
    """Draws the table of a run that has not begun."""
    made = make_run(perturbations=0)
    made.record["models"] = []
    run = open_run(made.write())
    assert boards(run, "pets") == [Board("pets", run.headline, NO_TRUTH, ())]
