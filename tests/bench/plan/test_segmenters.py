"""The segmenter of a job: what is refused before its weights are loaded."""

from dataclasses import replace

import pytest

from bench.plan.datasets import open_datasets
from bench.plan.jobs import Weights, plan_jobs
from bench.plan.segmenters import loaded_segmenter
from bench.suite import load_suite
from registry.errors import BenchError


def test_a_checkpoint_for_a_model_without_weights_is_refused(write, tmp_path):
    """The message says what to remove."""
    suite = load_suite(write())
    job = replace(plan_jobs(suite, open_datasets(suite))[0], weights=Weights("x", tmp_path / "a.safetensors"))
    with pytest.raises(BenchError, match="'background' has no weights"):
        loaded_segmenter(job)
