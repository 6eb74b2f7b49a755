"""Frost against the published one with the same random numbers, its textures, its kernel."""

import cv2
import numpy as np
import pytest
import torch
from parity import KEY, agreement, defined, fast, needs_reference, photo

from bench.perturb import PERTURBATIONS, perturb, stream_of
from bench.perturb.operations import frost_textures, reference_package
from registry.errors import BenchError

CONSTANTS = [(1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)]


class Fields:
    """The stream's numbers in the order in which the published code draws its own."""

    def __init__(self, key):
        self.left = stream_of([key]).uniform((3,))[0].tolist()

    def randint(self, low, high=None):
        low, high = (0, low) if high is None else (low, high)
        return low + int(self.left.pop(0) * (high - low))


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [(32, 32), (61, 97), (40, 700), (620, 33)])
def test_the_published_frost_with_the_same_numbers(size, severity):
    image, key = photo(*size), bytes([severity + size[0] % 200]) * 16
    expected = reference_package.corrupt(image, "frost", severity, Fields(key))
    assert np.array_equal(defined("frost", image, severity, key), expected)


@needs_reference
def test_every_texture_is_used_but_the_sixth():
    image = photo(32, 32)
    numbers = {int(Fields(bytes([i]) * 16).left[0] * 5) for i in range(30)}
    assert numbers == {0, 1, 2, 3, 4}
    for i in range(30):
        expected = reference_package.corrupt(image, "frost", 3, Fields(bytes([i]) * 16))
        assert np.array_equal(defined("frost", image, 3, bytes([i]) * 16), expected)


@pytest.mark.parametrize("textures", ["auto", "procedural"])
@pytest.mark.parametrize("size", [(1, 1), (33, 65), (1, 40), (70, 2)])
@pytest.mark.parametrize("strength", [1, 2.4, 5])
def test_the_kernel_gives_the_definitions_pixels(size, strength, textures):
    image = photo(*size)
    assert agreement(
        fast("frost", image, strength, textures=textures), defined("frost", image, strength, textures=textures)
    ) == (1, 0)


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_made_up_frost_is_mixed_in_the_published_shares(severity):
    """Shares that differ show which is the image's and which the texture's; the crop comes from another route."""
    image, (of_image, of_texture) = photo(24, 24), CONSTANTS[severity - 1]
    number, down, right = Fields(KEY).left
    texture = frost_textures.grown(int(number * 5))
    texture = cv2.resize(texture, (660, 441), interpolation=cv2.INTER_CUBIC)  # 1.1 times, rounded up
    crop = texture[int(down * (441 - 24)) :, int(right * (660 - 24)) :][:24, :24]
    expected = np.clip(of_image * image + of_texture * crop, 0, 255).astype(np.uint8)
    assert np.array_equal(defined("frost", image, severity, textures="procedural"), expected)


def test_textures_grow_with_the_image_and_leave_room_for_a_crop():
    for size, expected in (((10, 10), (440, 660)), ((800, 10), (880, 1320)), ((800, 1800), (1320, 1980))):
        made = np.array(frost_textures.rescaled(None, 0, *size).shape[:2])
        assert ((made == expected) | (made == np.add(expected, 1))).all()  # rounded up


@needs_reference
@pytest.mark.parametrize("number", range(5))
def test_made_up_frost_looks_about_like_the_real(number):
    real, made = (
        frost_textures.rescaled(folder, number, 1, 1).astype(float)
        for folder in (frost_textures.chosen("imagecorruptions"), None)
    )
    assert np.abs(real.mean((0, 1)) - made.mean((0, 1))).max() < 15
    assert np.abs(real.std() - made.std()) < 15
    colour = made.mean((0, 1))
    assert colour[0] < colour[2]  # RGB: frost is bluish


def test_the_record_names_the_textures():
    resources, parameters = PERTURBATIONS["frost"].resources, PERTURBATIONS["frost"].parameters
    assert resources(parameters(textures="procedural")) == {"textures": "procedural"}
    if reference_package.installed():
        found = resources(parameters())
        assert found == resources(parameters(textures="imagecorruptions"))
        assert found["textures"].startswith("imagecorruptions 1.1.2 ")
        assert len(found["textures"].split()[-1]) == 32


def test_without_the_package_frost_is_made_up_unless_the_package_was_asked_for(monkeypatch):
    monkeypatch.setattr(frost_textures, "installed", lambda: False)
    monkeypatch.setattr(frost_textures, "packaged", frost_textures.packaged.__wrapped__)
    entry, image = PERTURBATIONS["frost"], photo(40, 40)
    assert entry.resources(entry.parameters()) == {"textures": "procedural"}
    assert np.array_equal(defined("frost", image, 3), defined("frost", image, 3, textures="procedural"))
    with pytest.raises(BenchError, match="pip install --no-deps imagecorruptions==1.1.2") as caught:
        perturb(image, "frost", 3, parameters={"textures": "imagecorruptions"})
    assert "\n" not in str(caught.value)
    with pytest.raises(BenchError, match="imagecorruptions"):
        entry.resources(entry.parameters(textures="imagecorruptions"))


def test_an_unknown_kind_of_textures_is_refused():
    with pytest.raises(BenchError, match="textures"):
        perturb(photo(), "frost", 3, parameters={"textures": "ice"})


def test_images_of_a_batch_get_their_own_frost():
    entry, image = PERTURBATIONS["frost"], torch.zeros((1, 3, 16, 16), dtype=torch.uint8)
    keys = [bytes([i]) * 16 for i in range(10)]
    together = entry.apply(image.expand(10, -1, -1, -1), 3, entry.parameters(), stream_of(keys))
    singles = [entry.apply(image, 3, entry.parameters(), stream_of([key])) for key in keys]
    assert torch.equal(together, torch.cat(singles))
    assert len({bytes(one.numpy()) for one in singles}) == 10
