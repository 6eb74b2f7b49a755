"""Frozen features computed once, random numbers of a batch, and autoencoders."""

import os
from collections import Counter

import pytest
import torch
from small_training import GEOMETRY, NO_AUGMENTATION, SIZE, Net, Rough, start
from torch import nn

from bench.plan.checkpoints import load_checkpoint, state_hash
from bench.training import frozen_features as frozen
from bench.training import lightning_module
from bench.training.lightning_module import TrainingModule
from bench.training.reconstructor import Reconstructor
from registry.adapter import IMAGENET_MEAN, IMAGENET_STD, Batch
from registry.recipe import Augmentation, Recipe

SEEN = Counter()


class Backbone(nn.Module):
    """Frozen convolutions with a dropout that must stay quiet, and a small trained head."""

    def __init__(self):
        super().__init__()
        self.frozen = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.Dropout(0.5), nn.ReLU()).requires_grad_(False)
        self.head = nn.Conv2d(6, 3, 1)

    def train(self, mode=True):
        super().train(mode)
        self.frozen.eval()
        return self

    def features(self, x):
        assert not self.training
        assert not torch.is_grad_enabled()
        SEEN.update(x.sum((1, 2, 3)).tolist())
        return self.frozen(x)

    def forward(self, x, features=None):
        return self.head(self.frozen(x) if features is None else features)


def weights(path, network=Backbone):
    net = network()
    load_checkpoint(net, path)
    return torch.cat([p.flatten() for p in net.parameters()])


def test_frozen_features_are_computed_once_per_image(tmp_path, monkeypatch):
    """Ten training and two validation images in four epochs: twelve computations, and the same weights as without."""
    SEEN.clear()
    kept, path = start(tmp_path / "kept", Backbone, epochs=4)
    assert len(SEEN) == 12
    assert set(SEEN.values()) == {1}
    monkeypatch.setattr(lightning_module, "applies", lambda *_: False)
    plain, other = start(tmp_path / "plain", Backbone, epochs=4)
    assert set(SEEN.values()) == {1}
    assert torch.allclose(weights(path), weights(other), atol=1e-6)
    assert kept["curves"]["val_loss"] == pytest.approx(plain["curves"]["val_loss"], rel=1e-5)


def test_a_resumed_training_computes_the_same_features_again(tmp_path, monkeypatch):
    """Also where its batches are others: each image's features come from that image alone."""
    whole = state_hash(start(tmp_path / "whole", Backbone, epochs=4)[1])
    real = TrainingModule.training_step

    def step(self, batch, number):
        if self.current_epoch == 2:
            raise KeyboardInterrupt
        return real(self, batch, number)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TrainingModule, "training_step", step)
        start(tmp_path / "parts", Backbone, epochs=4)
    assert state_hash(start(tmp_path / "parts", Backbone, epochs=4)[1]) == whole


def test_features_beyond_the_limit_are_computed_anew(tmp_path, monkeypatch):
    """Room for three images of both kinds: the others are computed as often as they are needed, same outcome."""
    SEEN.clear()
    whole = state_hash(start(tmp_path / "all", Backbone)[1])
    monkeypatch.setattr(frozen, "available", lambda: 2 * 3 * 6 * SIZE * SIZE * 4)
    SEEN.clear()
    assert state_hash(start(tmp_path / "three", Backbone)[1]) == whole
    assert Counter(SEEN.values()) == {1: 3, 3: 7 + 2}


def test_room_for_features_is_half_of_the_memory_shared_by_the_processes(monkeypatch):
    """And the memory is this machine's: more than nothing, less than all there is."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < frozen.available() <= total
    monkeypatch.setattr(frozen, "available", lambda: 24 * 2**30)
    assert frozen.room(1) == 12 * 2**30
    assert frozen.room(4) == 3 * 2**30


class Convolutions(nn.Module):
    """A network whose layers happen to be called `features`."""

    def __init__(self):
        super().__init__()
        self.features = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.features(x)


def test_features_are_kept_only_where_each_look_is_the_same():
    """Not with a flip, and not where `features` is something else than the contract's."""
    still, moving = Recipe(augmentation=NO_AUGMENTATION), Recipe(augmentation=Augmentation(flip=0.1))
    assert frozen.applies(Backbone(), still)
    assert not frozen.applies(Backbone(), moving)
    assert not frozen.applies(Convolutions(), still)


def test_random_numbers_of_training_are_resumable(tmp_path, monkeypatch):
    """Noise from the batch's generator and dropout from torch's own: a resumed training draws the same ones."""
    whole, path = start(tmp_path / "whole", Net, Rough)
    drawn, real = [], TrainingModule.training_step

    def step(self, batch, number):
        if self.current_epoch == 1 and not drawn:
            drawn.append(True)
            raise KeyboardInterrupt
        return real(self, batch, number)

    monkeypatch.setattr(TrainingModule, "training_step", step)
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "parts", Net, Rough)
    resumed, other = start(tmp_path / "parts", Net, Rough)
    assert resumed["curves"] == whole["curves"]
    assert state_hash(other) == state_hash(path)


def test_each_batch_has_random_numbers_of_its_own(tmp_path, monkeypatch):
    """A generator per step, of seed, epoch and number; none in validation."""
    firsts, seen, real = [], [], Rough.training_pass

    def watch(self, batch, objective):
        seen.append(batch)
        if batch.generator is not None:
            firsts.append(torch.rand(1, generator=batch.generator).item())
        return real(self, batch, objective)

    monkeypatch.setattr(Rough, "training_pass", watch)
    start(tmp_path, Net, Rough)
    assert len(firsts) == len(set(firsts)) == 9
    assert len(seen) == 9 + 3
    places = torch.cat([b.index for b in seen if b.generator is not None]).tolist()
    assert sorted(places) == sorted(3 * list(range(10)))


class Squeeze(nn.Module):
    """The least autoencoder: an image in 0..1 from a normalised one, through one convolution."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.layer(x).sigmoid()


def test_an_autoencoder_is_compared_with_the_image_before_normalisation():
    """The target is the image in 0..1, whatever the network's input was normalised by."""
    image = torch.rand(2, 3, SIZE, SIZE)
    mean, std = (torch.tensor(t)[:, None, None] for t in (IMAGENET_MEAN, IMAGENET_STD))
    batch = Batch((image - mean) / std, torch.zeros(2, SIZE, SIZE, dtype=torch.int64), torch.arange(2))
    seen = []
    model = Reconstructor(Squeeze(), GEOMETRY)
    out = model.training_pass(batch, lambda output, target: seen.append((output, target)) or output.mean())
    output, target = seen[0]
    assert torch.allclose(target, image, atol=1e-6)
    assert torch.equal(output, model.network(batch.inputs))
    assert torch.equal(out.logits, output)


@pytest.mark.parametrize("loss", ["mse", "mse_ssim"])
def test_an_autoencoder_is_trained_to_its_lowest_loss(tmp_path, loss):
    """No labels are scored: the curves have no mIoU and no Dice, and the best epoch is that of the lowest loss."""
    facts, path = start(tmp_path, Squeeze, Reconstructor, loss=loss, monitor="loss", epochs=6, learning_rate=0.1)
    curves = facts["curves"]
    assert set(curves) == {"epoch", "train_loss", "val_loss", "learning_rate"}
    assert facts["best_epoch"] == 1 + curves["val_loss"].index(min(curves["val_loss"]))
    assert min(curves["val_loss"]) < 0.8 * curves["val_loss"][0]
    assert path.is_file()
