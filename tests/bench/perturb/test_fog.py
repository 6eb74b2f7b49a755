"""Fog against the published one with the same random fields, and its kernel against its definition."""

import numpy as np
import pytest
import torch
from parity import KEY, agreement, defined, fast, needs_reference, photo

from bench.perturb import PERTURBATIONS, stream_of
from bench.perturb.operations import reference_package

SIZES = [(32, 32), (33, 65), (97, 61)]


class Fields:
    """The stream's fields in the order in which the published code draws its own."""

    def __init__(self):
        self.drawn = 0

    def uniform(self, low, high, size):
        level, part = divmod(self.drawn, 3)
        self.drawn += 1
        field = stream_of([KEY]).uniform((3, 2**level, 2**level), lane=level)[0, part]
        assert field.shape == size
        return low + (high - low) * field.double().numpy()


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", SIZES)
def test_the_published_fog_with_the_same_fields(size, severity):
    image = photo(*size)
    expected = reference_package.corrupt(image, "fog", severity, Fields())
    share, most = agreement(defined("fog", image, severity), expected)
    assert share == 1 and most <= 1
    assert (defined("fog", image, severity) != expected).mean() < 1e-3


@pytest.mark.parametrize("size", [*SIZES, (1, 1), (1, 7), (5, 2), (128, 40)])
@pytest.mark.parametrize("strength", [1, 3.25, 5])
def test_the_kernel_gives_the_definitions_pixels(size, strength):
    image = photo(*size)
    assert agreement(fast("fog", image, strength), defined("fog", image, strength)) == (1, 0)


def square_fog(severity, side, grey=0):
    """Return the fractal as fog shows it on a square image of one dark grey level with one white pixel."""
    image = np.full((side, side, 3), grey, np.uint8)
    image[-1, -1] = 255
    return defined("fog", image, severity)[..., 0].astype(float)


def test_a_map_that_fits_the_image_is_used_from_none_to_all_of_its_thickness():
    fog = square_fog(2, 64)
    fog[-1, -1] = fog[0, 0]
    assert fog.min() == 0
    assert fog.max() == 170  # 2 / (1 + 2) of 255


def test_the_map_wraps_around_only_where_the_image_fills_it():
    fog = square_fog(1, 64)
    inside = np.abs(np.diff(fog[:-1], axis=1)).mean()
    assert np.abs(fog[:-1, 0] - fog[:-1, -1]).mean() < 3 * inside


def test_a_black_image_stays_black():
    assert not defined("fog", np.zeros((20, 30, 3), np.uint8), 3).any()


def test_all_severities_share_their_random_numbers():
    one, other = square_fog(1, 64), square_fog(2, 64)  # they differ in thickness alone
    one, other = one[:-1] * 2.5 / 1.5, other[:-1] * 3 / 2
    assert np.abs(one - other).max() <= 2.5 / 1.5 + 1.5


def test_between_two_severities_lies_what_lies_between():
    low, middle, high = (defined("fog", photo(), strength).mean() for strength in (1, 1.5, 2))
    assert min(low, high) < middle < max(low, high)


def test_long_images_are_done_a_few_at_a_time_and_come_out_the_same():
    entry, images = PERTURBATIONS["fog"], torch.from_numpy(np.stack([photo(3, 150, seed) for seed in range(3)]))
    batch, keys = images.permute(0, 3, 1, 2).contiguous(), [bytes([i]) * 16 for i in range(3)]
    together = entry.apply(batch, 3, entry.parameters(), stream_of(keys))
    for i in range(3):
        alone = entry.apply(batch[i : i + 1], 3, entry.parameters(), stream_of(keys[i : i + 1]))
        assert torch.equal(together[i : i + 1], alone)
