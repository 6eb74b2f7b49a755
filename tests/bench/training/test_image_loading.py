"""Training images: how many views an epoch has, in which order, and what is in a batch."""

from collections import Counter

import numpy as np
import pytest
import torch
from small_training import NO_AUGMENTATION

from bench.data import DATASETS, open_dataset
from bench.data.splits import holdout
from bench.training.augmentation import Augmenter
from bench.training.image_loading import EpochSampler, TrainingImages, loaders, views
from registry.adapter import TorchSegmenter
from registry.geometry import content
from registry.recipe import Augmentation, Recipe
from registry.segmenter import Geometry, Size

PUBLISHED = Augmentation(profiles=("none", "aggressive", "mild"), copies=(0, 5, 2))


def shapes(split="train", trainval=15):
    parameters = DATASETS["shapes"].parameters(trainval=trainval, test=2)
    return open_dataset("shapes", parameters, None, download=False).subset(split)


def segmenter(side=32, mode="stretch"):
    return TorchSegmenter(torch.nn.Conv2d(3, 3, 1), Geometry(side, side, mode))


def training(cats, dogs):
    """Return the classes of the training images of so many cats and dogs, by the project's own split."""
    strata = {f"cat {i}": "cat" for i in range(cats)} | {f"dog {i}": "dog" for i in range(dogs)}
    held = holdout(strata, 0.2, seed=42)
    return [1 if stratum == "cat" else 2 for name, stratum in strata.items() if name not in held]


def test_the_coursework_copy_gives_the_published_number_of_pairs():
    """1,185 cats and 2,488 dogs: 948 x 6 + 1,991 x 3 = 5,688 + 5,973 = 11,661."""
    kinds = training(1185, 2488)
    epoch = views(kinds, PUBLISHED)
    assert Counter(kinds[view.image] for view in epoch) == {1: 5688, 2: 5973}
    assert len(epoch) == 11_661
    assert len(set(epoch)) == len(epoch)


def test_the_official_lists_give_other_totals():
    """1,188 cats and 2,492 dogs: 951 x 6 + 1,994 x 3 = 11,688."""
    assert len(views(training(1188, 2492), PUBLISHED)) == 951 * 6 + 1994 * 3 == 11_688


def test_without_copies_an_epoch_has_one_transformed_view_of_each_image():
    """Number 0 is the image as it is: it comes once with copies, never without."""
    assert views([1, 2, 0], Augmentation()) == [(0, 1), (1, 1), (2, 1)]
    assert views([1, 2, 0, 3], Augmentation(copies=(0, 1, 2))) == [
        *[(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 0), (3, 0), (3, 1), (3, 2)],
    ]


def test_view_zero_is_the_image_as_it_is_and_the_others_differ():
    """Each a function of seed, epoch, image and view: the same when loaded again, another one in another epoch."""
    subset, net = shapes(), segmenter()
    augmentation = Augmentation(rotate=1, crop=1, copies=(0, 3))
    plain, images = (
        TrainingImages(subset, net, None, 0),
        TrainingImages(subset, net, Augmenter(augmentation, 32, 32, 3), 0),
    )
    assert len(images) == 4 * len(subset)
    first = [images[(0, place)] for place in range(4)]
    assert torch.equal(first[0][0], plain[(0, 0)][0])
    assert torch.equal(first[0][1], plain[(0, 0)][1])
    inputs = [view[0] for view in first]
    assert all(not torch.equal(a, b) for i, a in enumerate(inputs) for b in inputs[:i])
    fresh = TrainingImages(subset, net, Augmenter(augmentation, 32, 32, 3), 0)
    assert all(torch.equal(fresh[(0, place)][0], inputs[place]) for place in (3, 1, 2, 0))
    assert not torch.equal(images[(1, 2)][0], inputs[2])
    assert not torch.equal(TrainingImages(subset, net, Augmenter(augmentation, 32, 32, 3), 1)[(0, 2)][0], inputs[2])


def test_the_first_copy_is_the_look_that_a_recipe_without_copies_shows():
    """Copies add views and change none."""
    subset, net = shapes(), segmenter()
    with_copies = TrainingImages(subset, net, Augmenter(Augmentation(copies=(2,)), 32, 32, 3), 0)
    without = TrainingImages(subset, net, Augmenter(Augmentation(), 32, 32, 3), 0)
    for index in range(len(subset)):
        assert torch.equal(with_copies[(3, 3 * index + 1)][0], without[(3, index)][0])


def test_labels_of_every_profile_stay_within_the_classes():
    """Letterboxed: padding is 255, and no label that is not a class comes up."""
    subset, net = shapes(), segmenter(48, "letterbox")
    images = TrainingImages(subset, net, Augmenter(PUBLISHED, 48, 48, 3), 0)
    for place in range(len(images)):
        inputs, labels = images[(0, place)]
        assert (inputs.shape, labels.shape, labels.dtype) == ((3, 48, 48), (48, 48), torch.int64)
        assert set(labels.unique().tolist()) <= {0, 1, 2, 255}
        assert inputs.isfinite().all()


def first():
    """The first epoch's number."""
    return 0


def batches(recipe, **process):
    train, held_out = loaders(shapes(), shapes("val"), segmenter(), recipe, 3, lambda: 2, 0, **process)
    return list(train), list(held_out)


def test_the_border_is_ignored_or_background_and_padding_never_has_a_class():
    """Team 000 trained with the border as background; a letterbox's padding stays 255 all the same."""
    subset = shapes()
    ignored, background = (
        TrainingImages(subset, segmenter(48, "letterbox"), None, 0, b) for b in ("ignore", "background")
    )
    for i in range(4):
        (_, a), (_, b) = ignored[0, i], background[0, i]
        size = Size(subset.rows[i].height, subset.rows[i].width)
        top, left, height, width = content(Geometry(48, 48, "letterbox"), size)
        assert ((a == 255) & (b == 0)).any()
        assert torch.equal(a[a != 255], b[a != 255])
        assert int((b == 255).sum()) == 48 * 48 - height * width
        assert not (b[top : top + height, left : left + width] == 255).any()


def test_a_batch_has_the_places_of_its_images():
    """The third part is int64: the places in the subset, of one image's views the same."""
    recipe = Recipe(batch_size=5, augmentation=NO_AUGMENTATION)
    train, held_out = batches(recipe)
    assert train[0][2].dtype == torch.int64
    seen = torch.cat([index for _, _, index in train]).tolist()
    assert sorted(seen) == list(range(len(shapes())))
    assert seen != sorted(seen)
    assert torch.cat([index for _, _, index in held_out]).tolist() == list(range(len(shapes("val"))))
    plain = TrainingImages(shapes(), segmenter(), None, 3)
    for _, labels, index in train:
        assert all(torch.equal(mask, plain[(0, i)][1]) for mask, i in zip(labels, index.tolist(), strict=True))
    copies, _ = batches(Recipe(augmentation=Augmentation(copies=(0, 1, 2))))
    kinds = [row.foreground for row in shapes().rows]
    expected = {i: 1 + {1: 1, 2: 2}[kind] for i, kind in enumerate(kinds)}
    assert Counter(torch.cat([index for _, _, index in copies]).tolist()) == expected


@pytest.mark.parametrize(("accumulate", "world"), [(1, 2), (2, 1), (2, 2)])
def test_several_processes_share_the_batches_of_one(accumulate, world):
    """Side by side, their parts are what a single process sees in one step, pixel for pixel."""
    recipe = Recipe(batch_size=8, accumulate=accumulate)
    ranks = [batches(recipe, rank=rank, world=world)[0] for rank in range(world)]
    assert {len(rank[0][0]) for rank in ranks} == {8 // accumulate // world}
    whole, _ = batches(Recipe(batch_size=8))
    parts = [rank[k] for k in range(accumulate) for rank in ranks]
    order = [int(i) for part in parts for i in part[2]]
    assert sorted(order) == sorted(whole[0][2].tolist())
    for inputs, _, index in parts:
        for one, i in zip(inputs, index.tolist(), strict=True):
            assert torch.equal(one, whole[0][0][whole[0][2].tolist().index(i)])


def test_processes_have_equally_many_images():
    """11 among 4: the order's first image comes twice, and nothing else does; 2 among 5: some come three times."""
    for length, world in ((11, 4), (12, 4), (2, 5)):
        ranks = [list(EpochSampler(length, 7, first, shuffle=True, rank=r, world=world)) for r in range(world)]
        order = [place for _, place in EpochSampler(length, 7, first, shuffle=True)]
        assert (
            {len(rank) for rank in ranks}
            == {len(EpochSampler(length, 7, first, shuffle=True, world=world))}
            == {-(-length // world)}
        )
        together = [rank[i][1] for i in range(len(ranks[0])) for rank in ranks]
        assert together == (order * 5)[: len(together)]


def test_the_order_of_one_process_is_the_generators():
    """numpy's permutation of (seed, epoch), as ever: a training that was begun before goes on the same way."""
    sampler = EpochSampler(9, 4, lambda: 6, shuffle=True)
    assert [place for _, place in sampler] == np.random.default_rng([4, 6]).permutation(9).tolist()
    assert list(EpochSampler(3, 4, first, shuffle=False)) == [(0, 0), (0, 1), (0, 2)]
