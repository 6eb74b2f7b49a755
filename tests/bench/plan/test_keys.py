"""The keys of checkpoints: whatever decides the weights is in them."""

import pytest

from bench.plan.keys import pretext_key, training_key
from bench.suite import load_suite

NET = "{name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}"
TWO_STAGES = "{name: autoencoder_unet, width: 2, size: 32, label: net, pretrain: {epochs: 1}, train: {epochs: 1}}"


@pytest.fixture
def spec(write):
    """A model of two stages."""
    return load_suite(write((NET, TWO_STAGES))).models[1]


@pytest.mark.parametrize("key", [training_key, pretext_key])
def test_what_a_training_depends_on_is_in_its_key(spec, key):
    """Another seed, other training images or other validation images: another checkpoint; else the same one."""
    keys = [key(spec, manifests, seed) for manifests in (("a", "b"), ("c", "b"), ("a", "c")) for seed in (0, 1)]
    assert len(set(keys)) == 6
    assert key(spec, ("a", "b"), 0) == keys[0]


def test_the_first_stage_is_in_the_key_of_the_second(spec):
    """Weights that began with another autoencoder are other weights."""
    assert len({training_key(spec, ("a", "b"), 0, first) for first in (None, "x", "y")}) == 3
