"""WebP against Pillow called directly."""

import io

import numpy as np
import pytest
from parity import defined, photo
from PIL import Image, features

from bench.perturb import PERTURBATIONS, perturb
from registry.errors import BenchError

needs_webp = pytest.mark.skipif(not features.check("webp"), reason="this Pillow has no WebP")


def by_pillow(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="WEBP", lossless=False, quality=quality)
    return np.array(Image.open(file))


@needs_webp
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (17, 33), (60, 80)])
def test_it_is_a_file_of_that_quality(size: tuple[int, int]) -> None:
    """Every value is what a lossy file gives back."""
    image = photo(*size)
    for quality in (0, 30, 95, 100):
        assert np.array_equal(by_pillow(image, quality), defined("webp", image, quality))


@needs_webp
def test_a_batch_is_its_images() -> None:
    """Each image is a file of its own."""
    images = np.stack([photo(30, 40, seed=i) for i in range(3)])
    expected = np.stack([by_pillow(image, 40) for image in images])
    assert np.array_equal(expected, perturb(images, "webp", 40))


@needs_webp
def test_images_beyond_the_formats_limit_are_coded_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pieces lie where they were, each as its own file; a real long strip works."""
    image = photo(40, 50)
    monkeypatch.setattr("bench.perturb.entries.webp.LONGEST", 32)
    result = defined("webp", image, 30)
    for piece in (np.s_[:32, :32], np.s_[:32, 32:], np.s_[32:, :32], np.s_[32:, 32:]):
        assert np.array_equal(by_pillow(np.ascontiguousarray(image[piece]), 30), result[piece])
    monkeypatch.undo()
    strip = np.tile(photo(2, 100), (1, 200, 1))
    assert defined("webp", strip, 10).shape == strip.shape


@needs_webp
def test_low_quality_is_worse() -> None:
    """Over a wide step the damage grows."""
    image = photo().astype(int)
    far, near = (np.square(defined("webp", photo(), q) - image).mean() for q in (10, 90))
    assert far > 1.5 * near


def test_the_record_names_the_library() -> None:
    """The pixels depend on libwebp, so its version is among what the cells' keys are made of."""
    entry = PERTURBATIONS["webp"]
    assert entry.resources(entry.parameters()) == {"libwebp": features.version("webp") or "none"}


def test_a_pillow_without_webp_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names what is missing and what to do."""
    monkeypatch.setattr("PIL.features.check", lambda name: False)
    with pytest.raises(BenchError, match="webp needs a Pillow with WebP") as caught:
        perturb(photo(8, 8), "webp", 50)
    assert "\n" not in str(caught.value)
