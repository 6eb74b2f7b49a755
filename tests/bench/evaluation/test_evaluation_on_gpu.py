"""Cells evaluated on a CUDA device against the same cells on the CPU."""

import numpy as np
import pytest
import torch

from bench.data import DATASETS, open_dataset
from bench.data.sample_cache import SampleCache
from bench.evaluation.evaluator import evaluate
from bench.evaluation.preparation import EvaluationSettings
from bench.perturb import PERTURBATIONS
from bench.plan.cells import Condition
from bench.suite import Sweep
from registry import MODELS

pytestmark = pytest.mark.gpu

DEVICE = "cuda"
CONDITIONS = ("clean", "gaussian_noise", "elastic_transform", "rotate", "occlusion")


@pytest.fixture(scope="module")
def subset(tmp_path_factory):
    """Sixteen generated images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        parameters = DATASETS["shapes"].parameters(trainval=4, test=16)
        yield open_dataset("shapes", parameters, None, download=False).subset("test")


@pytest.fixture(scope="module")
def model(subset):
    """An untrained U-Net, whose labels change from pixel to pixel more than those of a trained one."""
    entry = MODELS["unet"]
    parameters = entry.parameters(width=16)
    segmenter = entry.build(parameters, subset.classes, True)
    return segmenter, entry.geometry(parameters)


def counted(subset, model, name, device, precision):
    """Return the confusion matrices of a cell, int64 [N, C + 1, C]."""
    segmenter, geometry = model
    segmenter.place(device, precision)
    if name == "clean":
        condition = Condition(None, 0.0)
    else:
        entry = PERTURBATIONS[name]
        condition = Condition(Sweep(name, name, entry, entry.parameters(), entry.strengths), entry.strengths[1])
    found = evaluate(segmenter, SampleCache(subset), condition, EvaluationSettings(0, "native", 4, device, geometry))
    return found.counts.values


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_cell_counts_what_the_cpu_counts(subset, model, name):
    """In fp32, tf32 off: all but 0.1 % of the pixels stand in the same place of the matrices."""
    ours, theirs = (counted(subset, model, name, device, "fp32") for device in (DEVICE, "cpu"))
    assert ours.sum() == theirs.sum()
    assert np.abs(ours - theirs).sum() / 2 <= 0.001 * theirs.sum()


@pytest.mark.parametrize(
    ("precision", "error"), [("fp32_channels_last", 1e-4), ("bf16_channels_last", 3e-2), ("fp16_channels_last", 5e-3)]
)
def test_half_precision_gives_nearly_the_same_scores(subset, precision, error):
    """By norm: bf16 keeps 8 bits of a number, fp16 keeps 11."""
    entry = MODELS["unet"]
    segmenter = entry.build(entry.parameters(width=16), subset.classes, True)
    images = [torch.from_numpy(subset.load(i).image).permute(2, 0, 1) for i in range(4)]
    expected = segmenter.forward(segmenter.prepare(images, [None] * 4)).double()
    segmenter.place(DEVICE, precision)
    found = segmenter.forward(segmenter.prepare(images, [None] * 4)).double().cpu()
    assert (found - expected).norm() / expected.norm() <= error
