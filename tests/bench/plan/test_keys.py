"""The keys of checkpoints: whatever decides the weights is in them."""

import pytest

from bench.plan.keys import cell_key, pretext_key, training_key
from bench.suite import load_suite
from registry import MODELS

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


LATER = {
    "unet": ("bottleneck", "up_convolution"),
    "autoencoder_unet": ("pretrain_skips", "full"),
    "clip_prompt": ("clicks", "objects"),
}


@pytest.mark.parametrize("name", LATER)
def test_a_parameter_that_came_later_is_in_a_key_only_where_it_is_not_the_default(name, write):
    """Given as the default it changes no key, so what was computed before it came is found; else it changes all."""
    key, other = LATER[name]

    def keys(more):
        suite = load_suite(write((NET, f"{{name: {name}, size: 32, label: net{more}}}")))
        spec = suite.models[1]
        first = pretext_key(spec, ("a", "b"), 0) if spec.pretext else ""
        return training_key(spec, ("a", "b"), 0, first), cell_key(suite, spec, "state", "fp32", "m")(None, 0.0), first

    default = MODELS[name].parameters.model_fields[key].default
    assert keys(f", {key}: {default}") == keys("")
    assert all(a != b or not a for a, b in zip(keys(f", {key}: {other}"), keys(""), strict=True))


def test_what_is_called_later_is_a_parameter_with_a_default():
    """Of every entry; one without a default would have no absence to stand for."""
    for name in MODELS.names():
        fields = MODELS[name].parameters.model_fields
        assert all(later in fields and not fields[later].is_required() for later in MODELS[name].later)
