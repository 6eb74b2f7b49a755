"""The stages of one image, each of a known length on a clock that the test moves."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from bench.timing.stages import Line, Middle
from bench.timing.timed_images import TimedImage
from registry.adapter import NetworkStep, TorchSegmenter
from registry.segmenter import Geometry

MS = 10**6


class Images:
    """One grey image, which takes 1 ms to decode."""

    def __init__(self, clock):
        self.clock = clock

    def some(self, first, count):
        return [TimedImage(torch.full((3, 8, 8), 7, dtype=torch.uint8), None, "grey", 0, False)] * count

    def decode(self, image):
        self.clock.take(MS)
        return np.full((8, 8, 3), 7, np.uint8)


class Timed(TorchSegmenter):
    """Takes 2 ms to prepare, 3 for its network, 4 to finish."""

    def __init__(self, clock):
        super().__init__(nn.Conv2d(3, 2, 1), Geometry(8, 8, "stretch"))
        self.clock = clock

    def prepare(self, images, prompts):
        self.clock.take(2 * MS)
        return super().prepare(images, prompts)

    def forward(self, inputs):
        self.clock.take(3 * MS)
        return super().forward(inputs)

    def predictions(self, logits, images, sizes):
        self.clock.take(4 * MS)
        return super().predictions(logits, images, sizes)


def line(clock, segmenter, steps):
    return Line(segmenter, steps, Images(clock), Middle(None, 0, False), "cpu", clock)


def lengths(intervals):
    return {one.path: (one.end - one.begin) / MS for one in intervals}


def test_each_stage_has_its_own_time_and_none_is_lost(clock):
    """1 + 2 + 3 + 4 = 10 ms, which is the whole; each stage begins where the one before ends."""
    segmenter = Timed(clock)
    one = line(clock, segmenter, segmenter.network_steps())
    staged = one.staged(0)
    found = {"decode": 1, "to_device": 0, "preprocess": 2, "network": 3, "resize_argmax": 4, "to_host": 0}
    assert lengths(staged) == found
    assert all(a.end == b.begin for a, b in pairwise(staged))
    assert lengths(one.whole(1)) == {"end_to_end": sum(found.values())}


def test_a_promptable_network_has_a_row_for_each_of_its_steps(clock):
    """Encoding the image and decoding the prompt are not added up."""
    segmenter = Timed(clock)

    def encode(inputs):
        clock.take(5 * MS)
        return inputs

    steps = NetworkStep("encode_image", encode), NetworkStep("decode_prompt", segmenter.forward)
    found = lengths(line(clock, segmenter, steps).staged(0))
    assert (found["encode_image"], found["decode_prompt"]) == (5, 3)
    assert "network" not in found


def test_the_whole_of_the_stages_is_what_is_predicted(clock, monkeypatch):
    """The labels that the stages end with are those of `predict`."""
    segmenter = Timed(clock)
    ends = []
    real = torch.Tensor.cpu
    monkeypatch.setattr(torch.Tensor, "cpu", lambda self: ends.append(self) or real(self))
    one = line(clock, segmenter, segmenter.network_steps())
    one.staged(0)
    one.whole(0)
    staged, whole = (end for end in ends if end.dtype == torch.uint8 and end.ndim == 2)
    assert torch.equal(staged, whole)
    assert staged.shape == (8, 8)


@pytest.mark.parametrize("call", [0, 5])
def test_no_perturbation_is_no_stage(clock, call):
    """A suite of clean images alone."""
    segmenter = Timed(clock)
    assert "perturb" not in lengths(line(clock, segmenter, segmenter.network_steps()).staged(call))
