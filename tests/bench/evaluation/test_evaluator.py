"""One cell: perturbed at the right place, counted exactly, whatever the batches."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from bench.data import DATASETS, open_dataset
from bench.data.sample_cache import SampleCache
from bench.evaluation.evaluator import ahead, batches, evaluate
from bench.evaluation.pictures import Pictures
from bench.evaluation.preparation import EvaluationSettings, prepare
from bench.perturb import PERTURBATIONS, perturb
from bench.plan.cells import Condition
from bench.suite import Sweep
from registry.segmenter import Geometry, Prediction, Segmenter

CLEAN = Condition(None, 0.0)


@pytest.fixture(scope="module")
def subset(tmp_path_factory):
    """Six generated images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        parameters = DATASETS["shapes"].parameters(trainval=4, test=6)
        return open_dataset("shapes", parameters, None, download=False).subset("test")


def settings(**changes):
    return EvaluationSettings(
        **{"seed": 0, "apply_at": "native", "batch_size": 4, "device": "cpu", "geometry": None, **changes}
    )


def sweep(name, *strengths):
    entry = PERTURBATIONS[name]
    return Sweep(name, name, entry, entry.parameters(), strengths)


class Knowing(Segmenter):
    """Knows the masks: the border is called background, unless it is told to err."""

    def __init__(self, subset):
        self.masks = {row.id: subset.load(i).mask for i, row in enumerate(subset.rows)}
        self.cases = []

    def announce(self, case):
        self.cases.append(case)

    def predict_images(self, images, prompts, sizes):
        found = [torch.from_numpy(self.masks[name]) for name in self.cases[-1].samples]
        assert [tuple(size) for size in sizes] == [tuple(mask.shape) for mask in found]
        return [Prediction(torch.where(mask == 255, 0, mask).to(torch.uint8)) for mask in found]


def test_a_perfect_model_has_no_error(subset):
    """Off the diagonal there is nothing; the border's row holds the border's pixels."""
    result = evaluate(Knowing(subset), Pictures(SampleCache(subset)), CLEAN, settings())
    stats = result.counts.under("ignore")
    assert stats.fp.sum() == stats.fn.sum() == 0
    borders = [int((subset.load(i).mask == 255).sum()) for i in range(6)]
    assert result.counts.values[:, -1].sum(1).tolist() == borders
    assert result.samples == tuple(row.id for row in subset.rows)


@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_the_counts_do_not_depend_on_the_batches(subset, size):
    """Any batch size, the same integers in the same order."""
    first = evaluate(Knowing(subset), Pictures(SampleCache(subset)), CLEAN, settings(batch_size=3))
    other = evaluate(Knowing(subset), Pictures(SampleCache(subset)), CLEAN, settings(batch_size=size))
    assert np.array_equal(first.counts.values, other.counts.values)


def test_the_model_hears_which_images_come(subset):
    """A model that looks results up needs the condition and the samples."""
    model = Knowing(subset)
    evaluate(model, Pictures(SampleCache(subset)), Condition(sweep("occlusion", 20.0), 20.0), settings())
    assert [(c.perturbation, c.strength, len(c.samples)) for c in model.cases] == [
        ("occlusion", 20, 4),
        ("occlusion", 20, 2),
    ]


@pytest.mark.parametrize("name", ["additive_noise", "salt_and_pepper", "occlusion"])
def test_a_run_sees_the_pixels_that_perturb_gives(subset, name):
    """The public function and the evaluation agree to the pixel."""
    sample, strength = subset.load(2), PERTURBATIONS[name].strengths[-1]
    seen = prepare(sample, Condition(sweep(name, strength), strength), settings(seed=5)).image
    assert np.array_equal(seen.permute(1, 2, 0).numpy(), perturb(sample.image, name, strength, seed=5))


def test_level_zero_is_the_clean_image(subset):
    """The clean condition and the identity strength are one thing, bit for bit."""
    sample = subset.load(0)
    clean = prepare(sample, CLEAN, settings()).image
    assert np.array_equal(clean.permute(1, 2, 0).numpy(), sample.image)
    assert torch.equal(prepare(sample, Condition(sweep("additive_noise", 0.0), 0.0), settings()).image, clean)


@pytest.mark.parametrize("mode", ["stretch", "letterbox"])
def test_model_input_perturbs_at_the_networks_size(subset, mode):
    """A square of 16 pixels is 16 pixels of the input; the image is not padded before it is perturbed."""
    sample = subset.load(1)
    at_input = settings(apply_at="model_input", geometry=Geometry(64, 64, mode))
    image = prepare(sample, Condition(sweep("occlusion", 16.0), 16.0), at_input).image
    assert max(image.shape[1:]) == 64
    assert (min(image.shape[1:]) == 64) == (mode == "stretch")
    assert int((image == 0).all(0).sum()) >= 16 * 16


def test_a_batch_is_bounded_by_pixels_too(subset):
    """Large images do not add up in memory."""
    row = type("Row", (), {"height": 3000, "width": 2000})
    small = type("Row", (), {"height": 10, "width": 10})
    assert list(batches([row, row, small, small], 8)) == [[0], [1, 2, 3]]


def test_work_ahead_keeps_the_order_and_stays_bounded():
    """Results come in order; at most three items are under way."""
    under_way, most = [], []
    lock = threading.Lock()

    def work(i):
        with lock:
            under_way.append(i)
            most.append(len(under_way))
        time.sleep(0.001)
        return i

    with ThreadPoolExecutor(1) as pool:
        for i in ahead(pool, work, range(20)):
            assert i == under_way.pop(0)
    assert max(most) <= 4


def test_a_failure_ahead_reaches_the_caller():
    """An exception in the preparing thread is the cell's exception."""
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        list(ahead(pool, lambda i: 1 // (2 - i), range(5)))


def test_decoded_images_are_remembered_up_to_a_limit(subset):
    """What fits is decoded once; what does not is decoded again; nothing is dropped."""
    first = subset.load(0)
    decoded = SampleCache(subset, first.image.nbytes + first.mask.nbytes)
    assert decoded[0] is decoded[0]
    assert decoded[1] is not decoded[1]
    assert np.array_equal(decoded[1].image, subset.load(1).image)


def test_a_perturbation_that_breaks_its_contract_is_caught(subset, monkeypatch):
    """Another type or shape than it was given is a fault of the entry, not a number."""
    from dataclasses import replace

    entry = PERTURBATIONS["occlusion"]
    for broken in (lambda image, *_: image.float(), lambda image, *_: image[:, 1:]):
        bad = replace(entry, apply=broken)
        condition = Condition(Sweep("occlusion", "occlusion", bad, entry.parameters(), (5.0,)), 5.0)
        with pytest.raises(TypeError, match="occlusion returned .* not torch.uint8"):
            prepare(subset.load(0), condition, settings())
