"""The segmenter of a job: what is refused before and after its weights are loaded."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from bench.plan.checkpoints import save_checkpoint
from bench.plan.datasets import open_datasets
from bench.plan.jobs import Weights, plan_jobs
from bench.plan.segmenters import loaded_segmenter
from bench.suite import load_suite
from registry import MODELS
from registry.errors import BenchError


def test_a_checkpoint_for_a_model_without_weights_is_refused(write, tmp_path):
    """The message says what to remove."""
    suite = load_suite(write())
    job = replace(plan_jobs(suite, open_datasets(suite))[0], weights=Weights("x", tmp_path / "a.safetensors"))
    with pytest.raises(BenchError, match="'background' has no weights"):
        loaded_segmenter(job)


def job_of(write, *change):
    suite = load_suite(write(change))
    return plan_jobs(suite, open_datasets(suite))[-1]


def test_a_checkpoint_that_was_overwritten_since_is_refused(write, tmp_path):
    """Its cells would be stored under the hash of the weights that were there before."""
    entry, file = MODELS["unet"], tmp_path / "mine.safetensors"
    network = entry.build(entry.parameters(width=2, size=32), ("background", "square", "disk"), True).network
    save_checkpoint(network, file, {})
    job = job_of(write, "train: {epochs: 1, batch_size: 4}", f"checkpoint: {file}")
    loaded_segmenter(job)
    with torch.no_grad():
        next(network.parameters()).add_(1)
    save_checkpoint(network, file, {})
    with pytest.raises(BenchError, match=rf"^the checkpoint {file} changed since this run began; run the same command"):
        loaded_segmenter(job)


def test_files_of_a_model_that_were_overwritten_since_are_refused(write, tmp_path):
    """As a checkpoint: masks of another tool stand in the keys by their hash."""
    mask = tmp_path / "masks" / "clean" / "a.png"
    mask.parent.mkdir(parents=True)
    Image.fromarray(np.zeros((4, 4), np.uint8)).save(mask)
    net = "{name: unet, width: 2, size: 32, label: net, train: {epochs: 1, batch_size: 4}}"
    job = job_of(write, net, f"{{name: predictions, folder: {mask.parent.parent}}}")
    loaded_segmenter(job)
    Image.fromarray(np.ones((4, 4), np.uint8)).save(mask)
    with pytest.raises(BenchError, match=r"^the files of 'predictions' changed since this run began"):
        loaded_segmenter(job)
