"""The sheet of training images and what a recipe's augmentation makes of them."""

import numpy as np
import torch
from PIL import Image

from bench.cli.augmented_sheet import augmented_sheet
from bench.cli.contact_sheet import CAPTION, GAP, TILE, overlay
from bench.data import DATASETS, open_dataset
from bench.training.augmentation import Augmenter
from bench.training.image_loading import TrainingImages
from registry.adapter import IMAGENET_MEAN, IMAGENET_STD, TorchSegmenter
from registry.recipe import Augmentation, Recipe
from registry.segmenter import Geometry


def test_the_sheet_shows_what_training_sees(tmp_path):
    """Below each image stands its first look, pixel for pixel, masks and all; what is not transformed stays."""
    opened = open_dataset("shapes", DATASETS["shapes"].parameters(trainval=15, test=2), None, download=False)
    subset, net = opened.subset("train"), TorchSegmenter(torch.nn.Conv2d(3, 3, 1), Geometry(TILE, TILE, "letterbox"))
    recipe = Recipe(augmentation=Augmentation(profiles=("none", "aggressive"), copies=(0, 1, 0)))
    augmented_sheet(subset, recipe, net.geometry, tmp_path / "sheet.png", count=4, seed=9)
    with Image.open(tmp_path / "sheet.png") as file:
        sheet = np.asarray(file.convert("RGB"))
    images = TrainingImages(subset, net, Augmenter(recipe.augmentation, TILE, TILE, 3), 9)
    expected = [drawn(*images[(0, place)]) for place, view in enumerate(images.views) if view.number]
    upper, below = 2 * GAP + 2 * CAPTION, TILE + GAP // 2
    transformed = unchanged = 0
    for x in range(GAP, GAP + 4 * (TILE + GAP), TILE + GAP):
        above, tile = (sheet[top : top + TILE, x : x + TILE] for top in (upper, upper + below))
        transformed += any(np.array_equal(tile, one) for one in expected)
        unchanged += np.array_equal(above, tile)
    assert (transformed, unchanged) == (2, 2)


def drawn(inputs, labels):
    """Return a network's input as the image that it was, its mask over it."""
    mean, std = (np.array(rgb) * 255 for rgb in (IMAGENET_MEAN, IMAGENET_STD))
    image = np.rint(inputs.numpy().transpose(1, 2, 0) * std + mean).astype(np.uint8)
    return overlay(image, labels.numpy().astype(np.uint8), 3)
