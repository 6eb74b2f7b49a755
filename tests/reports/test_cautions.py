"""Models whose scores say less than they seem to."""

from made_up_run import NASTY

from reports.cautions import cautions, is_constant
from reports.run import open_run


def test_a_background_only_model_is_called_so(make_run):
    """Warns of a model whose Dice is 0 for every foreground class, and of no other."""
    run = open_run(make_run(perturbations=0).write())
    assert [is_constant(run, "pets", model.label) for model in run.models("pets")] == [True, False, False]
    (text,) = cautions(run, "pets")
    assert text.startswith("background predicts only background")


def test_a_set_that_adds_an_epsilon_hides_nothing(make_run):
    """Takes a Dice of 1e-9, which an epsilon makes of 0, for 0."""
    made = make_run(models=1, perturbations=0)
    for row in made.rows:
        row[8] = 1e-9 if row[5] == "dice" and row[6] in ("cat", "dog") else row[8]
    assert is_constant(open_run(made.write()), "pets", "background")


def test_the_class_of_a_binary_set_counts_as_foreground(make_run):
    """Judges a binary metric set by its one class."""
    made = make_run(models=1, perturbations=0)
    made.record["metric_sets"] = made.record["metric_sets"][:1]
    made.rows = [
        ["pets", "background", "clean", 0, "standard", "dice", name, 168, 0] for name in ("foreground", "mean")
    ]
    assert is_constant(open_run(made.write()), "pets", "background")


def test_without_scores_nobody_is_accused(make_run):
    """Says nothing of a model that has no scores yet."""
    made = make_run(models=1, perturbations=0)
    made.rows = []
    assert cautions(open_run(made.write()), "pets") == []


def test_a_rank_owed_to_absent_classes_is_named(make_run):
    """Warns where a model beats another only under a set that counts absent classes as 1."""
    made = make_run(perturbations=0)
    for row in made.rows:
        if row[1] == NASTY and row[4] == "edinburgh_000" and row[5:7] == ["dice", "mean"]:
            row[8] = 0.6  # below the 0.61 that the background-only model gets there
    texts = cautions(open_run(made.write()), "pets")
    assert len(texts) == 2
    assert texts[1].startswith(f"background stands above {NASTY} under edinburgh_000 only")
