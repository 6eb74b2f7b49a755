"""A recipe in words."""

import re
from typing import get_args

from bench.record.model_record import TrainingRecord
from reports.tables.recipe_words import recipe_words


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
