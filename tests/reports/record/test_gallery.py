"""Which images stand on the page, and how many."""

from collections import Counter

from made_up_run import MODELS

from reports.record.gallery import choose
from reports.record.run import open_run


def opened(make_run, **sizes):
    return open_run(make_run(**sizes).with_examples().write())


def test_clean_and_strongest_stand_on_the_page(make_run):
    """Takes best, median and worst of the clean condition and of each perturbation's strongest level."""
    run = opened(make_run, models=2, perturbations=2)
    found = Counter((example.perturbation, example.strength) for example in choose(run).shown)
    assert found == {("clean", 0): 6, ("additive_noise", 18): 6, ("binomial_blur", 9): 6}


def test_rows_come_in_the_order_of_the_run(make_run):
    """Orders by model, condition, then best, median, worst."""
    run = opened(make_run, models=2, perturbations=1)
    shown = choose(run).shown
    assert list(dict.fromkeys(example.model for example in shown)) == list(MODELS)[:2]
    assert len(shown) == len({(example.model, example.perturbation, example.rank) for example in shown})
    assert [example.rank for example in shown[:3]] == ["best", "median", "worst"]
    assert [example.perturbation for example in shown[:6]] == ["clean"] * 3 + ["additive_noise"] * 3


def test_the_clean_rows_stay_longest(make_run):
    """Keeps clean rows, then the worst ones, when there are too many; counts those that are left out."""
    run = opened(make_run, models=1, perturbations=2)
    choice = choose(run, rows=5)
    assert [(e.perturbation, e.rank) for e in choice.shown[3:]] == [
        ("additive_noise", "worst"),
        ("binomial_blur", "worst"),
    ]
    assert choice.hidden == 4


def test_heavy_images_are_left_in_the_folder(make_run):
    """Stops before the images weigh more than the page may."""
    run = opened(make_run, models=1, perturbations=1)
    weight = sum((run.folder / image.file).stat().st_size for image in run.index.examples[0].images)
    assert len(choose(run, size=4 * weight).shown) == 4
    assert len(choose(run, size=weight - 1).shown) == 0


def test_images_of_models_that_left_the_suite_are_ignored(make_run):
    """Shows no example of a model or perturbation that the protocol does not name."""
    made = make_run(models=1, perturbations=1).with_examples()
    made.index["examples"] = [example | {"model": "gone"} for example in made.index["examples"]]
    assert choose(open_run(made.write())).shown == ()
