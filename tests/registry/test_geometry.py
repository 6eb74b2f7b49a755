"""Geometry is undone exactly."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from registry.geometry import content, from_input, mask_to_input, resize, to_input
from registry.segmenter import Geometry, Size

SIDES = st.integers(1, 300)


@given(SIDES, SIDES, st.integers(1, 128), st.integers(1, 128), st.sampled_from(["stretch", "letterbox"]))
def test_content_lies_inside_and_is_not_empty(height, width, rows, columns, mode):
    """Whatever the sizes, at least one pixel of the image is in the input, and none outside."""
    top, left, h, w = content(Geometry(rows, columns, mode), Size(height, width))
    assert h >= 1
    assert w >= 1
    assert 0 <= top <= rows - h
    assert 0 <= left <= columns - w


def test_letterbox_keeps_the_aspect_and_centres():
    """100x200 into 64x64: scale .32, so 32x64, 16 rows of padding above."""
    assert content(Geometry(64, 64, "letterbox"), Size(100, 200)) == (16, 0, 32, 64)


def test_letterbox_pads_with_black():
    """The padding is 0, the image what it was."""
    image = torch.full((3, 10, 20), 200, dtype=torch.uint8)
    out = to_input(image, Geometry(40, 40, "letterbox"))
    assert out[:, 0, 0].tolist() == [0, 0, 0]
    assert out[:, 20, 20].tolist() == [200, 200, 200]


def test_an_image_of_the_inputs_size_is_untouched():
    """No interpolation where none is needed."""
    image = torch.randint(0, 256, (3, 24, 32), dtype=torch.uint8)
    assert torch.equal(to_input(image, Geometry(24, 32, "stretch")), image.float())


@pytest.mark.parametrize("size", [(16, 24), (61, 24), (30, 130)], ids=["smaller", "narrower", "lower and wider"])
def test_a_smaller_image_is_the_mean_of_what_it_stands_for(size):
    """As Pillow does it, whose filter widens with the shrinking: fine noise fades, it is not picked out by chance."""
    noise = np.random.default_rng(0).integers(0, 256, (61, 97)).astype(np.float32)
    height, width = size
    expected = np.asarray(Image.fromarray(noise, "F").resize((width, height), Image.Resampling.BILINEAR))
    found = resize(torch.from_numpy(noise)[None], height, width)[0].numpy()
    assert np.abs(found - expected).max() < 0.01


def test_the_network_gets_the_anti_aliased_image():
    """Into a letterbox: the content is Pillow's, within the padding."""
    image = torch.randint(0, 256, (3, 100, 200), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    inside = to_input(image, Geometry(64, 64, "letterbox"))[:, 16:48]
    for plane, found in zip(image.numpy(), inside.numpy(), strict=True):
        small = Image.fromarray(plane.astype(np.float32), "F").resize((64, 32), Image.Resampling.BILINEAR)
        assert np.abs(found - np.asarray(small)).max() < 0.01


def test_padding_of_a_mask_is_ignored():
    """Where there is no image there is no label."""
    out = mask_to_input(torch.ones(10, 20, dtype=torch.uint8), Geometry(20, 20, "letterbox"))
    assert out[0, 0] == 255
    assert out[10, 10] == 1


@pytest.mark.parametrize("mode", ["stretch", "letterbox"])
@settings(max_examples=25, deadline=None)
@given(st.integers(120, 400), st.integers(120, 400), st.integers(0, 2**31))
def test_ground_truth_survives_forward_and_inverse(mode, height, width, seed):
    """A mask of smooth shapes sent through the geometry and back scores Dice above .98 (nothing shifts)."""
    generator = torch.Generator().manual_seed(seed)
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    cy, cx = (0.35 + 0.3 * torch.rand(2, generator=generator)).tolist()
    mask = (((y - cy) / 0.3) ** 2 + ((x - cx) / 0.3) ** 2 < 1).to(torch.uint8)
    geometry = Geometry(224, 224, mode)
    inside = mask_to_input(mask, geometry)
    scores = torch.stack([inside != 1, inside == 1]).float()
    back = from_input(scores, geometry, Size(height, width), Size(height, width)).argmax(0)
    dice = 2 * ((back == 1) & (mask == 1)).sum() / ((back == 1).sum() + (mask == 1).sum())
    assert dice > 0.98


def test_scores_go_to_another_size_than_the_seen_one():
    """The padding is cut by the size that the network saw, the labels are delivered at the wanted size."""
    scores = torch.zeros(2, 32, 32)
    scores[1, 8:24] = 1  # all of a 2:1 image's content in a letterbox
    out = from_input(scores, Geometry(32, 32, "letterbox"), Size(16, 32), Size(50, 100))
    assert out.shape == (2, 50, 100)
    assert (out.argmax(0) == 1).all()
