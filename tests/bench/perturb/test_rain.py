"""Rain: the number of drops, the area of their streaks, their direction, its kernel."""

import numpy as np
import pytest
import scipy.integrate
import torch
from parity import KEY, agreement, defined, fast, photo

from bench.perturb import PERTURBATIONS, perturb, stream_of
from bench.perturb.entries.rain import FULL, Rain, scene
from registry.errors import BenchError

BLACK = np.zeros((96, 128, 3), np.uint8)


@pytest.mark.parametrize("size", [(33, 65), (96, 128), (1, 1), (1, 50), (7, 2), (200, 20)])
@pytest.mark.parametrize(("rate", "parameters"), [(2.5, {}), (100, {"angle": -40}), (20, {"exposure": 0.1})])
def test_the_kernel_gives_the_definitions_pixels(size, rate, parameters):
    image = photo(*size)
    assert agreement(fast("rain", image, rate, **parameters), defined("rain", image, rate, **parameters)) == (1, 0)


@pytest.mark.parametrize("rate", [1, 10, 100])
def test_the_number_of_drops_is_marshall_and_palmers(rate):
    """Drops of more than 1 mm in a pyramid 2 m high, whose base is as long and as wide as that for a square."""
    density, _ = scipy.integrate.quad(lambda d: 8000 * np.exp(-4.1 * rate**-0.21 * d), 1, 50)
    assert scene(100, 100, rate, Rain()).drops == round(density * 2 * 2 * 2 / 3)
    assert scene(300, 600, rate, Rain()).drops == round(density * 2 * 4 * 2 / 3)


def test_streaks_cover_the_area_they_should():
    """The sum over the image is each parallelogram's area: its rows times its width along a row."""
    faint = {"opacity": 0.02, "brightness": 255}  # faint: where streaks cross, their sum stays below the whole
    rain = scene(96, 128, 20, Rain(**faint))
    distance = np.maximum(stream_of([KEY]).uniform((rain.drops, 5))[0, :, 2:].numpy().max(1) * 2, 0.5)
    area = (rain.rows / distance * rain.columns / distance).sum() * 0.02
    from bench.perturb.kernels.rain import streaks

    looks = (rain.rows, rain.columns / 2, rain.slope, 0.02 * FULL)
    layer = streaks(stream_of([KEY]).uniform((rain.drops, 5))[0].numpy(), 96, 128, looks, (0.5, 2.0))
    assert layer.sum() / FULL == pytest.approx(area, rel=0.01)
    expected = np.clip(np.round(255 * layer / FULL), 0, 255)
    assert np.abs(defined("rain", BLACK, 20, **faint)[..., 0] - expected).max() <= 1


@pytest.mark.parametrize("angle", [-30, 0, 30])
def test_streaks_lean_by_the_angle(angle):
    image = defined("rain", np.zeros((256, 256, 3), np.uint8), 20, angle=angle)[..., 0].astype(float)
    image -= image.mean()
    likeness = {
        to: (image * np.roll(image, (8, round(8 * np.tan(np.radians(to)))), (0, 1))).mean() for to in (-30, 0, 30)
    }
    assert max(likeness, key=likeness.get) == angle


def test_a_longer_exposure_makes_longer_streaks():
    def lengths(exposure):
        image = defined("rain", BLACK, 10, angle=0, exposure=exposure)[..., 0].astype(float)
        return (image > 0).sum()

    assert lengths(1 / 30) > 1.4 * lengths(1 / 60)


def test_harder_rain_adds_to_the_lighter():
    before = defined("rain", BLACK, 0.5)
    for rate in (2.5, 5, 10, 50, 100, 500):
        after = defined("rain", BLACK, rate)
        assert (after >= before).all()
        assert (after > before).any()
        before = after


def test_almost_no_rain_is_no_rain():
    image = photo()
    assert scene(96, 128, 1e-6, Rain()).drops == 0
    assert np.array_equal(defined("rain", image, 1e-6), image)
    assert np.array_equal(fast("rain", image, 1e-6), image)


def test_streaks_scale_with_the_short_side():
    small, large = scene(100, 150, 10, Rain()), scene(200, 300, 10, Rain())
    assert (large.rows, large.columns) == (2 * small.rows, 2 * small.columns)
    assert large.drops == small.drops
    assert scene(1, 8192, 500, Rain()).drops < 100_000


def test_drops_lighten_the_dark_and_never_pass_their_brightness():
    dark, light = (defined("rain", BLACK + level, 50, brightness=200) for level in (50, 250))
    assert dark.min() == 50 and 60 < dark.max() <= 200
    assert light.max() == 250 and 200 <= light.min() < 240


@pytest.mark.parametrize("wrong", [{"angle": 90}, {"opacity": 0}, {"exposure": 1}, {"brightness": 256}, {"wind": 1}])
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(BenchError, match=next(iter(wrong))):
        perturb(photo(), "rain", 10, parameters=wrong)


def test_a_batch_is_its_images_however_many_are_drawn_at_a_time():
    entry = PERTURBATIONS["rain"]
    batch = torch.from_numpy(np.stack([photo(40, 50, seed) for seed in range(3)])).permute(0, 3, 1, 2).contiguous()
    keys = [bytes([i]) * 16 for i in range(3)]
    together = entry.apply(batch, 100, entry.parameters(), stream_of(keys))
    singles = [entry.apply(batch[i : i + 1], 100, entry.parameters(), stream_of([keys[i]])) for i in range(3)]
    assert torch.equal(together, torch.cat(singles))
