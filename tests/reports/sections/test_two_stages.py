"""Autoencoders and recipes: what a first stage gave back, how both stages were trained, and in which words."""

import re
from typing import get_args

import pytest
from made_up_models import mixed, with_autoencoder
from made_up_run import NASTY, RunFolder
from one_section import Pen, drawn, plain

import reports
from bench.record.model_record import TrainingRecord
from registry.errors import BenchError
from reports.record.rows import ReconstructionRow, read_reconstructions
from reports.record.run import open_run
from reports.section import SECTIONS, Page
from reports.tables.recipe_words import recipe_words

LINES = "dataset,model,n,mse,psnr,ssim\npets,auto,168,0.0023,28.23,0.876\npets,other,0,,,\n"


@pytest.fixture
def made(tmp_path):
    return with_autoencoder(RunFolder(tmp_path / "run", perturbations=0))


def test_reconstructions_are_read_as_documented(tmp_path):
    """Reads the documented columns; an empty mean is undefined, a missing file holds nothing."""
    file = tmp_path / "reconstructions.csv"
    assert read_reconstructions(file) == ()
    file.write_text(LINES)
    assert read_reconstructions(file) == (
        ReconstructionRow("pets", "auto", 168, 0.0023, 28.23, 0.876),
        ReconstructionRow("pets", "other", 0, None, None, None),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("dataset,model\n", "its header lacks n,mse,psnr,ssim"),
        (LINES + "pets,a,x,1,1,1\n", "at line 4"),
    ],
)
def test_a_damaged_file_is_named_in_one_line(tmp_path, content, message):
    """Names the file and the line that cannot be read."""
    (tmp_path / "reconstructions.csv").write_text(content)
    with pytest.raises(BenchError, match=message):
        read_reconstructions(tmp_path / "reconstructions.csv")


def test_reconstructions_are_printed_and_shown(made):
    """Prints the means with their number of images, and embeds original and reconstruction beside each other."""
    html = drawn(made, "reconstructions")
    assert f"pets {NASTY} 0.00230 28.2 0.876 168" in plain(html)
    assert html.count('class="pair"') == 2
    assert html.count('src="data:image/webp;base64,') == 4
    assert "cat <1>" not in html


def test_more_pairs_than_fit_are_counted(made):
    """Embeds six pairs of a model and counts the others."""
    made.index["reconstructions"] *= 4
    html = drawn(made, "reconstructions")
    assert html.count('class="pair"') == 6
    assert "2 more pairs in examples/" in plain(html)


def test_pairs_stay_inside_the_run(made):
    """Embeds no file from elsewhere."""
    made.index["reconstructions"][0]["reconstruction"] = "../secret.png"
    with pytest.raises(BenchError, match="no image of this run"):
        drawn(made, "reconstructions")


def test_both_stages_of_a_training_are_shown(made):
    """Draws the autoencoder's losses and learning rate, then the segmentation's curves, each under its title."""
    for model in made.record["models"][1:]:
        model["training"]["curves"] |= {"val_dice": [None, 0.6, 0.7, 0.7]}
    page = Page(open_run(made.write()), Pen())
    text = plain(SECTIONS["training"].draw(page))
    assert page.figures.names[:4] == [
        f"training-loss-autoencoder-pets-{NASTY}",
        f"training-rate-autoencoder-pets-{NASTY}",
        f"training-loss-pets-{NASTY}",
        f"training-score-pets-{NASTY}",
    ]
    assert text.index("First stage: an autoencoder") < text.index("Second stage: segmentation")
    assert "Validation mIoU and foreground Dice of" in text
    assert text.count("First stage") == text.count("Second stage") == 1
    assert "abba" * 8 in drawn(made, "models")


def test_an_untrained_network_is_called_so(make_run):
    """States "untrained" of a training of no epoch, in place of what stopped it and by which recipe."""
    made = make_run(models=2, perturbations=0)
    made.record["models"][1]["training"] |= {"curves": None, "best_epoch": None, "epochs_run": 0, "epochs_planned": 0}
    text = plain(drawn(made, "training"))
    assert "Untrained: no epoch was run" in text
    assert not {"epochs", "stopped", "Recipe:"} & set(text.split())
    assert "Training untrained" in plain(drawn(made, "models"))
    assert f"{NASTY} (untrained)" in plain(drawn(made, "leaderboard"))


def test_a_trained_network_has_no_mark(make_run):
    """Marks neither a trained model nor one that has nothing to train."""
    made = make_run(perturbations=0)
    assert not any("ntrained" in drawn(made, name) for name in ("training", "models", "leaderboard"))


def test_the_words_of_a_recipe():
    """States optimiser, schedule, loss, batch, what is kept and how images are varied."""
    recipe = {
        "epochs": 12, "batch_size": 8, "accumulate": 2, "optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.99,
        "weight_decay": 3e-05, "gradient_clip": 12.0, "schedule": "poly", "poly_power": 0.9,
        "loss": "dice_cross_entropy", "class_weights": [0.1, 1.0], "monitor": "foreground_dice", "early_stopping": 4,
        "precision": "bf16", "border": "background",
        "augmentation": {"flip": 0.5, "rotate": 0.0, "crop": 0.3, "profiles": [], "copies": []},
    }  # fmt: skip
    assert recipe_words(TrainingRecord(recipe=recipe)) == {
        "Optimizer": "SGD, learning rate 0.01, weight decay 3e-05, Nesterov momentum 0.99, gradients clipped to a norm of 12",
        "Learning rate": "polynomial decay with power 0.9 over 12 epochs",
        "Loss": "Dice + cross-entropy; class weights 0.1, 1, the last one for all others; border pixels count as background",
        "Batch": "8 images in 2 parts, bf16",
        "Kept": "the epoch of the best validation foreground Dice; stops after 4 epochs without a better one",
        "Augmentation": "flip 0.5, crop 0.3",
    }


def test_the_words_for_profiles_and_weights_from_the_batch():
    """Names profiles and copies per class in place of single transforms."""
    augmentation = {"flip": 0.5, "profiles": ["none", "mild", "aggressive"], "copies": [0, 2, 1]}
    words = recipe_words(TrainingRecord(recipe={"class_weights": "inverse_frequency", "augmentation": augmentation}))
    assert words == {
        "Loss": "cross-entropy; classes weighted by their inverse frequency in the batch",
        "Augmentation": "profiles per class none, mild, aggressive, copies per class 0, 2, 1, besides the image itself",
    }


def test_every_choice_of_a_recipe_has_words():
    """Knows every loss, schedule and optimiser that a recipe may name, whatever is added to the schema."""
    from registry.recipe import Recipe

    for key, part in (("loss", "Loss"), ("schedule", "Learning rate"), ("optimizer", "Optimizer")):
        for choice in get_args(Recipe.model_fields[key].annotation):
            words = recipe_words(TrainingRecord(recipe=Recipe().model_dump(mode="json") | {key: choice}))[part]
            assert re.split("[;,]", words)[0] != choice or choice == "constant"


def test_an_older_recipe_is_worded_as_far_as_it_goes():
    """States what an old or foreign recipe holds and leaves out the rest; the page prints all of it beside."""
    assert recipe_words(TrainingRecord(recipe={"optimizer": "lion", "lr": 0.001})) == {"Optimizer": "lion"}
    assert recipe_words(TrainingRecord()) == {}


def test_a_run_of_all_kinds_is_drawn_whole(tmp_path):
    """Draws prompted, class-agnostic, frozen and two-stage models on two data sets, one of clean images only."""
    made = with_autoencoder(mixed(tmp_path / "run", perturbations=1, datasets=2))
    made.record["datasets"][1]["perturbed"] = False
    few = (NASTY, "sam2 box")  # drawing all of them takes long
    made.record["models"] = [model for model in made.record["models"] if model["label"] in few]
    made.rows = [row for row in made.rows if row[0] == "pets" or row[2] == "clean"]
    text = reports.render(made.write()).read_text(encoding="utf-8")
    assert 'id="reconstructions"' in text
    assert "clean images only on shapes &lt;2&gt;" in " ".join(text.split())
    assert "<code>reconstructions.csv</code>" in text
    assert not [path for path in (made.folder / "figures").glob("dice-by-strength*") if "shapes" in path.name]
    rows = [row for row in reports.leaderboard(made.folder) if row.dataset != "pets"]
    assert {(row.perturbed, row.drop, row.done, row.planned) for row in rows} == {(None, None, 1, 1)}
    assert "Mean Dice over the strengths on shapes" not in (made.folder / "table.md").read_text(encoding="utf-8")
