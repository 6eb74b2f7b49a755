"""`seeds` on a model of a suite: one training each, with labels, keys and refusals."""

import pytest

from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.suite import suite_from
from bench.suite.faults import SuiteError
from bench.suite.model_filter import selected

NET = {"name": "unet", "width": 2, "size": 32, "label": "net", "train": {"epochs": 1}}


def load(*models, **keys):
    data = {"name": "s", "datasets": [{"name": "shapes", "trainval": 24, "test": 3}], **keys}
    return suite_from(data | {"models": list(models)}, "s")


def lines(*models):
    with pytest.raises(SuiteError) as caught:
        load(*models)
    return caught.value.lines


def test_each_seed_is_a_model_of_its_own():
    """The label has the seed, the group is the label without it."""
    suite = load({"name": "background"}, NET | {"seeds": [0, 7]})
    assert [(m.label, m.group, m.seed) for m in suite.models] == [
        ("background", "", None),
        ("net seed 0", "net", 0),
        ("net seed 7", "net", 7),
    ]
    assert [suite.training_seed(m) for m in suite.models] == [0, 0, 7]


def test_only_takes_the_label_without_the_seed():
    """Or one training, or the entry's name."""
    suite = load({"name": "background"}, NET | {"seeds": [0, 7]})
    assert selected(suite, ("net",)) == selected(suite, ("unet",)) == {"net seed 0", "net seed 7"}
    assert selected(suite, ("net seed 7",)) == {"net seed 7"}


def test_the_suites_own_seed_is_the_training_of_before():
    """Checkpoints of a suite without seeds are found again; other seeds have keys of their own."""

    def keys(model, **more):
        suite = load(model, **more)
        return [job.weights.training_key for job in plan_jobs(suite, open_datasets(suite))]

    before, other = keys(NET), keys(NET, seed=7)
    assert keys(NET | {"seeds": [0, 7, 8]})[0] == before[0]
    found = keys(NET | {"seeds": [0, 7, 8]})
    assert len({*found, *other}) == 4  # another suite's seed also holds out other images


def test_both_stages_are_trained_anew_for_each_seed():
    """A first stage is part of the training, so its spread is too."""
    suite = load({"name": "autoencoder_unet", "size": 64, "label": "two", "seeds": [1, 2]})
    first, second = [job.weights for job in plan_jobs(suite, open_datasets(suite))]
    assert first.pretext_key != second.pretext_key
    assert first.training_key != second.training_key


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"name": "background", "seeds": [0, 1]}, "seeds: 'background' is never trained: it has nothing to train"),
        (NET | {"seeds": [0], "train": None, "checkpoint": "x"}, "never trained: a checkpoint is given; remove seeds"),
        (NET | {"seeds": [3, 3]}, "models[0].seeds: the seed 3 stands twice; give each once"),
        (NET | {"seeds": []}, "models[0].seeds: give a list of at least 1"),
        (NET | {"seeds": [-1]}, "models[0].seeds[0]: give a whole number, at least 0"),
        (NET | {"seeds": 3}, "models[0].seeds: give a list of at least 1"),
        (NET | {"seeds": [1], "label": "n" * 75}, "has more than 80 characters; give a shorter label:"),
    ],
)
def test_seeds_that_make_no_sense_are_refused_in_one_line(model, words):
    """What was given, and what to do."""
    (line,) = lines(model)
    assert words in line


def test_a_label_that_a_seed_gives_twice_is_refused():
    """Tables would mix two models."""
    found = lines(NET | {"seeds": [0]}, NET | {"label": "net seed 0"})
    assert all("two models are labelled 'net seed 0'" in line for line in found)
