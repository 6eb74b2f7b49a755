"""Perturbed once, read by every model: the same pixels, masks, and pixels that count."""

import numpy as np
import pytest
import torch

from bench.data import DATASETS, Subset, open_dataset
from bench.data.sample_cache import SampleCache
from bench.evaluation import pictures as module
from bench.evaluation.pictures import Pictures
from bench.evaluation.preparation import EvaluationSettings, prepare
from bench.host.scratch import Scratch
from bench.perturb import PERTURBATIONS
from bench.plan.cells import Condition
from bench.suite import Sweep
from registry.segmenter import Geometry


@pytest.fixture
def subset(tmp_path, monkeypatch):
    """Three generated images."""
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path))
    return open_dataset("shapes", DATASETS["shapes"].parameters(trainval=2, test=3), None, download=False).subset(
        "test"
    )


@pytest.fixture
def made(monkeypatch):
    """The number of images in each call that perturbs."""
    calls, real = [], module.all_perturbed
    monkeypatch.setattr(
        module, "all_perturbed", lambda samples, *more: calls.append(len(samples)) or real(samples, *more)
    )
    return calls


def settings(**changes):
    return EvaluationSettings(
        **{"seed": 0, "apply_at": "native", "batch_size": 4, "device": "cpu", "geometry": None, **changes}
    )


def condition(name, occluded="count"):
    entry = PERTURBATIONS[name]
    strength = entry.strengths[-1]
    return Condition(Sweep(name, name, entry, entry.parameters(), (strength,), occluded=occluded), strength)


def same(first, second):
    assert torch.equal(first.image, second.image)
    assert first.image.is_contiguous()
    assert (first.sample.id, first.sample.foreground) == (second.sample.id, second.sample.foreground)
    assert np.array_equal(first.sample.mask, second.sample.mask)
    assert (first.counted is None) == (second.counted is None)
    assert first.counted is None or (first.counted.dtype == bool and np.array_equal(first.counted, second.counted))


@pytest.mark.parametrize(
    "at", [condition("additive_noise"), condition("rotate"), condition("occlusion", "ignore"), Condition(None, 0.0)]
)
@pytest.mark.parametrize("limit", [10**9, 40_000, 0])
def test_the_second_model_sees_what_the_first_one_saw(subset, at, limit):
    """Noise moves no mask, a rotation does, hidden pixels do not count; whatever there is room for."""
    shared = Pictures(SampleCache(subset), Scratch(limit))
    fresh = [prepare(subset.load(i), at, settings()) for i in range(3)]
    for places in ([0, 1, 2], [0, 1, 2], [2, 1]):
        for place, found in zip(places, shared.prepared(places, at, settings()), strict=True):
            same(found, fresh[place])
    shared.scratch.close()


def test_an_image_is_perturbed_once_for_all_models(subset, made):
    """Of any size and any prompt; at the networks' own sizes once for each size."""
    shared, at = Pictures(SampleCache(subset), Scratch()), condition("additive_noise")
    models = [settings(geometry=Geometry(32, 32, "stretch")), settings(prompt="gt_centroid"), settings()]
    prompts = [shared.prepared([0, 1, 2], at, one)[0].prompt for one in models]
    assert made == [3]
    assert [prompt is None for prompt in prompts] == [True, False, True]
    for side in (32, 48, 32):
        own = settings(apply_at="model_input", geometry=Geometry(side, side, "stretch"))
        assert shared.prepared([0], at, own)[0].image.shape[1:] == (side, side)
    assert made == [3, 1, 1]
    shared.scratch.close()


def test_what_is_to_be_measured_is_perturbed(subset, made):
    """The comparison with the clean image needs the moment of perturbing."""
    shared, at = Pictures(SampleCache(subset), Scratch()), condition("additive_noise")
    shared.prepared([0], at, settings())
    assert shared.prepared([0], at, settings(measure=True))[0].similarity.rmse > 0
    assert made == [1, 1]
    shared.scratch.close()


def test_a_single_model_keeps_nothing(subset, made):
    """Nobody would read it."""
    alone, at = Pictures(SampleCache(subset)), condition("additive_noise")
    for _ in range(2):
        alone.prepared([0], at, settings())
    assert made == [1, 1]


def test_decoded_images_beyond_memory_are_read_from_disk(subset, monkeypatch):
    """Each is decoded once, and is what the data set holds."""
    loaded, real = [], type(subset).load
    monkeypatch.setattr(type(subset), "load", lambda self, i: loaded.append(i) or real(self, i))
    cache = SampleCache(subset, limit=0, scratch=Scratch())
    for i in (0, 1, 0, 1, 0):
        found, expected = cache[i], real(subset, i)
        assert np.array_equal(found.image, expected.image)
        assert np.array_equal(found.mask, expected.mask)
        assert (found.id, found.image_hash, found.foreground) == (expected.id, expected.image_hash, expected.foreground)
    assert loaded == [0, 1]
    cache.scratch.close()


def test_a_run_decodes_and_perturbs_each_image_once(go, monkeypatch):
    """Two models, four images, three perturbed conditions; the strips decode the image in the middle themselves."""
    perturbed, loaded = [], []
    real, load = module.all_perturbed, Subset.load

    def perturbing(samples, at, settings):
        perturbed.extend((sample.id, at.label, at.strength) for sample in samples if at.sweep)
        return real(samples, at, settings)

    monkeypatch.setattr(module, "all_perturbed", perturbing)
    monkeypatch.setattr(Subset, "load", lambda self, i: loaded.append((self.split, i)) or load(self, i))
    go()
    assert len(perturbed) == len(set(perturbed)) == 3 * 4
    assert sorted(one for one in loaded if one[0] == "test" and one[1] != 2) == [("test", i) for i in (0, 1, 3)]
