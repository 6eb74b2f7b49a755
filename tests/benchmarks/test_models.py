"""Every model of the registry: one image of 375 x 500, from host memory to labels in host memory."""

import pytest
import torch
from timed_models import timed_model

from bench.data import Sample
from bench.suite.prompt_policies import draw
from bench.testing import latency_check
from registry import MODELS
from registry.segmenter import Case

pytestmark = pytest.mark.speed


@pytest.mark.parametrize("name", MODELS.names())
def test_model(benchmark, name, image, mask, tmp_path):
    """At fp32, on the GPU where there is one, with the entry's default prompt."""
    torch.manual_seed(0)
    segmenter, entry = timed_model(name, tmp_path), MODELS[name]
    segmenter.announce(Case("clean", 0.0, ("sample0",)))
    sample = Sample("sample0", image, mask, "0" * 32, 1)
    prompts = [draw(entry.prompts[0], sample, 0)] if entry.prompts else None
    latency_check(benchmark, segmenter, images=[image], prompts=prompts)
