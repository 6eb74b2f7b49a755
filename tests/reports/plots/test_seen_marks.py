"""Curves of what a model saw in training end in a mark."""

import pytest
from made_up_models import mixed

from registry.palette import series
from reports.plots.sweep_plots import dice_by_damage, score_by_strength
from reports.record.boards import boards
from reports.record.run import open_run

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


def test_a_curve_that_was_seen_ends_in_the_mark(run):
    """Ends the line of the model in its panel, and that of the perturbation in the model's figure, in the mark."""
    board, (noise, blur) = boards(run, "pets")[3], run.record.perturbations
    place = {label: i for i, label in enumerate(label.label for label in run.models("pets"))}[SEEING]
    (axes,) = score_by_strength(run, board, run.metric("dice"), blur).axes
    (mark,) = axes.texts
    assert (mark.get_text(), mark.get_color()) == ("†", series(place).colour)
    assert mark.xy == (9, run.value("pets", SEEING, "binomial_blur", 9, metric_set="sam2_binary"))
    assert len(score_by_strength(run, board, run.metric("dice"), noise).axes[0].texts) == 0
    seeing = next(model for model in run.models("pets") if model.label == SEEING)
    (axes,) = dice_by_damage(run, "pets", seeing, (noise, blur), metric_set=run.headline).axes
    assert [mark.get_color() for mark in axes.texts] == [series(1).colour]
