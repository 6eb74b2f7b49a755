"""Shot noise and sensor noise: the distributions that SciPy knows, drawn by inversion of an integer table."""

import numpy as np
import pytest
import torch
from parity import KEY, agreement, defined, fast, needs_reference, photo
from scipy import stats

from bench.perturb import PERTURBATIONS, perturb, stream_of
from bench.perturb.kernels.noise import invert_words
from bench.perturb.operations.inversion import GUIDE_SHIFT, draw, inversion
from bench.perturb.operations.reference_package import corrupt
from registry.errors import BenchError

PHOTONS = (60, 25, 12, 5, 3)


class Words:
    """A stream whose words are given, one per value of an image [H, W, 3]."""

    def __init__(self, words):
        self.given = np.asarray(words, np.uint32)

    def words(self, shape, lane=0):
        return torch.from_numpy(np.ascontiguousarray(self.given.transpose(2, 0, 1)).view(np.int32))[None]


def words_of(shape):
    """Return the words that belong to each value of an image [H, W, 3]."""
    return stream_of([KEY]).words((3, *shape[:2]))[0].permute(1, 2, 0).numpy().view(np.uint32)


class Counts:
    """SciPy's Poisson quantile of the stream's words, asked for as imagecorruptions asks NumPy."""

    def poisson(self, rate):
        return stats.poisson.ppf((words_of(rate.shape) + 0.5) / 2**32, rate)


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_the_published_shot_noise_with_the_same_numbers(severity):
    """SciPy's counts give the same pixels; one in a million may lie on a threshold."""
    for height, width in ((33, 61), (96, 40)):
        image = photo(height, width, seed=height)
        published = corrupt(image, "shot_noise", severity, Counts())
        assert agreement(defined("shot_noise", image, severity), published)[1] == 0


@pytest.mark.parametrize(("severity", "photons"), [*zip((1, 2, 3, 4, 5), PHOTONS, strict=True), (1.5, 42.5), (4.5, 4)])
def test_shot_noise_counts_photons(severity, photons):
    """By the formula: min(1, count / c) of white, truncated, with SciPy's count; severities between as well."""
    image = photo(30, 50)
    counts = stats.poisson.ppf((words_of(image.shape) + 0.5) / 2**32, image / 255 * photons)
    expected = (np.minimum(counts / photons, 1) * 255).astype(np.uint8)
    assert np.array_equal(defined("shot_noise", image, severity), expected)


def test_shot_noise_has_poisson_mean_and_variance():
    """Where clipping is rare, mean x and variance x / c (x in 0..1), but for the half level of truncation."""
    grey = np.full((250, 250, 3), 100, np.uint8)
    values = defined("shot_noise", grey, 1).astype(float)
    assert values.mean() == pytest.approx(99.6, abs=0.5)
    assert values.var() == pytest.approx(100 * 255 / 60, rel=0.02)


def test_black_has_no_shot_noise():
    """No light, no photons."""
    assert not defined("shot_noise", np.zeros((40, 40, 3), np.uint8), 5).any()


def random_table(outputs, seed=0):
    """Return cumulative probabilities [256, K] with steep rows, flat ones, 0 and 1; and the table made of them."""
    rng = np.random.default_rng(seed)
    below = np.sort(rng.uniform(0, 1, (256, outputs - 1)) ** rng.integers(1, 40, (256, 1)), axis=1)
    below[0], below[1], below[2, outputs // 2 :] = 1, 0, 1
    values = np.sort(rng.choice(256, outputs, replace=False)).astype(np.uint8)
    return below, values, inversion(torch.from_numpy(below), torch.from_numpy(values))


@pytest.mark.parametrize("outputs", [2, 5, 61, 256])
def test_inversion_counts_thresholds_exactly(outputs):
    """Words on, just below and just above a threshold, the least and the greatest: both routes count as NumPy does."""
    below, values, table = random_table(outputs)
    thresholds = np.round(below * 2.0**32).astype(np.int64)
    rng = np.random.default_rng(1)
    levels = np.repeat(np.arange(256, dtype=np.uint8), 30).reshape(-1, 3, 1).repeat(3, axis=2)
    near = thresholds[levels, rng.integers(0, outputs - 1, levels.shape)] + rng.integers(-1, 2, levels.shape)
    words = np.where(rng.random(levels.shape) < 0.3, rng.integers(0, 2**32, levels.shape), near).clip(0, 2**32 - 1)
    words[:, 0, 0], words[:, 1, 1] = 0, 2**32 - 1
    counts = (thresholds[levels] <= words[..., None]).sum(axis=-1)
    batch = torch.from_numpy(levels).permute(2, 0, 1)[None]
    drawn = draw(batch, table, Words(words))[0].permute(1, 2, 0).numpy()
    assert np.array_equal(drawn, values[counts])
    flat = levels.reshape(-1).copy()
    words = words.reshape(-1).astype(np.uint32)
    invert_words(flat, words, table.last, table.guide, table.outputs, GUIDE_SHIFT)
    assert np.array_equal(flat, values[counts].reshape(-1))


@pytest.mark.parametrize(("name", "strengths"), [("shot_noise", (1, 2.5, 5)), ("sensor_noise", (0.3, 2, 20, 100))])
def test_kernels_are_their_definitions(name, strengths):
    """Bit for bit, at odd sizes."""
    for height, width in ((1, 1), (5, 3), (40, 61)):
        for strength in strengths:
            image = photo(height, width)
            assert np.array_equal(fast(name, image, strength), defined(name, image, strength))


@pytest.mark.parametrize("read_noise", [0, 2, 30])
@pytest.mark.parametrize(("strength", "tolerance"), [(20, 1e-6), (5, 1e-6), (0.9, 0.006)])
def test_sensor_noise_is_a_poisson_count_plus_a_normal_number(strength, tolerance, read_noise):
    """Cumulative probabilities of every grey level read out, against SciPy's sum over the counts."""
    white = (100 / strength) ** 2
    for level in (0, 1, 10, 100, 255):
        rate = level / 255 * white
        counts = np.arange(int(stats.poisson.ppf(1e-12, rate)), int(stats.poisson.ppf(1 - 1e-12, rate)) + 1)
        bounds = (np.arange(255) + 0.5) / 255 * white
        parts = stats.norm.cdf((bounds[:, None] - counts) / max(read_noise, 1e-9))
        expected = parts @ stats.poisson.pmf(counts, rate)
        words = np.linspace(0, 2**32 - 1, 3 * 2000).astype(np.uint32)
        values = drawn_at(level, strength, words, read_noise)
        measured = np.searchsorted(np.sort(values), np.arange(255), side="right") / len(words)
        assert np.abs(measured - expected).max() < tolerance + 2 / len(words)


def drawn_at(level, strength, words, read_noise):
    """Return what sensor_noise makes of one grey level with each of these words."""
    entry = PERTURBATIONS["sensor_noise"]
    batch = torch.full((1, 3, len(words) // 3, 1), level, dtype=torch.uint8)
    stream = Words(words.reshape(-1, 1, 3))
    return entry.apply(batch, strength, entry.parameters(read_noise=read_noise), stream).flatten().numpy()


def test_sensor_noise_has_the_affine_variance_of_foi():
    """Variance x / E + (r / E)^2 in units of white, plus 1/12 of a grey level for rounding."""
    for level, strength, read_noise in ((128, 5, 2), (60, 5, 20), (128, 1, 50)):
        grey = np.full((200, 200, 3), level, np.uint8)
        values = defined("sensor_noise", grey, strength, read_noise=read_noise).astype(float)
        electrons = (100 / strength) ** 2
        variance = 255**2 * (level / 255 / electrons + (read_noise / electrons) ** 2) + 1 / 12
        assert values.mean() == pytest.approx(level, abs=0.3)
        assert values.var() == pytest.approx(variance, rel=0.03)


def test_sensor_noise_comes_out_of_the_identity_without_a_step():
    """A trace of noise changes nothing, and where the exact sum gives way to the normal one hardly a value changes."""
    image = photo(60, 80)
    assert np.array_equal(defined("sensor_noise", image, 1e-3), image)
    assert np.array_equal(defined("sensor_noise", image, 5e-324), image)
    share, greatest = agreement(defined("sensor_noise", image, 0.9999), defined("sensor_noise", image, 1.0001))
    assert share == 1
    assert greatest == 1


def test_read_noise_is_checked():
    """A negative deviation is refused with the parameter's name."""
    with pytest.raises(BenchError, match="read_noise"):
        perturb(photo(8, 8), "sensor_noise", 5, parameters={"read_noise": -1})


def test_without_read_noise_black_stays_black():
    """No light and a perfect read-out: nothing is read."""
    black = np.zeros((20, 20, 3), np.uint8)
    assert not defined("sensor_noise", black, 20, read_noise=0).any()
    assert defined("sensor_noise", black, 20).any()
