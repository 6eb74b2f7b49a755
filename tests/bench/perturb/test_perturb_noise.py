"""gaussian, speckle and impulse noise: the published pixels where the numbers are the same, and their statistics."""

import numpy as np
import pytest
import torch
from parity import KEY, agreement, defined, fast, needs_reference, photo

from bench.perturb import PERTURBATIONS, stream_of
from bench.perturb.operations.reference_package import corrupt

SIZES = ((33, 61), (96, 40), (47, 47))
SEVERITIES = (1, 2, 3, 4, 5)


class Fields:
    """The stream's numbers in the form in which imagecorruptions asks for its own."""

    def __init__(self, key=KEY):
        self.stream = stream_of([key])

    def normal(self, size, scale):
        return scale * self.stream.normal((3, *size[:2]))[0].permute(1, 2, 0).numpy().astype(np.float64)

    def random_noise(self, image, mode, amount):
        """skimage's salt and pepper: one field decides what is hit, another what it becomes."""
        assert mode == "s&p"
        words = self.stream.words((3, *image.shape[:2]))[0].permute(1, 2, 0).numpy().view(np.uint32)
        hit = ((words >> 12) + 0.5) / 2**20 <= amount
        salted = ((words & 0xFFF) + 0.5) / 2**12 <= 0.5
        return np.where(hit, salted.astype(float), image)


@needs_reference
@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("name", ["gaussian_noise", "speckle_noise", "impulse_noise"])
def test_the_published_noise_with_the_same_numbers(name, severity):
    """Within one grey level where the product is next to a whole number, else equal."""
    for height, width in SIZES:
        image = photo(height, width, seed=height)
        published = corrupt(image, name, severity, Fields())
        ours = defined(name, image, severity)
        assert agreement(ours, published)[1] <= 1
        assert (ours == published).mean() > 0.999


def test_gaussian_noise_has_the_published_deviation_and_loses_half_a_level():
    """On grey 128 the standard deviation is the severity's share of 255, the mean half a level low (truncation)."""
    grey = np.full((200, 200, 3), 128, np.uint8)
    for severity, share in ((1, 0.08), (2, 0.12)):  # greater ones are clipped
        noisy = defined("gaussian_noise", grey, severity).astype(float)
        assert noisy.std() == pytest.approx(255 * share, rel=0.01)
        assert noisy.mean() == pytest.approx(127.5, abs=0.4)
    between = defined("gaussian_noise", grey, 1.5).astype(float)
    assert between.std() == pytest.approx(255 * 0.10, rel=0.01)


def test_speckle_noise_grows_with_the_value():
    """Black stays black; the standard deviation is the severity's share of the value."""
    for value in (0, 40, 120):
        noisy = defined("speckle_noise", np.full((150, 150, 3), value, np.uint8), 2).astype(float)
        assert noisy.std() == pytest.approx(0.2 * value, rel=0.02, abs=1e-9)


@pytest.mark.parametrize("name", ["gaussian_noise", "speckle_noise"])
def test_normal_noise_is_one_pattern_at_every_severity(name):
    """What is added at severity 2 is what is added at severity 1, times the ratio of the constants."""
    image = np.full((40, 50, 3), 128, np.uint8)
    one, two = (defined(name, image, severity).astype(float) - 127.5 for severity in (1, 2))
    assert np.corrcoef(one.ravel(), two.ravel())[0, 1] > 0.999


def test_impulse_noise_hits_the_published_share_half_of_it_white():
    """Shares of the values; 120,000 values put the share within four standard deviations."""
    grey = np.full((200, 200, 3), 100, np.uint8)
    for severity, share in ((1, 0.03), (3, 0.09), (5, 0.27), (4.5, 0.22)):
        values = defined("impulse_noise", grey, severity)
        hit = values != 100
        assert set(np.unique(values)) == {0, 100, 255}
        assert hit.mean() == pytest.approx(share, abs=4 * (share * (1 - share) / grey.size) ** 0.5)
        assert (values[hit] == 255).mean() == pytest.approx(0.5, abs=2 / hit.sum() ** 0.5)


def test_what_is_hit_at_one_severity_is_hit_at_every_greater_one():
    """The hit values of severity s are a subset of those of s + 1, in the same colour."""
    grey = np.full((60, 70, 3), 100, np.uint8)
    before = defined("impulse_noise", grey, 1)
    for severity in (1.5, 2, 3, 4, 5):
        after = defined("impulse_noise", grey, severity)
        assert np.array_equal(after[before != 100], before[before != 100])
        assert (after != 100).sum() > (before != 100).sum()
        before = after


@pytest.mark.parametrize("parameters", [{}, {"channels": "shared"}, {"salt": 1.0}, {"salt": 0.0}, {"salt": 0.3}])
def test_the_kernel_of_impulse_noise_is_its_definition(parameters):
    """Bit for bit, for every parameter and odd sizes."""
    for height, width in ((1, 1), (3, 5), (61, 33)):
        image = photo(height, width)
        for severity in (1, 3.3, 5):
            expected = defined("impulse_noise", image, severity, **parameters)
            assert np.array_equal(fast("impulse_noise", image, severity, **parameters), expected)


@pytest.mark.parametrize("name", ["gaussian_noise", "speckle_noise"])
def test_the_kernels_of_normal_noise_are_their_definitions(name):
    """Bit for bit, at odd sizes."""
    for height, width in ((1, 1), (3, 5), (61, 33)):
        for severity in (1, 3.3, 5):
            image = photo(height, width)
            assert np.array_equal(fast(name, image, severity), defined(name, image, severity))


class Words:
    """A stream of one pixel's three words."""

    def __init__(self, words):
        self.given = torch.from_numpy(np.asarray(words, np.uint32).view(np.int32))

    def words(self, shape, lane=0):
        assert shape == (3, 1, 1)
        return self.given.view(1, 3, 1, 1)


def test_impulse_noise_decides_by_whole_numbers():
    """A word's upper 20 bits below amount 2^20 hit, its lower 12 below 2^11 make white; nothing next to them does."""
    entry, hits = PERTURBATIONS["impulse_noise"], round(0.03 * 2**20)
    for lower, colour in ((0, 255), (2**11 - 1, 255), (2**11, 0), (2**12 - 1, 0)):
        words = Words([upper << 12 | lower for upper in (hits - 1, hits, 2**20 - 1)])
        expected = [colour, 100, 100]
        batch = torch.full((1, 3, 1, 1), 100, dtype=torch.uint8)
        assert entry.apply(batch, 1, entry.parameters(), words).flatten().tolist() == expected


def test_shared_channels_hit_whole_pixels():
    """All three channels of a pixel are hit together."""
    values = defined("impulse_noise", np.full((50, 50, 3), 100, np.uint8), 5, channels="shared")
    assert (values == values[..., :1]).all()


@pytest.mark.parametrize("name", ["gaussian_noise", "speckle_noise", "impulse_noise", "shot_noise", "sensor_noise"])
def test_a_batch_is_its_images(name):
    """Each image of a batch has its own key's noise, channels-last in memory or not; the input is left alone."""
    entry = PERTURBATIONS[name]
    images, keys = [photo(24, 40, seed) for seed in range(3)], [bytes([k] * 16) for k in range(3)]
    batch = torch.stack([torch.from_numpy(image).permute(2, 0, 1) for image in images])
    for given in (batch.contiguous(), batch.to(memory_format=torch.channels_last)):
        before = given.clone()
        result = entry.apply(given, 5, entry.parameters(), stream_of(keys))
        assert torch.equal(given, before)
        for image, key, one in zip(images, keys, result, strict=True):
            assert np.array_equal(one.permute(1, 2, 0).numpy(), defined(name, image, 5, key))
