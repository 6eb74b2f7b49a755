"""The sample of the real Oxford-IIIT Pet images, where it is on the machine."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from bench.data.pixel_statistics import statistics

pytestmark = pytest.mark.pets


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory):
    """One manifest for all tests of this file: verifying 613 images takes two seconds."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def pets(opened, pets_root, shared_cache, monkeypatch):
    monkeypatch.setenv("SEGBENCH_CACHE", str(shared_cache))
    return opened("oxford_pet", pets_root)


@pytest.mark.slow
def test_all_images_of_the_sample_are_usable(pets):
    """445 for training and 168 for tests, none left out, as in the sample's description."""
    found = [pets.subset(split) for split in ("trainval", "test")]
    assert [(len(subset), subset.left_out) for subset in found] == [(445, ()), (168, ())]


def test_a_fifth_of_each_species_is_held_out(pets, pets_root):
    """int(0.2 n) by the species of the list, also for the cat whose trimap shows none."""
    lines = (pets_root / "oxford-iiit-pet/annotations/trainval.txt").read_text().split("\n")
    species = {line.split()[0]: line.split()[2] for line in lines if line}
    held = Counter(species[row.id] for row in pets.subset("val").rows)
    assert held == {one: int(0.2 * n) for one, n in Counter(species.values()).items()}


def test_a_gif_and_an_rgba_png_that_are_called_jpg_are_read(pets):
    """Abyssinian_34 is a GIF whose trimap has no pet, Abyssinian_5 an RGBA PNG, as published."""
    subset = pets.subset("trainval")
    index = {row.id: i for i, row in enumerate(subset.rows)}
    gif, png = subset.load(index["Abyssinian_34"]), subset.load(index["Abyssinian_5"])
    assert gif.image.shape == (202, 250, 3) and not gif.mask.any()
    assert png.image.shape == (150, 200, 3) and png.foreground == 1


def test_masks_agree_with_the_trimaps(pets, pets_root):
    """Counted straight from the files: 1 is the pet, 2 background, 3 the border."""
    for row in pets.subset("test").rows[::12]:
        with Image.open(pets_root / f"oxford-iiit-pet/annotations/trimaps/{row.id}.png") as image:
            pet, ground, border = (int((np.asarray(image) == value).sum()) for value in (1, 2, 3))
        assert (row.pixels[row.foreground], row.pixels[0], row.pixels[3]) == (pet, ground, border)


def test_the_shares_are_those_of_the_whole_data_set(pets):
    """About 59 % background, 12 % border and 29 % pet are the figures given for all 7,390 images."""
    shares = statistics(pets.subset("test"))["pixel_shares"]
    assert shares["background"] == pytest.approx(0.59, abs=0.02)
    assert shares["border"] == pytest.approx(0.12, abs=0.01)
