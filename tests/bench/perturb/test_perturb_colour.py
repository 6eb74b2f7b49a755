"""Colour and tone: against imagecorruptions, scikit-image, Pillow and the formulas written out in NumPy."""

import numpy as np
import pytest
import torch
from parity import agreement, defined, fast, needs_reference, photo
from PIL import Image
from skimage.color import hsv2rgb, rgb2hsv

from bench.perturb import PERTURBATIONS, stream_of
from bench.perturb.entries.color_cast import black_body, gains
from bench.perturb.operations.reference_package import corrupt

COLOURED = (
    "brightness",
    "saturate",
    "contrast",
    "hue_shift",
    "grayscale",
    "gamma",
    "color_cast",
    "bit_depth",
    "vignette",
)
WITH_KERNEL = [name for name in COLOURED if PERTURBATIONS[name].kernel is not None]


def colours(step=15):
    """Every mixture of red, green and blue in steps, greys, black and white among them, as an image."""
    levels = np.arange(0, 256, step, dtype=np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), axis=-1).reshape(len(levels), -1, 3)


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", ["brightness", "saturate", "contrast"])
def test_the_published_pixels(name, severity):
    """Within one grey level: exact results that the reference's rounding errors push below a whole number differ."""
    for image in (photo(33, 61), photo(96, 40), np.ascontiguousarray(colours(15)[:, :34].repeat(2, axis=0))):
        assert agreement(defined(name, image, severity), corrupt(image, name, severity, None))[1] <= 1


@pytest.mark.parametrize(
    ("name", "severity", "change"),
    [
        ("brightness", 2.5, lambda h, s, v: (h, s, v + 0.25)),
        ("saturate", 1.5, lambda h, s, v: (h, s * 0.2, v)),
        ("saturate", 4.5, lambda h, s, v: (h, s * 12.5 + 0.15, v)),
    ],
)
def test_between_severities_by_way_of_skimage(name, severity, change):
    """The interpolated constants, there and back through scikit-image's HSV, truncated: within one level."""
    planes = change(*np.moveaxis(rgb2hsv(colours()), -1, 0))
    expected = (hsv2rgb(np.clip(np.stack(planes, axis=-1), 0, 1)) * 255).astype(np.uint8)
    assert agreement(defined(name, colours(), severity), expected)[1] <= 1


def test_grey_turns_red_where_saturation_is_added():
    """Published: grey has hue 0. Green and blue of grey 200 fall to 200 (1 - b); without b grey stays grey."""
    grey = np.full((2, 2, 3), 200, np.uint8)
    assert defined("saturate", grey, 4)[0, 0].tolist() == [200, 180, 180]
    assert defined("saturate", grey, 3)[0, 0].tolist() == [200, 200, 200]


@pytest.mark.parametrize("name", WITH_KERNEL)
def test_the_kernel_is_the_definition(name):
    """Bit for bit on every kind of colour and at odd sizes."""
    entry = PERTURBATIONS[name]
    middle = (entry.minimum + entry.maximum) / 2 + 0.3
    for image in (colours(), photo(61, 33), photo(1, 1), photo(7, 260)):
        for strength in (entry.minimum, middle, entry.strengths[-1], entry.maximum):
            assert np.array_equal(fast(name, image, strength), defined(name, image, strength))


@pytest.mark.parametrize("name", COLOURED)
def test_a_batch_is_its_images_and_stays_as_it_was(name):
    """Two images at once, channels-last in memory or not, are the two alone."""
    entry = PERTURBATIONS[name]
    images = [photo(24, 40, 1), photo(24, 40, 2)]
    batch = torch.stack([torch.from_numpy(image).permute(2, 0, 1) for image in images])
    for given in (batch.contiguous(), batch.to(memory_format=torch.channels_last)):
        before, strength = given.clone(), entry.strengths[-2]
        result = entry.apply(given, strength, entry.parameters(), stream_of([bytes(16)] * 2))
        assert torch.equal(given, before)
        for image, one in zip(images, result, strict=True):
            assert np.array_equal(one.permute(1, 2, 0).numpy(), defined(name, image, strength))


def test_contrast_between_severities():
    """Severity 2.5 keeps a quarter of the distance from each channel's own mean, truncated."""
    image = photo(50, 70)
    mean = image.reshape(-1, 3).mean(axis=0)
    expected = np.floor((image - mean) * 0.25 + mean)
    assert np.array_equal(defined("contrast", image, 2.5), expected)


@pytest.mark.parametrize("degrees", [-170, -33, -1, 10, 59.5, 90, 180])
def test_hue_shift_by_way_of_skimage(degrees):
    """There and back through scikit-image's HSV: the level nearest to its result."""
    hue, saturation, value = np.moveaxis(rgb2hsv(colours()), -1, 0)
    turned = np.stack([(hue + degrees / 360) % 1, saturation, value], axis=-1)
    assert np.abs(defined("hue_shift", colours(), degrees) - 255 * hsv2rgb(turned)).max() <= 0.5 + 1e-3


def test_a_third_of_a_turn_moves_each_channel_to_the_next():
    """+120 degrees: red to green, green to blue, blue to red; -120 the other way; grey keeps its level."""
    image = colours()
    assert np.array_equal(defined("hue_shift", image, 120), np.roll(image, 1, axis=-1))
    assert np.array_equal(defined("hue_shift", image, -120), np.roll(image, -1, axis=-1))


def test_grayscale_is_the_luma_of_bt601():
    """Without colour, within one level of Pillow's L; half way, the mean of that and the image."""
    image = colours()
    luma = np.asarray(Image.fromarray(image).convert("L"))[..., None]
    faded = defined("grayscale", image, 1)
    assert (faded == faded[..., :1]).all()
    assert agreement(faded, luma.repeat(3, axis=-1))[1] <= 1
    exact = image @ np.array([0.299, 0.587, 0.114])
    assert np.abs(faded - exact[..., None]).max() <= 0.5 + 1e-4
    assert np.abs(defined("grayscale", image, 0.5) - (image + exact[..., None]) / 2).max() <= 0.5 + 1e-4


def test_gamma_is_a_power_and_keeps_black_and_white():
    """By the formula at every grey level, on both sides of 1."""
    levels = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    for exponent in (0.1, 0.5, 1.5, 2.2, 10):
        bent = defined("gamma", levels, exponent)
        assert np.array_equal(bent, np.rint(255 * (levels / 255) ** exponent).astype(np.uint8))
        assert bent[0, [0, 255], 0].tolist() == [0, 255]


def test_bit_depth_takes_the_nearest_of_evenly_spread_levels():
    """By brute force over the 2^b levels; black and white are among them."""
    levels = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, axis=2)
    for bits in range(1, 9):
        allowed = np.linspace(0, 255, 2**bits)
        nearest = allowed[np.abs(levels[0, :, 0, None] - allowed).argmin(axis=1)]
        ours = defined("bit_depth", levels, bits)[0, :, 0]
        assert np.array_equal(ours, np.floor(nearest + 0.5).astype(np.uint8))
        assert len(np.unique(ours)) == 2**bits


def test_vignette_darkens_by_cos_to_the_fourth():
    """The corners lose the percentage asked for, the centre nothing, everything between by trigonometry."""
    white = np.full((41, 61, 3), 255, np.uint8)
    rows, columns = np.mgrid[-20:21, -30:31]
    for percent in (10, 50, 99):
        corner = np.arccos((1 - percent / 100) ** 0.25)
        angle = np.arctan(np.hypot(rows, columns) / np.hypot(20, 30) * np.tan(corner))
        expected = 255 * np.cos(angle) ** 4
        shaded = defined("vignette", white, percent)
        assert np.abs(shaded - expected[..., None]).max() <= 0.5 + 1e-3
        assert shaded[20, 30].tolist() == [255] * 3
        assert shaded[0, 0, 0] == round(255 * (1 - percent / 100))
        assert np.array_equal(shaded, shaded[::-1, ::-1])
    assert defined("vignette", white[:1, :1], 90).tolist() == [[[255, 255, 255]]]


def test_the_black_body_is_that_of_the_cie():
    """Illuminant A is a black body of 2856 K at (0.44757, 0.40745); 6504 K at (0.3135, 0.3236) lies by D65."""
    assert black_body(2856) == pytest.approx((0.44757, 0.40745), abs=5e-4)
    assert black_body(6504) == pytest.approx((0.3135, 0.3236), abs=5e-4)


def planck(kelvin):
    """Return XYZ of a black body: Planck's law times the observer of Wyman, Sloan and Shirley (JCGT 2(2), 2013)."""
    length = np.arange(380.0, 781.0)

    def lobe(height, centre, left, right):
        return height * np.exp(-0.5 * ((length - centre) * np.where(length < centre, left, right)) ** 2)

    light = length**-5 / np.expm1(1.438776877e7 / (length * kelvin))
    x = lobe(0.362, 442.0, 0.0624, 0.0374) + lobe(1.056, 599.8, 0.0264, 0.0323) + lobe(-0.065, 501.1, 0.0490, 0.0382)
    y = lobe(0.821, 568.8, 0.0213, 0.0247) + lobe(0.286, 530.9, 0.0613, 0.0322)
    z = lobe(1.217, 437.0, 0.0845, 0.0278) + lobe(0.681, 459.0, 0.0385, 0.0725)
    return np.array([(curve * light).sum() for curve in (x, y, z)])


@pytest.mark.parametrize("shift", [-80, -40, 50, 150, 300])
def test_the_cast_is_that_of_plancks_law(shift):
    """The gains come from Planck's law and another approximation of the observer too; the luminance stays."""
    from_xyz = np.linalg.inv([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    whites = [from_xyz @ (xyz / xyz[1]) for xyz in (planck(1e6 / (1e6 / 6504 + shift)), planck(6504))]
    assert gains(shift) == pytest.approx(whites[0] / whites[1], abs=0.03)


@pytest.mark.parametrize("shift", [-60, 40, 200])
def test_the_cast_multiplies_linear_light(shift):
    """SampleCache and encoded again by sRGB's curve, written out pixel by pixel; warmer is redder and less blue."""
    image = photo(20, 30)

    def decode(level):
        share = level / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    def encode(light):
        light = min(light, 1)
        return round(255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))

    ours = defined("color_cast", image, shift)
    for row, column in ((0, 0), (5, 9), (12, 20), (19, 29)):
        pixel = [encode(decode(v) * gain) for v, gain in zip(image[row, column], gains(shift), strict=True)]
        assert ours[row, column].tolist() == pixel
    red, _, blue = gains(shift)
    assert (red > 1 > blue) if shift > 0 else (red < 1 < blue)
