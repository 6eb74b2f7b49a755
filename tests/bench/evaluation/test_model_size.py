"""What a model costs is counted as one would by hand."""

import torch
from torch import nn

from bench.evaluation.model_size import measured_size
from bench.evaluation.precision import Probe
from registry.adapter import TorchSegmenter
from registry.segmenter import Geometry

IMAGES = Probe([torch.zeros(3, 20, 30, dtype=torch.uint8)] * 4, [None] * 4)


def test_multiply_accumulates_are_those_of_the_closed_form():
    """A 3x3 convolution from 3 to 8 channels at 16 x 24, then a 1x1 to 2: one image, though the batch has four."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    size = measured_size(TorchSegmenter(network, Geometry(16, 24, "stretch")), IMAGES, trained=True)
    assert size.macs == 16 * 24 * (3 * 8 * 9 + 8 * 2)
    assert size.total == size.trainable == 3 * 8 * 9 + 8 + 8 * 2 + 2
    assert size.frozen == 0


def test_what_a_suite_does_not_train_is_frozen():
    """Weights that are taken as they are."""
    size = measured_size(TorchSegmenter(nn.Conv2d(3, 2, 1), Geometry(8, 8, "stretch")), IMAGES, trained=False)
    assert (size.total, size.trainable, size.frozen) == (8, 0, 8)


def test_a_module_may_return_a_view_of_a_weight():
    """As SAM2's prompt encoder does; what is trained is trained on afterwards."""

    class Embedding(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3))

        def forward(self, images):
            return self.weight.reshape(1, 3, 1, 1).expand_as(images)

    network = nn.Sequential(Embedding(), nn.Conv2d(3, 2, 1))
    size = measured_size(TorchSegmenter(network, Geometry(8, 8, "stretch")), IMAGES, trained=True)
    assert size.macs == 8 * 8 * 3 * 2
    assert size.trainable == 3 + 8
    assert all(weight.requires_grad for weight in network.parameters())


def test_the_widest_output_is_that_of_the_largest_layer():
    """8 channels at 16 x 24, four bytes each; the mask has 2."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1))
    size = measured_size(TorchSegmenter(network, Geometry(16, 24, "stretch")), IMAGES, trained=True)
    assert size.widest == 4 * 8 * 16 * 24
