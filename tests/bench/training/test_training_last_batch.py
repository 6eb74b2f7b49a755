"""A single image at the end of an epoch: it joins the batch before it where the network needs more than one."""

from itertools import chain

import pytest
import torch
from small_training import GEOMETRY, Net, Pooled, Whole, recipe, segmenter, start, subsets
from torch import nn
from torch.utils.data import BatchSampler

from bench.training.image_loading import EpochSampler, loaders
from bench.training.last_batch import JoinedBatches, trains_on_one


class Normalised(Net):
    """Batch normalisation of whole maps: one image has a variance."""

    def __init__(self):
        super().__init__()
        self.layers.append(nn.BatchNorm2d(3))


class Still(Pooled):
    """A frozen normalisation, which takes no variance of a batch."""

    def train(self, mode=True):
        super().train(mode)
        self.pool.eval()
        return self


def batches(network, world=1, **changes):
    """Return the places of the second epoch's training batches, for each process, and of validation's."""
    given = *subsets(), segmenter(network), recipe(**changes), 3, lambda: 1, 0
    pairs = [loaders(*given, rank, world) for rank in range(world)]
    train, held_out = ([[index.tolist() for *_, index in one] for one in kind] for kind in zip(*pairs, strict=True))
    for (loader, _), seen in zip(pairs, train, strict=True):
        assert len(loader) == len(seen)
    return train, held_out


def order(world=1, rank=0):
    """The second epoch's places as they come to one process."""
    return [place for _, place in EpochSampler(10, 3, lambda: 1, shuffle=True, rank=rank, world=world)]


@pytest.mark.parametrize(
    ("network", "batch_size", "sizes"),
    [
        (Pooled, 3, [3, 3, 4]),
        (Pooled, 9, [10]),
        (Pooled, 4, [4, 4, 2]),
        (Pooled, 5, [5, 5]),
        (Pooled, 1, [1] * 10),
        (Net, 3, [3, 3, 3, 1]),
        (Normalised, 3, [3, 3, 3, 1]),
        (Still, 9, [9, 1]),
    ],
)
def test_only_a_lonely_image_that_cannot_be_alone_joins_the_batch_before(network, batch_size, sizes):
    """Ten images, in the order that they always have."""
    (train,), _ = batches(network, batch_size=batch_size)
    assert [len(batch) for batch in train] == sizes
    assert list(chain(*train)) == order()


@pytest.mark.parametrize(("changes", "world", "sizes"), [({"batch_size": 4}, 2, [2, 3]), ({"batch_size": 8}, 2, [5])])
def test_each_process_joins_its_own(changes, world, sizes):
    """Ten images are five for each of two processes: of the parts of 2 or of 4 one is left."""
    train, _ = batches(Pooled, world, **changes)
    for rank, seen in enumerate(train):
        assert [len(batch) for batch in seen] == sizes
        assert list(chain(*seen)) == order(world, rank)


def test_parts_of_a_batch_are_counted_not_batches():
    """A batch of six in two parts of three: the fourth part would be one image, and is none of the steps."""
    (train,), _ = batches(Pooled, batch_size=6, accumulate=2)
    assert [len(batch) for batch in train] == [3, 3, 4]


def test_validation_is_never_joined():
    """It needs no variance: seven images held out are 3, 3 and 1."""
    learn, check = subsets(39)
    _, held_out = loaders(learn, check, segmenter(Pooled), recipe(batch_size=3), 3, lambda: 0, 0)
    assert [len(index) for *_, index in held_out] == [3, 3, 1]


def test_the_only_image_stays_alone():
    """There is nothing to join, and the lengths agree with what comes."""
    for length, size, lengths in ((1, 4, [1]), (5, 4, [5]), (9, 4, [4, 5]), (8, 4, [4, 4]), (3, 1, [1, 1, 1])):
        sampler = JoinedBatches(EpochSampler(length, 0, lambda: 0, shuffle=True), size)
        assert [len(batch) for batch in sampler] == lengths
        assert len(sampler) == len(lengths)
    plain = BatchSampler(EpochSampler(10, 0, lambda: 0, shuffle=True), 4, drop_last=False)
    assert list(JoinedBatches(plain.sampler, 4)) == list(plain)


def test_trying_it_out_changes_nothing():
    """Neither weights, statistics and mode of the network, nor torch's random numbers."""
    for network, takes in ((Pooled, False), (Normalised, True), (Net, True), (Still, True)):
        model = Whole(network(), GEOMETRY)
        before = {name: value.clone() for name, value in model.network.state_dict().items()}
        torch.manual_seed(8)
        assert trains_on_one(model) == takes
        drawn = torch.rand(3)
        torch.manual_seed(8)
        assert torch.equal(drawn, torch.rand(3))
        assert not model.network.training
        assert all(torch.equal(before[name], value) for name, value in model.network.state_dict().items())


def test_a_network_with_a_normalised_pool_trains_to_the_end(tmp_path):
    """Ten images in threes, on which torch alone would give up: three steps an epoch, and a finite loss."""
    facts, _ = start(tmp_path, Pooled, batch_size=3, schedule="one_cycle")
    assert facts["epochs_run"] == 3
    assert None not in facts["curves"]["train_loss"]
