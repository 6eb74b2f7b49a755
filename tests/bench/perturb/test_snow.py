"""Snow against the published one with the same random field, its magnification against scipy, its kernel."""

import numpy as np
import pytest
import scipy.ndimage
import torch
from parity import KEY, agreement, defined, fast, needs_reference, photo

from bench.perturb import PERTURBATIONS, stream_of
from bench.perturb.entries.snow import magnified
from bench.perturb.operations import reference_package

# In several of these scipy's zoom falls off the noise's end by a rounding error.
SIZES = [(32, 32), (33, 65), (97, 61), (64, 200), (125, 50)]


class Fields:
    """The stream's field and angle in the form in which the published code draws its own."""

    def normal(self, size, loc, scale):
        return loc + scale * stream_of([KEY]).normal(size)[0].double().numpy()

    def uniform(self, low, high):
        return low + (high - low) * stream_of([KEY]).uniform((1,), lane=1).item()


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", SIZES)
def test_the_published_snow_with_the_same_fields(size, severity):
    image = photo(*size)
    expected = reference_package.corrupt(image, "snow", severity, Fields())
    share, most = agreement(defined("snow", image, severity), expected)
    assert share == 1 and most <= 1
    assert (defined("snow", image, severity) != expected).mean() < 2e-3


@pytest.mark.parametrize("size", [*SIZES, (1, 1), (1, 7), (5, 2), (128, 4)])
@pytest.mark.parametrize("strength", [1, 2.25, 3, 4.5, 5])
def test_the_kernel_gives_the_definitions_pixels(size, strength):
    image = photo(*size)
    assert agreement(fast("snow", image, strength), defined("snow", image, strength)) == (1, 0)


@pytest.mark.parametrize("zoom", [2.0, 2.5, 3.0, 3.3, 4.0, 4.5])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 24, 25, 131, 500])
def test_magnification_along_an_axis_is_scipys(size, zoom):
    values = np.random.default_rng(size).normal(size=size)
    taken = int(np.ceil(size / zoom))
    start = (size - taken) // 2
    expected = scipy.ndimage.zoom(values[start : start + taken], zoom, order=1)
    axis = magnified(size, zoom)
    weight = np.array(axis.weight)
    found = values[axis.first] * (1 - weight) + values[axis.second] * weight
    assert len(found) >= size
    assert np.allclose(np.nan_to_num(found), expected, atol=1e-12)


def test_no_pixel_gets_darker_than_the_whitened_image():
    image = photo()
    values = image.astype(float)
    white = np.maximum(values, (values @ [0.299, 0.587, 0.114])[..., None] * 1.5 + 127.5)
    for severity, share in zip((1, 2, 3, 4, 5), (0.8, 0.7, 0.7, 0.65, 0.55), strict=True):
        under = np.minimum(share * values + (1 - share) * white, 255)
        found = defined("snow", image, severity)
        assert (found >= np.floor(under - 1e-3)).all()
        assert (np.abs(found - np.floor(under)) <= 1).all(-1).any()  # and somewhere no flake lies


def test_flakes_are_the_same_turned_by_half():
    snow = defined("snow", np.zeros((60, 80, 3), np.uint8), 3)
    assert np.array_equal(snow, snow[::-1, ::-1])
    assert snow.std() > 10


def test_between_two_severities_lies_what_lies_between():
    black = np.zeros((96, 96, 3), np.uint8)
    low, middle, high = (defined("snow", black, strength).mean() for strength in (4, 4.5, 5))
    assert min(low, high) < middle < max(low, high)


def test_a_batch_is_its_images():
    entry = PERTURBATIONS["snow"]
    batch = torch.from_numpy(np.stack([photo(40, 50, seed) for seed in range(3)])).permute(0, 3, 1, 2).contiguous()
    keys = [bytes([i]) * 16 for i in range(3)]
    together = entry.apply(batch, 2, entry.parameters(), stream_of(keys))
    singles = [entry.apply(batch[i : i + 1], 2, entry.parameters(), stream_of([keys[i]])) for i in range(3)]
    assert torch.equal(together, torch.cat(singles))
