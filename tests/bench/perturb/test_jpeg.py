"""JPEG without a codec against two codecs, closed forms and the published corruption."""

import io
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import torch
from parity import agreement, defined, fast, needs_reference, photo
from PIL import Image

from bench.perturb import perturb
from bench.perturb.entries.jpeg_compression import quality_of
from bench.perturb.operations.jpeg_codec import CHROMINANCE, LUMINANCE, dct_matrix, quantiser, through_jpeg
from bench.perturb.operations.reference_package import corrupt
from registry.errors import BenchError

SIZES = [
    *[(1, 1), (1, 2), (2, 1), (1, 4), (4, 4), (5, 5), (1, 17), (17, 1), (3, 100), (100, 3), (7, 9), (8, 8), (9, 7)],
    *[(15, 16), (16, 15), (16, 17), (18, 18), (24, 24), (25, 33), (34, 36), (40, 56), (48, 66), (63, 65)],
]
NOISE = np.random.default_rng(3).integers(0, 256, (120, 130, 3), dtype=np.uint8)


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    """Several threads only wait for each other on images this small."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def by_pillow(image: np.ndarray, quality: int, subsampling: str = "4:2:0") -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.array(Image.open(file))


@pytest.mark.parametrize("subsampling", ["4:2:0", "4:4:4"])
@pytest.mark.parametrize("size", SIZES)
def test_the_definition_gives_pillows_bits(size: tuple[int, int], subsampling: str) -> None:
    """At every size, with blocks filled or not, from quality 1 to 100, on smooth, noisy and extreme images."""
    noise = np.ascontiguousarray(NOISE[: size[0], : size[1]])
    for image in (photo(*size), noise, noise // 128 * 255):
        for quality in (1, 10, 49, 50, 75, 100):
            expected = by_pillow(image, quality, subsampling)
            result = defined("jpeg", image, quality, subsampling=subsampling)
            assert np.array_equal(expected, result), (quality, np.abs(expected.astype(int) - result).max())


def test_every_quality_gives_pillows_bits() -> None:
    """All hundred of them, on one image that fills no block."""
    image = photo(35, 43)
    assert all(np.array_equal(by_pillow(image, q), defined("jpeg", image, q)) for q in range(1, 101))


def test_opencv_agrees() -> None:
    """A file written by another build of the library holds the same values."""
    image = photo(61, 77)
    for quality in (7, 60, 95):
        _, file = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        assert np.array_equal(np.array(Image.open(io.BytesIO(file))), defined("jpeg", image, quality))


@pytest.mark.parametrize("name", ["jpeg", "jpeg_compression"])
def test_the_kernel_gives_the_definitions_bits(name: str) -> None:
    """Both routes on every severity or a few qualities."""
    image = photo(83, 101)
    for strength in (1, 2, 3.3, 5) if name == "jpeg_compression" else (5, 33, 95):
        assert np.array_equal(defined(name, image, strength), fast(name, image, strength))


def test_the_kernel_takes_images_too_long_for_a_file() -> None:
    """A side beyond libjpeg's 65,500 is coded by the definition."""
    image = np.tile(photo(2, 100), (1, 656, 1))
    assert np.array_equal(defined("jpeg", image, 30), fast("jpeg", image, 30))


@needs_reference
@pytest.mark.parametrize("size", [(32, 32), (45, 61), (96, 128)])
def test_jpeg_compression_is_the_published_one(size: tuple[int, int]) -> None:
    """No value differs, at any severity."""
    image = photo(*size)
    for severity in range(1, 6):
        published = corrupt(image, "jpeg_compression", severity, None)
        assert agreement(published, defined("jpeg_compression", image, severity)) == (1, 0)


def test_severities_are_qualities() -> None:
    """The published five, and the nearest whole quality in between (halves up)."""
    assert [quality_of(s) for s in (1, 2, 3, 4, 5)] == [25, 18, 15, 10, 7]
    assert [quality_of(s) for s in (1.5, 2.5, 3.2, 4.9)] == [22, 17, 14, 7]
    image = photo(20, 30)
    assert np.array_equal(defined("jpeg_compression", image, 2.5), by_pillow(image, 17))


@pytest.mark.parametrize("quality", [1, 13, 50, 88, 100])
def test_tables_are_those_in_the_file(quality: int) -> None:
    """Pillow reads the divisors it wrote: the two standard tables, scaled."""
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, "JPEG", quality=quality)
    tables = Image.open(file).quantization
    assert [quantiser(base, quality) for base in (LUMINANCE, CHROMINANCE)] == [tables[0], tables[1]]


def test_the_transform_is_a_cosine_transform() -> None:
    """2^13 √8 times the orthonormal DCT-II, to the 13 bits of its constants."""
    k, j = np.mgrid[:8, :8]
    orthonormal = np.where(k == 0, np.sqrt(1 / 8), 0.5) * np.cos((2 * j + 1) * k * np.pi / 16)
    assert np.abs(dct_matrix(torch.device("cpu")).numpy() - 2**13 * np.sqrt(8) * orthonormal).max() < 1.5


def test_a_batch_is_its_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of several images are worked on together, in parts, without mixing them."""
    images = np.stack([photo(37, 52, seed=i) for i in range(3)])
    tensor = torch.from_numpy(images).permute(0, 3, 1, 2)  # channels last in memory
    monkeypatch.setattr("bench.perturb.operations.jpeg_codec.CHUNK", 17)
    together = through_jpeg(tensor, 20, "4:2:0")
    alone = [perturb(image, "jpeg", 20) for image in images]
    assert np.array_equal(np.stack(alone), together.permute(0, 2, 3, 1).numpy())


def test_colours_survive_better_without_subsampling() -> None:
    """A red and blue checkerboard of single pixels keeps its colours with 4:4:4 only."""
    image = np.zeros((32, 32, 3), np.uint8)
    board = np.indices((32, 32)).sum(0) % 2 == 0
    image[board, 0], image[~board, 2] = 255, 255
    full, halved = (defined("jpeg", image, 95, subsampling=s).astype(int) for s in ("4:4:4", "4:2:0"))
    assert np.abs(full - image).mean() < 5
    assert np.abs(halved - image).mean() > 60


def test_faults_are_one_line() -> None:
    """Qualities that do not exist and unknown sub-samplings are refused."""
    image = photo(8, 8)
    for bad in (0, 101, 50.5):
        with pytest.raises(BenchError, match="JPEG takes whole numbers from 1 to 100"):
            perturb(image, "jpeg", bad)
    with pytest.raises(BenchError, match="subsampling"):
        perturb(image, "jpeg", 50, parameters={"subsampling": "4:1:1"})
