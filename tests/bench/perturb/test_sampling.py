"""Bilinear reading at other places, against SciPy, NumPy's exact moves and counting."""

import numpy as np
import pytest
import torch
from parity import photo
from scipy import ndimage

from bench.perturb.operations.sampling import sampled, sampled_by_definition

SCIPY_MODES = {"reflect": "reflect", "black": "grid-constant"}
COARSE = 2 * 255 / 4096  # coordinates are rounded to 1/2048 pixel along both axes


def batch(*images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).contiguous()


def grid(count: int, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    y, x = torch.meshgrid(torch.arange(height).float(), torch.arange(width).float(), indexing="ij")
    return y.expand(count, -1, -1), x.expand(count, -1, -1)


def shaken(count: int, height: int, width: int, reach: float, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    y, x = grid(count, height, width)
    return tuple(c + reach * torch.randn(c.shape, generator=generator) for c in (y, x))


def by_scipy(image: np.ndarray, y: torch.Tensor, x: torch.Tensor, outside: str) -> np.ndarray:
    at = y[0].double().numpy(), x[0].double().numpy()
    planes = [
        ndimage.map_coordinates(image[..., c].astype(float), at, order=1, mode=SCIPY_MODES[outside]) for c in range(3)
    ]
    return np.stack(planes, -1)


@pytest.mark.parametrize("outside", ["reflect", "black"])
@pytest.mark.parametrize("rounding", ["nearest", "truncate"])
@pytest.mark.parametrize("read", [sampled, sampled_by_definition])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 3), (31, 40)])
def test_whole_coordinates_give_the_image(size: tuple[int, int], read, rounding: str, outside: str) -> None:
    """Nothing moves, bit for bit, and each pixel is its own source."""
    images = batch(photo(*size), photo(*size, seed=1))
    result = read(images, *grid(2, *size), outside, rounding)
    assert torch.equal(images, result.images)
    assert torch.equal(torch.arange(size[0] * size[1]).view(1, *size).expand(2, -1, -1), result.source)


@pytest.mark.parametrize("outside", ["reflect", "black"])
@pytest.mark.parametrize("reach", [0.4, 5, 200])
@pytest.mark.parametrize("size", [(1, 1), (1, 30), (37, 50)])
def test_images_are_scipys(size: tuple[int, int], reach: float, outside: str) -> None:
    """Within rounding of SciPy's interpolation in float64, far outside too; "truncate" never rounds up."""
    image = photo(*size)
    y, x = shaken(1, *size, reach)
    exact = by_scipy(image, y, x, outside)
    nearest = sampled(batch(image), y, x, outside).images[0].permute(1, 2, 0).numpy()
    assert np.abs(nearest - exact).max() <= 0.5 + COARSE
    truncated = sampled(batch(image), y, x, outside, "truncate").images[0].permute(1, 2, 0).numpy()
    assert (truncated <= exact + COARSE).all()
    assert (truncated > exact - 1 - COARSE).all()


@pytest.mark.parametrize("outside", ["reflect", "black"])
def test_the_source_is_the_nearest_pixel(outside: str) -> None:
    """Of the coordinates mirrored into the image, or -1 where they round to a place outside it."""
    y, x = shaken(1, 23, 34, 12)
    source = sampled(batch(photo(23, 34)), y, x, outside).source[0]
    row, column = (np.floor(c[0].double().numpy() + 0.5).astype(int) for c in (y, x))
    clear = np.all([np.abs((c[0].numpy() + 0.5) % 1 - 0.5) < 0.499 for c in (y, x)], axis=0)  # not between two pixels
    index = np.pad(np.arange(23 * 34).reshape(23, 34), 100, **_padding(outside))
    assert np.array_equal(index[row + 100, column + 100][clear], source.numpy()[clear])
    assert clear.mean() > 0.99
    assert (source < 0).any() == (outside == "black")


def _padding(outside: str) -> dict:
    return {"mode": "symmetric"} if outside == "reflect" else {"mode": "constant", "constant_values": -1}


@pytest.mark.parametrize("outside", ["reflect", "black"])
@pytest.mark.parametrize("rounding", ["nearest", "truncate"])
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (13, 17), (64, 50)])
def test_the_kernel_gives_the_definitions_bits(size: tuple[int, int], rounding: str, outside: str) -> None:
    """On a CPU both routes agree exactly, inside, at the edges and far away."""
    images = batch(photo(*size), photo(*size, seed=1))
    for reach in (0.3, 3, 30, 1e7):
        y, x = shaken(2, *size, reach)
        one, other = (read(images, y, x, outside, rounding) for read in (sampled, sampled_by_definition))
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.source, other.source)


def test_the_definition_works_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large images are read in parts that fit together."""
    images, (y, x) = batch(photo(30, 41), photo(30, 41, seed=1)), shaken(2, 30, 41, 4)
    whole = sampled_by_definition(images, y, x, "reflect", "nearest")
    monkeypatch.setattr("bench.perturb.operations.sampling.CHUNK", 100)
    parts = sampled_by_definition(images, y, x, "reflect", "nearest")
    assert torch.equal(whole.images, parts.images)
    assert torch.equal(whole.source, parts.source)


def test_a_batch_is_its_images_in_any_layout() -> None:
    """Neither the batch nor the memory layout has an influence, and nothing given is written to."""
    images, (y, x) = batch(*(photo(20, 26, seed=i) for i in range(3))), shaken(3, 20, 26, 4)
    before = images.clone(), y.clone(), x.clone()
    together = sampled(images, y, x, "black")
    last = images.to(memory_format=torch.channels_last)
    for i in range(3):
        for given in (images, last):
            alone = sampled(given[i : i + 1], y[i : i + 1], x[i : i + 1], "black")
            assert torch.equal(together.images[i], alone.images[0])
            assert torch.equal(together.source[i], alone.source[0])
    assert all(torch.equal(a, b) for a, b in zip(before, (images, y, x), strict=True))


def test_a_quarter_turn_is_numpys() -> None:
    """Coordinates of a quarter turn give `np.rot90`, and black where a longer image would go on."""
    image = photo(24, 24)
    y, x = grid(1, 24, 24)
    turned = sampled(batch(image), x, 23 - y, "black").images[0].permute(1, 2, 0)
    assert np.array_equal(np.rot90(image), turned.numpy())


@pytest.mark.parametrize("read", [sampled, sampled_by_definition])
def test_infinity_is_outside(read) -> None:
    """Far beyond a black edge there is nothing, whatever the sign."""
    y, x = (c.clone() for c in grid(1, 4, 4))
    y[0, 0, 0], x[0, 1, 1], y[0, 2, 2] = float("inf"), float("-inf"), 3e38
    result = read(torch.full((1, 3, 4, 4), 200, dtype=torch.uint8), y, x, "black", "nearest")
    hit = torch.eye(4, dtype=torch.bool)[None] & (torch.arange(4) < 3)
    assert torch.equal(result.source < 0, hit)
    assert torch.equal(result.images[:, 0], torch.where(hit, 0, 200).to(torch.uint8))


@pytest.mark.parametrize("level", [0, 1, 100, 127, 254, 255])
def test_a_plain_image_stays_plain(level: int) -> None:
    """Weights sum to one exactly: no level is lost where nothing changes, even without rounding."""
    images = torch.full((1, 3, 40, 40), level, dtype=torch.uint8)
    result = sampled(images, *shaken(1, 40, 40, 9), "reflect", "truncate")
    assert torch.equal(images, result.images)
