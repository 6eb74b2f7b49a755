"""Which images stand on the page."""

from made_up_pictures import WORST, with_pictures
from made_up_run import MODELS

from reports.record.anchors import worst_anchor
from reports.record.gallery import pictured, shared, shown_conditions, worst
from reports.record.run import open_run


def opened(make_run, **sizes):
    return open_run(with_pictures(make_run(**sizes)).write())


def test_clean_and_strongest_stand_on_the_page(make_run):
    """The last of nine levels, whichever way the strengths run: of contrast the strongest decrease is 0.1."""
    run = opened(make_run, models=2, perturbations=4)
    assert shown_conditions(run, "pets") == [
        ("clean", 0),
        ("additive_noise", 18),
        ("binomial_blur", 9),
        ("contrast_increase", 1.25),
        ("contrast_decrease", 0.1),
    ]


def test_the_worst_come_in_their_order(make_run):
    """However the index has them; shared images are another section's."""
    made = with_pictures(make_run(models=2, perturbations=1))
    made.index["examples"].reverse()
    found = worst(open_run(made.write()), "pets", list(MODELS)[1], ("additive_noise", 18))
    assert [one.rank for one in found] == list(WORST)
    assert {(one.perturbation, one.strength) for one in found} == {("additive_noise", 18)}


def test_a_baseline_has_no_pictures(make_run):
    """Flat grey tells nothing; also where the run kept some."""
    made = with_pictures(make_run(models=3, perturbations=1))
    made.index["examples"] += [one | {"model": "background"} for one in made.index["examples"]]
    run = open_run(made.write())
    assert [model.label for model in pictured(run, "pets")] == list(MODELS)[1:]


def test_shared_images_are_those_that_the_run_chose(make_run):
    """By model and condition: 2 models and 10 conditions."""
    first, second = shared(opened(make_run, models=3, perturbations=1), "pets")
    assert (first.sample, second.sample) == ("first", "second")
    assert len(first.found) == len(second.found) == 2 * 10


def test_an_older_run_shares_what_several_models_kept(make_run):
    """The image that both models have; not those of one model alone."""
    made = with_pictures(make_run(models=3, perturbations=1))
    made.index["examples"] = [one for one in made.index["examples"] if not one["rank"].startswith("shared")]
    assert [one.sample for one in shared(open_run(made.write()), "pets")] == ["hard"]


def test_images_of_models_that_left_the_suite_are_ignored(make_run):
    """Shows no example of a model or perturbation that the protocol does not name."""
    made = with_pictures(make_run(models=2, perturbations=1))
    made.index["examples"] = [one | {"model": "gone"} for one in made.index["examples"]]
    run = open_run(made.write())
    assert shared(run, "pets") == []
    assert worst(run, "pets", list(MODELS)[1], ("clean", 0.0)) == []


def test_anchors_are_unique_and_plain():
    """Labels that make the same letters have other anchors; what a browser would have to escape is not there."""
    labels = ("A b", "a-b", "a_b", "模型", "<script>", "x" * 300)
    found = [worst_anchor("pets", label, "clean") for label in labels]
    assert len(set(found)) == len(labels)
    assert all(set(one) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and len(one) <= 80 for one in found)
