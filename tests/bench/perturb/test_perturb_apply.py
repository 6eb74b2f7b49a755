"""perturb(): one picture in, one picture out, whatever form it has."""

import hashlib

import numpy as np
import pytest
import torch

from bench.perturb import PERTURBATIONS, perturb, stream_for
from bench.perturb._stream import Stream
from bench.perturb.binomial_blur import BinomialBlur
from registry.errors import BenchError

IMAGE = np.random.default_rng(5).integers(0, 256, (33, 47, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", PERTURBATIONS.names())
def test_numpy_and_torch_pictures_agree(name: str) -> None:
    """[H, W, 3] in NumPy and [3, H, W] in torch are the same picture and get the same pixels."""
    strength = PERTURBATIONS[name].strengths[-1]
    as_array = perturb(IMAGE, name, strength, seed=3)
    as_tensor = perturb(torch.from_numpy(IMAGE).permute(2, 0, 1), name, strength, seed=3)
    assert isinstance(as_array, np.ndarray)
    assert as_array.flags.c_contiguous
    assert np.array_equal(as_array, as_tensor.permute(1, 2, 0).numpy())


def test_the_result_never_shares_memory_with_the_picture() -> None:
    """Writing into the result of a clean level leaves the picture alone."""
    before = IMAGE.copy()
    for name in PERTURBATIONS.names():
        perturb(IMAGE, name, PERTURBATIONS[name].identity)[:] = 0
    assert np.array_equal(before, IMAGE)


def test_the_hash_is_of_the_pixels() -> None:
    """Without a given hash the picture's own pixels and shape choose the noise, not its memory layout."""
    from bench.hashing import pixel_hash

    expected = perturb(IMAGE, "additive_noise", 9, image_hash=pixel_hash(IMAGE))
    assert np.array_equal(expected, perturb(IMAGE, "additive_noise", 9))
    assert np.array_equal(expected, perturb(np.asfortranarray(IMAGE), "additive_noise", 9))


def test_the_key_is_blake2_of_seed_hash_name_and_version() -> None:
    """The stream's key is BLAKE2b-128 of the four as canonical JSON; the strength is not in it."""
    key = hashlib.blake2b(b'[7,"00ff","occlusion",1]', digest_size=16).digest()
    assert torch.equal(Stream(key).words((9,)), stream_for(7, "00ff", "occlusion", 1).words((9,)))


def test_parameters_are_passed_on() -> None:
    """A border that the entry offers changes the pixels at the edge, and only there."""
    mirrored = perturb(IMAGE, "binomial_blur", 1)
    black = perturb(IMAGE, "binomial_blur", 1, parameters=BinomialBlur(border="zero"))
    assert np.array_equal(mirrored[1:-1, 1:-1], black[1:-1, 1:-1])
    assert black[0].mean() < mirrored[0].mean()


def test_a_misspelt_name_gets_a_suggestion() -> None:
    """An unknown perturbation is a fault of one line."""
    with pytest.raises(BenchError, match=r"no perturbation named 'oclusion'; did you mean 'occlusion'\?"):
        perturb(IMAGE, "oclusion", 5)


def test_a_bad_strength_is_refused() -> None:
    """perturb() checks the strength as a suite does."""
    with pytest.raises(BenchError, match=r"strength 2\.5 is not whole; Occlusion takes whole numbers from 0"):
        perturb(IMAGE, "occlusion", 2.5)


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (IMAGE.astype(np.float32), TypeError, "uint8, not float32"),
        (torch.zeros(3, 4, 4), TypeError, "uint8, not torch.float32"),
        (IMAGE[..., 0], ValueError, r"\[H, W, 3\], not \[33, 47\]"),
        (IMAGE.transpose(2, 0, 1), ValueError, r"\[H, W, 3\], not \[3, 33, 47\]"),
        (torch.from_numpy(IMAGE), ValueError, r"\[3, H, W\], not \[33, 47, 3\]"),
        (IMAGE[:0], ValueError, r"\[H, W, 3\], not \[0, 47, 3\]"),
    ],
)
def test_what_is_no_picture_is_refused(image, error: type[Exception], message: str) -> None:
    """Another type or shape raises an error that names what was given and what is needed."""
    with pytest.raises(error, match=message):
        perturb(image, "occlusion", 5)
