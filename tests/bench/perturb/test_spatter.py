"""Spatter against the published one with the same random field, and the colours of water and mud."""

import numpy as np
import pytest
import torch
from parity import KEY, agreement, defined, needs_reference, photo

from bench.perturb import PERTURBATIONS, stream_of
from bench.perturb.operations import reference_package

BLACK = np.zeros((96, 96, 3), np.uint8)


class Fields:
    """The stream's field in the form in which the published code draws its own."""

    def normal(self, size, loc, scale):
        return loc + scale * stream_of([KEY]).normal(size)[0].double().numpy()


@needs_reference
@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("size", [(32, 32), (33, 65), (97, 61), (64, 200)])
def test_the_published_spatter_with_the_same_field(size, severity):
    image = photo(*size)
    expected = reference_package.corrupt(image, "spatter", severity, Fields())
    found = defined("spatter", image, severity)
    share, most = agreement(found, expected)
    assert share == 1 and most <= 1
    assert (found != expected).mean() < 1e-3
    assert (found != image).mean() > 0.005  # something was spattered


@pytest.mark.parametrize("strength", [1, 2, 3, 3.49])
def test_water_is_pale_turquoise(strength):
    values = defined("spatter", BLACK, strength).astype(float)
    wet = values[values[..., 1] > 40]
    assert len(wet) > 20
    assert np.array_equal(wet[:, 1], wet[:, 2])
    assert np.abs(wet[:, 0] - wet[:, 1] * 175 / 238).max() < 1.5
    most = {1: 0.6, 2: 0.6}.get(strength, 0.5) * 238
    assert values.max() == np.floor(most)


@pytest.mark.parametrize("strength", [3.5, 4, 5])
def test_mud_is_brown_and_hides_what_is_below(strength):
    on_black, on_white = (defined("spatter", image, strength) for image in (BLACK, BLACK + 255))
    hides = 1 - (on_white.astype(float) - on_black) / 255
    mud = hides.mean(-1) > 0.5
    assert 0.01 < mud.mean() < 0.5
    assert hides[mud].min() > 0.79
    assert np.abs(on_black[mud] - [63, 42, 20] * hides[mud]).max() < 1.5
    assert not on_black[~mud].any() and (on_white[~mud] == 255).all()


def test_pixels_without_liquid_keep_their_values():
    image = photo()
    for severity in (1, 2, 3, 4, 5):
        black = defined("spatter", np.zeros_like(image), severity)
        dry = (black == 0).all(-1)
        found = defined("spatter", image, severity)
        assert (np.abs(found[dry].astype(int) - image[dry]) <= 1).all()  # liquid of less than one level
        assert (found[dry] == image[dry]).mean() > 0.99


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 3), (1, 90), (90, 1), (16, 16)])
@pytest.mark.parametrize("strength", [1, 3, 3.3, 3.5, 5])
def test_small_images_are_spattered_or_left_as_they_are(size, strength):
    found = defined("spatter", np.zeros((*size, 3), np.uint8), strength)
    assert (found <= (175, 238, 238)).all()


def test_no_drop_at_all_leaves_the_image_as_it_is():
    image, keys = photo(8, 8), [bytes([i]) * 16 for i in range(10)]
    assert any(np.array_equal(defined("spatter", image, 1, key), image) for key in keys)


def test_a_batch_is_its_images():
    entry = PERTURBATIONS["spatter"]
    batch = torch.from_numpy(np.stack([photo(40, 50, seed) for seed in range(5)])).permute(0, 3, 1, 2).contiguous()
    keys = [bytes([i]) * 16 for i in range(5)]
    for strength in (2, 4):
        together = entry.apply(batch, strength, entry.parameters(), stream_of(keys))
        singles = [entry.apply(batch[i : i + 1], strength, entry.parameters(), stream_of([keys[i]])) for i in range(5)]
        assert torch.equal(together, torch.cat(singles))
