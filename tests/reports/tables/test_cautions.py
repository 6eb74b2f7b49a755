"""Models whose scores mean less than they seem to."""

import pytest
from made_up_run import NASTY
from made_up_statistics import RESAMPLES, with_statistics

from reports.record.run import open_run
from reports.tables.cautions import FEW_IMAGES, cautions, order_caution
from reports.tables.constant_models import only_background, only_class


def test_a_background_only_model_is_called_so(make_run):
    """Warns of a model whose Dice is 0 for every foreground class, and of no other."""
    run = open_run(make_run(perturbations=0).write())
    assert [only_background(run, "pets", model.label) for model in run.models("pets")] == [True, False, False]
    (one,) = cautions(run, "pets")
    assert one.text.startswith("background predicts only background")
    assert one.models == ("background",)


def test_a_set_that_adds_an_epsilon_hides_nothing(make_run):
    """Takes a Dice of 1e-9, which an epsilon makes of 0, for 0."""
    made = make_run(models=1, perturbations=0)
    for row in made.rows:
        row[8] = 1e-9 if row[5] == "dice" and row[6] in ("cat", "dog") else row[8]
    assert only_background(open_run(made.write()), "pets", "background")


def test_the_class_of_a_binary_set_counts_as_foreground(make_run):
    """Judges a binary metric set by its one class."""
    made = make_run(models=1, perturbations=0)
    made.record["metric_sets"] = made.record["metric_sets"][:1]
    made.rows = [
        ["pets", "background", "clean", 0, "standard", "dice", name, 168, 0] for name in ("foreground", "mean")
    ]
    assert only_background(open_run(made.write()), "pets", "background")


def test_several_models_share_a_sentence(make_run):
    """Twenty boxes above the leaderboard would be read by nobody; a constant model is not compared with baselines too."""
    made = make_run(perturbations=0)
    for row in made.rows:
        if row[1] == NASTY and row[5] == "dice" and row[6] in ("cat", "dog"):
            row[8] = 0.0
        if row[1] == NASTY and row[5:7] == ["dice", "mean"]:
            row[8] = 0.01  # below the background's
    texts = [one.text for one in cautions(open_run(made.write()), "pets")]
    assert texts[0].startswith(f"background and {NASTY} predict only background: Dice is 0")
    assert not any("scores below" in text for text in texts)


def test_without_scores_nobody_is_accused(make_run):
    """Mentions nothing of a model that has no scores yet."""
    made = make_run(models=1, perturbations=0)
    made.rows = []
    assert cautions(open_run(made.write()), "pets") == []


def test_a_rank_owed_to_absent_classes_is_named(make_run):
    """Warns where a model beats another only under a set that counts absent classes as 1."""
    made = make_run(perturbations=0)
    for row in made.rows:
        if row[1] == NASTY and row[4] == "edinburgh_000" and row[5:7] == ["dice", "mean"]:
            row[8] = 0.6  # below the 0.61 that the background-only model gets there
    found = cautions(open_run(made.write()), "pets")
    texts = [one.text for one in found]
    assert len(texts) == 2
    assert (found[1].models, found[1].metric_set) == (("background",), "edinburgh_000")
    assert texts[1].startswith("Under edinburgh_000 only, which counts a class absent")
    assert f"the order is background above {NASTY}; where such classes are left out" in texts[1]


def predict_everywhere(made, model, name):
    """Give a model the scores of one that calls every pixel `name`, a quarter of the pixels."""
    for row in made.rows:
        if row[1] == model and row[5] in ("dice", "recall") and row[6] != "mean":
            row[8] = {"dice": 0.4, "recall": 1.0}[row[5]] if row[6] == name else 0.0
        if row[1] == model and row[5:7] == ["dice", "mean"]:
            row[8] = 0.4 / 3


def test_a_model_that_answers_one_class_everywhere_is_called_so(make_run):
    """Warns of a model that finds every pixel of one class and has a Dice of 0 for all others."""
    made = make_run(perturbations=0)
    predict_everywhere(made, NASTY, "dog")
    run = open_run(made.write())
    assert [only_class(run, "pets", model.label) for model in run.models("pets")] == [None, "dog", None]
    assert f"{NASTY} predicts dog everywhere" in cautions(run, "pets")[1].text


@pytest.mark.parametrize("metric", ["dice", "recall"])
def test_a_class_that_is_missed_somewhere_is_not_everywhere(make_run, metric):
    """Mentions nothing of a model that misses some of the class, or is right about another one."""
    made = make_run(perturbations=0)
    predict_everywhere(made, NASTY, "dog")
    for row in made.rows:
        if row[1] == NASTY and row[5:7] == [metric, "dog" if metric == "recall" else "cat"]:
            row[8] = 0.9
    assert only_class(open_run(made.write()), "pets", NASTY) is None


def test_a_binary_set_does_not_score_the_background(make_run):
    """Accuses nobody by a set that has no score of the background: a perfect model has recall 1 too."""
    made = make_run(models=2, perturbations=0)
    made.record["metric_sets"] = made.record["metric_sets"][:1]
    made.rows = [
        ["pets", NASTY, "clean", 0, "standard", metric, name, 168, 1.0]
        for metric in ("dice", "recall")
        for name in ("foreground", "mean")
    ]
    assert only_class(open_run(made.write()), "pets", NASTY) is None


def below_the_baseline(made, dice, only=("standard", "edinburgh_000")):
    made.record["models"][0]["name"] = "background"
    for row in made.rows:
        if row[1] == NASTY and row[4] in only and row[5:7] == ["dice", "mean"]:
            row[8] = dice
    return [one.text for one in cautions(open_run(made.write()), "pets") if "below background" in one.text]


def test_a_model_below_the_baseline_is_named(make_run):
    """Warns of a model with a lower clean Dice than the entry that predicts background everywhere."""
    (text,) = below_the_baseline(make_run(perturbations=0), 0.2)
    assert text.startswith(f"{NASTY} scores below background, which only ever predicts background: Dice 0.2000 against")


def test_a_model_above_the_baseline_is_not(make_run):
    """Mentions nothing of a better model, whatever it scores under other sets than the headline."""
    assert below_the_baseline(make_run(perturbations=0), 0.5) == []


def test_a_rank_owed_to_the_rule_alone_is_not_blamed_on_the_model(make_run):
    """Leaves it at the sentence on absent classes where the baseline is ahead by that rule only."""
    made = make_run(perturbations=0)
    made.metric_sets.reverse()
    assert below_the_baseline(made, 0.5, only=("edinburgh_000",)) == []


def saturated(make_run, measure, means):
    """Return the cautions of a sweep with these measured means."""
    made = make_run(models=1, perturbations=2).with_strengths()
    made.record["perturbations"][0] |= {"label": "additive_noise", "strengths": [2, 4, 6, 8, 10]}
    for strength, mean in zip((2, 4, 6, 8, 10), means, strict=True):
        made.measure("additive_noise", strength, measure, mean)
    run = open_run(made.write())
    texts = [order_caution(run, "pets", entry) for entry in run.perturbations("pets")]
    return [text for text in texts if text]


@pytest.mark.parametrize(
    ("means", "steps"),
    [
        # Measured of imagecorruptions' saturate and glass_blur on one photograph.
        ((37.9, 48.8, 24.7, 45.5, 78.4), "from strength 4 (48.80) to 6 (24.70)"),
        ((16.5, 16.1, 26.6, 24.8, 27.2), "from strength 2 (16.50) to 4 (16.10), from strength 6 (26.60) to 8 (24.80)"),
        ((1, 2, 2.00002, 2.00001, 3), "from strength 6 (2.00002) to 8 (2.00001)"),
        ((4, 8, "", 6, 9), "from strength 4 (8.00) to 8 (6.00)"),
    ],
)
def test_a_sweep_whose_rmse_falls_is_named(make_run, means, steps):
    """States between which levels a stronger one changed the images less; a level without a mean is passed over."""
    assert saturated(make_run, "rmse", means) == [f"additive_noise is not monotone: its measured RMSE falls {steps}."]


def test_a_sweep_that_grows_or_stays_is_not(make_run):
    """Mentions nothing of a sweep that never falls; two levels may measure the same."""
    assert saturated(make_run, "rmse", (1, 2, 2, 3, 4)) == []


def test_the_ssim_is_asked_where_the_rmse_is_fine(make_run):
    """Names a sweep whose SSIM rises, once, and not beside a sentence on its RMSE."""
    (text,) = saturated(make_run, "ssim", (0.9, 0.8, 0.85, 0.7, 0.6))
    assert text.endswith("its measured SSIM rises from strength 4 (0.800) to 6 (0.850).")


def test_without_measures_no_sweep_is_accused(make_run):
    """Mentions nothing of a run without measured strength."""
    run = open_run(make_run().write())
    assert [order_caution(run, "pets", entry) for entry in run.perturbations("pets")] == [""] * 8


def test_without_a_background_no_model_predicts_only_that(make_run):
    """The first class is one like the others: a model of it alone is named by the class."""
    made = make_run(perturbations=0)
    predict_everywhere(made, "background", "background")
    run = open_run(made.write())
    assert (only_background(run, "pets", "background"), only_class(run, "pets", "background")) == (True, None)
    made.record["datasets"][0]["background"] = False
    run = open_run(made.write())
    assert (only_background(run, "pets", "background"), only_class(run, "pets", "background")) == (False, "background")


def test_few_images_are_a_caution(make_run):
    """Scores of fewer than 30 images have intervals that are too narrow too often."""
    for images, texts in ((FEW_IMAGES - 1, 1), (FEW_IMAGES, 0)):
        made = make_run(models=2, perturbations=0)
        for row in made.rows:
            row[7] = images
        found = [one for one in cautions(open_run(made.write()), "pets") if "rest on" in one.text]
        assert len(found) == texts
        assert all(one.models == ("background", NASTY) for one in found)
        assert all(one.text.startswith("The scores rest on 29 images:") for one in found)


def test_a_class_that_vanishes_from_resamples_is_a_caution(make_run):
    """The interval is over fewer resamples than were drawn; a run without intervals says nothing."""
    made = with_statistics(make_run(models=2, perturbations=0))
    made.record["statistics"] = {"resamples": RESAMPLES}
    assert not [one for one in cautions(open_run(made.write()), "pets") if "resamples" in one.text]
    for row in made.rows:
        if row[1] == NASTY:
            row[11] = 1700
    (one,) = [one for one in cautions(open_run(made.write()), "pets") if "resamples" in one.text]
    assert one.models == (NASTY,)
    assert one.text.startswith("The interval is over 1700 of 2000 resamples")
