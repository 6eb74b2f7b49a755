"""The generated data set: deterministic, varied, and not solved by its colours or by saying nothing."""

import numpy as np
import pytest

from bench.data import DATASETS
from bench.data.scene_figures import figure
from bench.host.hashing import pixel_hash


@pytest.fixture
def shapes(opened):
    return opened("shapes", None, trainval=40, test=20)


def test_the_default_has_320_and_80_images(opened):
    """The sizes that the demo is tuned for, cats and dogs in equal number."""
    source = opened("shapes", None).source
    assert [len(source.pool(split)) for split in source.splits] == [320, 80]
    assert sum(reference.stratum == "cat" for reference in source.pool("test")) == 40


def test_an_image_depends_on_seed_split_and_number_alone(opened, shapes):
    """More images, another order or another process do not change the tenth."""
    other = opened("shapes", None, trainval=11, test=3)
    reference = other.source.pool("trainval")[10]
    assert pixel_hash(other.source.read(reference)[0]) == pixel_hash(shapes.source.read(reference)[0])


def test_the_pixels_of_version_1(opened):
    """Stored results rest on these pixels: a change raises the entry's version, then this list."""
    assert DATASETS["shapes"].version == 1
    source = opened("shapes", None).source
    found = [
        tuple(pixel_hash(part)[:8] for part in source.read(source.pool(split)[number]))
        for split, number in (("trainval", 0), ("trainval", 1), ("test", 0), ("test", 1))
    ]
    assert found == [
        ("c3874b37", "03f17edc"),
        ("de38ec6c", "1ab82073"),
        ("1b46cc77", "e3639acf"),
        ("fa297d28", "b7a79402"),
    ]


def test_another_seed_or_split_gives_other_images(opened, shapes):
    """No image stands in two places."""
    hashes = [row.image_hash for split in ("trainval", "test") for row in shapes.subset(split).rows]
    hashes += [row.image_hash for row in opened("shapes", None, trainval=40, test=20, seed=1).subset("test").rows]
    assert len(set(hashes)) == 80


def test_sizes_vary_within_their_bounds(shapes):
    """96 to 200 pixels a side, not square."""
    sizes = [(row.height, row.width) for row in shapes.subset("trainval").rows]
    assert all(96 <= side <= 200 for size in sizes for side in size)
    assert len(set(sizes)) > 30


def test_each_image_shows_one_class_with_a_border_band(shapes):
    """One figure of the class that its number stands for, of which enough remains inside the band."""
    for row in shapes.subset("trainval").rows:
        cat, dog, border = row.pixels[1:]
        assert (cat > 0) != (dog > 0) and row.foreground == (1 if cat else 2) == 1 + int(row.id[-6:]) % 2
        assert 0.01 < (cat + dog) / sum(row.pixels) < 0.6 and border > 0


def test_the_band_separates_figure_and_background(shapes):
    """No figure pixel touches a background pixel: 255 lies in between."""
    subset = shapes.subset("test")
    for index in range(len(subset)):
        mask = subset.load(index).mask.astype(int)
        for a, b in ((mask[1:], mask[:-1]), (mask[:, 1:], mask[:, :-1])):
            touching = (a != b) & (a != 255) & (b != 255)
            assert not touching.any()


def test_saying_background_everywhere_fails(shapes):
    """The mean IoU of an all-background prediction stays below 0.33: its own share divided by three."""
    pixels = np.array([row.pixels for row in shapes.subset("test").rows]).sum(0)
    assert pixels[0] / pixels[:3].sum() / 3 < 0.32


def test_colour_does_not_show_the_class(shapes):
    """A nearest-mean classifier on the figures' mean colours does little better than a coin."""
    subset = shapes.subset("trainval")
    samples = [subset.load(index) for index in range(len(subset))]
    colours = np.array([sample.image[sample.mask == sample.foreground].mean(0) for sample in samples])
    species = np.array([sample.foreground for sample in samples])
    right = 0
    for left_out in range(len(samples)):
        rest = np.arange(len(samples)) != left_out
        means = [colours[rest & (species == label)].mean(0) for label in (1, 2)]
        right += 1 + np.argmin([np.linalg.norm(colours[left_out] - mean) for mean in means]) == species[left_out]
    assert 0.2 < right / len(samples) < 0.75


def test_the_body_plans_differ_in_proportion():
    """Side by side in units of the body: every cat's legs are shorter than the dogs' on average."""

    def lowest(name: str, seed: int) -> float:
        return max(y for part in figure(name, np.random.default_rng(seed)) for _, y in part.points)

    side = [seed for seed in range(60) if np.random.default_rng(seed).random() >= 0.35]
    assert np.mean([lowest("cat", s) for s in side]) < np.mean([lowest("dog", s) for s in side]) - 0.1
