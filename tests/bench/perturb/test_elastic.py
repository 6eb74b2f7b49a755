"""The elastic transform against the published one fed the same noise, and its mask against SciPy."""

import numpy as np
import pytest
import torch
from parity import KEY, agreement, defined, needs_reference, photo
from scipy import ndimage

from bench.perturb import PERTURBATIONS, Effect, perturb, stream_of
from bench.perturb.operations.elastic import smoothed
from bench.perturb.operations.gaussian import gaussian_filtered
from bench.perturb.operations.reference_package import corrupt

NAMES = ("elastic_transform", "elastic_transform_unmoved")


class Fields:
    """Our stream's lanes as the uniform numbers that the published code asks for, one call after the other."""

    def __init__(self) -> None:
        self.lane = 0

    def uniform(self, low: float, high: float, size: tuple[int, ...]) -> np.ndarray:
        unit = stream_of([KEY]).uniform(tuple(size), self.lane)[0].double().numpy()
        self.lane += 1
        return low + (high - low) * unit


def effect(image: np.ndarray, strength: float) -> Effect:
    entry = PERTURBATIONS["elastic_transform"]
    batch = torch.from_numpy(image).permute(2, 0, 1)[None]
    return entry.apply(batch, strength, entry.parameters(), stream_of([KEY]))


@needs_reference
@pytest.mark.parametrize("size", [(32, 32), (97, 61), (40, 200)])
@pytest.mark.parametrize("name", NAMES)
def test_pixels_are_the_published_ones(name: str, size: tuple[int, int]) -> None:
    """With the same noise no value is more than one level off, and few are off at all."""
    image = photo(*size)
    for severity in range(1, 6):
        published, ours = corrupt(image, "elastic_transform", severity, Fields()), defined(name, image, severity)
        assert agreement(published, ours) == (1, pytest.approx(0, abs=1))
        assert (published != ours).mean() < 0.005
        assert (published != image).mean() > 0.3


def test_the_mask_comes_from_where_the_image_does() -> None:
    """The source is the nearest pixel to coordinates computed by SciPy in float64, mirrored inside."""
    height, width = 70, 90
    source = effect(photo(height, width), 4).source[0].numpy()
    fields, reach = Fields(), 0.005 * height
    dx, dy = (
        25
        * ndimage.gaussian_filter(
            fields.uniform(-reach, reach, (height, width)), (0.7, 0.9), mode="reflect", truncate=3
        )
        for _ in range(2)
    )
    row, column = np.rint(np.arange(height)[:, None] + dy).astype(int), np.rint(np.arange(width) + dx).astype(int)
    index = np.pad(np.arange(height * width).reshape(height, width), 50, mode="symmetric")
    assert (index[row + 50, column + 50] == source).mean() > 0.998
    assert (source != np.arange(height * width).reshape(height, width)).mean() > 0.3


def test_only_the_published_form_leaves_the_mask() -> None:
    """Both declare it; with masks one moves them, within their own labels, and every pixel stays valid."""
    image, mask = photo(64, 80), np.zeros((64, 80), np.uint8)
    mask[20:44, 20:60] = 7
    moved, stayed = (perturb(image, name, 5, masks=mask) for name in NAMES)
    assert [PERTURBATIONS[name].moves for name in NAMES] == [True, False]
    assert "not moved" in PERTURBATIONS["elastic_transform_unmoved"].title
    assert set(np.unique(moved.mask)) == {0, 7}
    assert 20 < (moved.mask != mask).sum() < 1000
    assert np.array_equal(stayed.mask, mask)
    assert moved.valid.all()
    assert stayed.valid.all()


def test_both_forms_make_the_same_pixels_of_the_same_noise() -> None:
    """They differ in the mask only."""
    image = photo(50, 60)
    assert np.array_equal(*(defined(name, image, 3) for name in NAMES))


def test_the_noise_is_the_same_at_every_severity() -> None:
    """Displacements grow in proportion to the constants 12.5 to 30, also between the published severities."""
    index = torch.arange(60 * 70).view(60, 70)
    shifts = []
    for severity in (1, 1.5, 5):
        source = effect(photo(60, 70), severity).source[0]
        rows, columns = source // 70 - index // 70, source % 70 - index % 70
        shifts.append(torch.stack((rows, columns))[:, 15:45, 15:55].double().flatten())
    for shift, ratio in zip(shifts[1:], (14.375 / 12.5, 30 / 12.5), strict=True):
        slope = (shift @ shifts[0]) / (shifts[0] @ shifts[0])
        assert slope.item() == pytest.approx(ratio, abs=0.1 * ratio)


@pytest.mark.parametrize("size", [(1, 1), (1, 20), (20, 1), (49, 130)])
def test_the_filters_two_routes_agree(size: tuple[int, int]) -> None:
    """What runs on a CPU gives the bits of the definition used elsewhere."""
    noise = stream_of([KEY, KEY[::-1]]).uniform(size)
    defined_here = gaussian_filtered(noise[:, None], 0.01 * size[0], 0.01 * size[1], "reflect", 3)[:, 0]
    assert torch.equal(defined_here, smoothed(noise))


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (2, 3), (9, 300)])
def test_any_size_works(size: tuple[int, int]) -> None:
    """Each pixel comes from somewhere; a plain image stays plain."""
    image = np.full((*size, 3), 100, np.uint8)
    result = effect(image, 5)
    assert (result.images == 100).all()
    assert result.source.min() >= 0
    assert result.source.max() < size[0] * size[1]


def test_a_batch_is_its_images() -> None:
    """Each image has its own noise, whatever the others are."""
    images = np.stack([photo(30, 40, seed=i) for i in range(3)])
    together = perturb(images, "elastic_transform", 3, image_hash=["a", "b", "c"])
    alone = [perturb(image, "elastic_transform", 3, image_hash=h) for image, h in zip(images, "abc", strict=True)]
    assert np.array_equal(together, np.stack(alone))
    entry = PERTURBATIONS["elastic_transform"]
    keys = [KEY, KEY[::-1], bytes(16)]
    batch = torch.from_numpy(images).permute(0, 3, 1, 2)
    at_once = entry.apply(batch, 3, entry.parameters(), stream_of(keys))
    for i, key in enumerate(keys):
        one = entry.apply(batch[i : i + 1], 3, entry.parameters(), stream_of([key]))
        assert torch.equal(at_once.images[i], one.images[0])
        assert torch.equal(at_once.source[i], one.source[0])
