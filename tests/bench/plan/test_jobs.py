"""Keys: whatever decides a number is in them, and nothing else."""

import pytest

from bench.plan.cells import plan_cells
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.suite import load_suite


@pytest.fixture
def keys(write):
    """Return {(model, perturbation, strength): key} of a changed tiny suite, at one precision."""

    def build(*changes, precision="fp32", limit=None):
        suite = load_suite(write(*changes))
        opened = open_datasets(suite, limit=limit)
        return {
            (job.spec.name, cell.condition.case, cell.condition.strength): cell.key
            for job in plan_jobs(suite, opened)
            for cell in plan_cells(suite, job, precision)
        }

    return build


def changed(first, second):
    """Return which models' keys differ, over the conditions that both have."""
    return {place[0] for place in first.keys() & second.keys() if first[place] != second[place]}


CHANGES = {
    "a label": (("label: net", "label: other"), set()),
    "a metric set": (("precision: fp32", "precision: fp32\nmetric_sets: [sam2_binary]"), set()),
    "one more strength": (("[20, 40]", "[20, 30, 40]"), set()),
    "the suite's name": (("name: tiny", "name: small"), set()),
    "the width": (("width: 2", "width: 3"), {"unet"}),
    "the activation": (("width: 2", "width: 2, activation: leaky_relu"), {"unet"}),
    "the recipe": (("epochs: 1", "epochs: 2"), {"unet"}),
    "the training images": (("trainval: 12", "trainval: 14"), {"unet"}),
    "the test images": (("test: 4", "test: 5"), {"background", "unet"}),
    "where it is applied": (("precision: fp32", "precision: fp32\napply_at: model_input"), {"background", "unet"}),
}


@pytest.mark.parametrize(("change", "models"), CHANGES.values(), ids=CHANGES)
def test_a_key_changes_with_what_decides_the_number(keys, change, models):
    """And with nothing else."""
    assert changed(keys(), keys(change)) == models


def test_a_perturbations_parameter_changes_its_own_cells(keys):
    """The others keep theirs."""
    first, second = keys(), keys(("{name: occlusion,", "{name: occlusion, room: 60,"))
    assert len(second.keys() - first.keys()) == 4
    assert changed(first, second) == set()


def test_the_seed_changes_noise_but_not_the_clean_cell_of_the_baseline(keys):
    """The clean image has no random numbers in it."""
    first, second = keys(), keys(("name: tiny", "name: tiny\nseed: 9"))
    same = {place for place in first if first[place] == second[place]}
    assert same == {("background", "clean", 0.0)}


def test_precision_and_sample_are_in_the_key(keys):
    """bf16's numbers are not fp32's; a sample's are not the whole set's."""
    assert changed(keys(), keys(precision="bf16_channels_last")) == {"background", "unet"}
    assert changed(keys(), keys(limit=2)) == {"background", "unet"}


def test_every_cell_has_a_key_of_its_own(keys):
    """Two models, four conditions."""
    assert len(set(keys().values())) == 8


def test_training_comes_after_what_is_missing(write):
    """Without a checkpoint the training key stands for the weights."""
    suite = load_suite(write())
    jobs = plan_jobs(suite, open_datasets(suite))
    assert [job.weights.to_train for job in jobs] == [False, True]
    assert jobs[1].weights.state == jobs[1].weights.training_key
