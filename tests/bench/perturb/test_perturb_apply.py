"""perturb(): one image in, one image out, whatever form it has."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from bench.perturb import PERTURBATIONS, Step, perturb, step_keys, stream_of
from bench.perturb.entries.binomial_blur import BinomialBlur
from bench.perturb.entries.occlusion import Occlusion
from bench.perturb.operations.reference_package import installed
from registry.errors import BenchError

IMAGE = np.random.default_rng(5).integers(0, 256, (33, 47, 3), dtype=np.uint8)
MASK = np.random.default_rng(6).integers(0, 3, (33, 47), dtype=np.uint8)


@pytest.fixture(params=PERTURBATIONS.names())
def name(request: pytest.FixtureRequest) -> str:
    if PERTURBATIONS[request.param].family == "reference" and not installed():
        pytest.skip("needs imagecorruptions 1.1.2 (make test installs it)")
    return str(request.param)


def test_numpy_and_torch_images_agree(name: str) -> None:
    """[H, W, 3] in NumPy and [3, H, W] in torch are the same image and get the same pixels."""
    strength = PERTURBATIONS[name].strengths[-1]
    as_array = perturb(IMAGE, name, strength, seed=3, masks=MASK).image
    tensor, mask = torch.from_numpy(IMAGE).permute(2, 0, 1), torch.from_numpy(MASK)
    as_tensor = perturb(tensor, name, strength, seed=3, masks=mask).image
    assert isinstance(as_array, np.ndarray)
    assert as_array.flags.c_contiguous
    assert np.array_equal(as_array, as_tensor.permute(1, 2, 0).numpy())


def test_the_result_never_shares_memory_with_the_image(name: str) -> None:
    """Writing into the result of a clean (or the first) level leaves the image alone."""
    before = IMAGE.copy()
    perturb(IMAGE, name, PERTURBATIONS[name].strengths[0], masks=MASK).image[:] = 0
    assert np.array_equal(before, IMAGE)


def test_without_masks_the_image_alone_comes_back(name: str) -> None:
    """`perturb(images, …)` gives the same image as with masks, and not a tuple; some entries need the mask."""
    strength = PERTURBATIONS[name].strengths[-1]
    if PERTURBATIONS[name].needs_mask:
        with pytest.raises(BenchError, match=f"{name} places itself by the mask; give masks= as well"):
            perturb(IMAGE, name, strength)
        return
    alone = perturb(IMAGE, name, strength)
    assert isinstance(alone, np.ndarray)
    assert np.array_equal(alone, perturb(IMAGE, name, strength, masks=MASK).image)


def test_the_hash_is_of_the_pixels() -> None:
    """Without a given hash the image's own pixels and shape choose the noise, not its memory layout."""
    from bench.host.hashing import pixel_hash

    expected = perturb(IMAGE, "additive_noise", 9, image_hash=pixel_hash(IMAGE))
    assert np.array_equal(expected, perturb(IMAGE, "additive_noise", 9))
    assert np.array_equal(expected, perturb(np.asfortranarray(IMAGE), "additive_noise", 9))


def test_the_key_is_blake2_of_seed_hash_name_and_version() -> None:
    """The stream's key is BLAKE2b-128 of the four as canonical JSON; the strength is not in it unless asked for."""
    key = hashlib.blake2b(b'[7,"00ff","occlusion",1]', digest_size=16).digest()
    steps = [Step("occlusion", PERTURBATIONS["occlusion"], strength, Occlusion()) for strength in (5.0, 10.0)]
    assert [step_keys(steps[i : i + 1], 7, "00ff") for i in range(2)] == [[key], [key]]
    fresh = hashlib.blake2b(b'[7,"00ff","occlusion",1,5.0]', digest_size=16).digest()
    assert step_keys(steps[:1], 7, "00ff", fresh=True) == [fresh]
    again = hashlib.blake2b(b'[7,"00ff","occlusion 2",1]', digest_size=16).digest()
    assert step_keys(steps, 7, "00ff") == [key, again]


def test_the_key_is_what_perturb_uses() -> None:
    """perturb() with a seed and a hash is the entry with that key's stream."""
    entry = PERTURBATIONS["additive_noise"]
    key = hashlib.blake2b(b'[7,"00ff","additive_noise",1]', digest_size=16).digest()
    tensor = torch.from_numpy(IMAGE).permute(2, 0, 1)
    expected = entry.apply(tensor[None], 9.0, entry.parameters(), stream_of([key]))[0]
    assert torch.equal(expected, perturb(tensor, "additive_noise", 9, seed=7, image_hash="00ff"))


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
    ("image", "message"),
    [
        (IMAGE.astype(np.float32), "uint8 with values 0..255, not float32; multiply by 255"),
        (torch.zeros(3, 4, 4), "uint8 with values 0..255, not float32; multiply by 255"),
        (IMAGE[0, :, 0], r"\[H, W, 3\] or \[N, H, W, 3\] \(RGB\), or are grey \[H, W\], not \[47\]"),
        (IMAGE.transpose(2, 0, 1), r"\[H, W, 3\] or \[N, H, W, 3\] \(RGB\), or are grey \[H, W\], not \[3, 33, 47\]"),
        (torch.from_numpy(IMAGE), r"\[3, H, W\] or \[N, 3, H, W\] \(RGB\), or are grey \[H, W\], not \[33, 47, 3\]"),
        (IMAGE[:0], r"\[H, W, 3\] or \[N, H, W, 3\] \(RGB\), or are grey \[H, W\], not \[0, 47, 3\]"),
        (IMAGE[None, :, :, :2], r"\[H, W, 3\] or \[N, H, W, 3\] \(RGB\), or are grey \[H, W\], not \[1, 33, 47, 2\]"),
        ("photo.jpg", "NumPy arrays or torch tensors, not str"),
    ],
)
def test_what_is_no_image_is_refused(image, message: str) -> None:
    """Another type or shape raises an error that names what was given and what is needed."""
    with pytest.raises(BenchError, match=message):
        perturb(image, "occlusion", 5)


@pytest.mark.parametrize(
    ("masks", "message"),
    [
        (MASK.astype(np.int64), r"uint8 .*\[33, 47\] or \[1, 33, 47\], not int64 \[33, 47\]"),
        (MASK[:, :-1], r"uint8 .*\[33, 47\] or \[1, 33, 47\], not uint8 \[33, 46\]"),
        (np.stack([MASK] * 2), r"uint8 .*\[33, 47\] or \[1, 33, 47\], not uint8 \[2, 33, 47\]"),
        (MASK.tolist(), r"uint8 .*\[33, 47\] or \[1, 33, 47\], not list"),
    ],
)
def test_masks_that_do_not_fit_are_refused(masks, message: str) -> None:
    """Masks of another type, size or number: one line."""
    with pytest.raises(BenchError, match=message):
        perturb(IMAGE, "occlusion", 5, masks=masks)


def test_there_is_one_hash_for_each_image() -> None:
    """Too few or too many hashes are refused."""
    with pytest.raises(BenchError, match="1 image hashes for 2 images; give one for each"):
        perturb(np.stack([IMAGE] * 2), "occlusion", 5, image_hash=["00"])


def test_the_images_of_a_batch_have_their_own_hashes() -> None:
    """A batch of two equal images with different hashes gets different noise, each as if it were alone."""
    both = perturb(np.stack([IMAGE] * 2), "additive_noise", 9, image_hash=["00", "01"])
    assert np.array_equal(both[1], perturb(IMAGE, "additive_noise", 9, image_hash="01"))
    assert not np.array_equal(both[0], both[1])


@pytest.mark.parametrize("seed", [None, "a", -1, True, 1.5])
def test_a_seed_is_a_whole_number(seed) -> None:
    """Anything else is one line."""
    with pytest.raises(BenchError, match="seed .*: give a whole number from 0 on"):
        perturb(np.zeros((4, 4, 3), np.uint8), "additive_noise", 3, seed=seed)


def test_numpys_whole_numbers_are_seeds() -> None:
    """They give the pixels of the same Python number."""
    image = np.full((8, 9, 3), 99, np.uint8)
    one, other = (perturb(image, "additive_noise", 9, seed=seed) for seed in (3, np.int64(3)))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(("name", "parameters"), [(None, None), (5, None), ("occlusion", [1])])
def test_a_name_is_a_text_and_parameters_are_a_mapping(name, parameters) -> None:
    """Anything else is one line."""
    with pytest.raises(BenchError) as caught:
        perturb(np.zeros((4, 4, 3), np.uint8), name, 3, parameters=parameters)
    assert "\n" not in str(caught.value)


FORKED = """
import os, sys
import numpy as np
from bench.perturb import perturb
batch = np.full((4, 20, 30, 3), 99, np.uint8)
before = perturb(batch, "additive_noise", 9)
child = os.fork()
if child == 0:
    os._exit(0 if (perturb(batch, "additive_noise", 9) == before).all() else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_can_go_on() -> None:
    """A data loader forks: the child has none of the parent's threads, and starts its own."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", FORKED], timeout=120, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["additive_noise", "fog", "rotate", "jpeg"])
def test_a_grey_image_is_taken_as_three_equal_channels(name: str) -> None:
    """In every form in which a grey image comes; the result is RGB, and the given image stays as it is."""
    grey = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    before = grey.copy()
    strength = PERTURBATIONS[name].strengths[-1]
    expected = perturb(np.stack([grey] * 3, -1), name, strength)
    planes = expected.transpose(2, 0, 1)
    assert np.array_equal(perturb(grey, name, strength), expected)
    assert np.array_equal(perturb(grey[..., None], name, strength), expected)
    assert np.array_equal(perturb(grey[None, ..., None], name, strength), expected[None])
    assert np.array_equal(perturb(torch.from_numpy(grey), name, strength).numpy(), planes)
    assert np.array_equal(perturb(torch.from_numpy(grey)[None], name, strength).numpy(), planes)
    assert np.array_equal(perturb(torch.from_numpy(grey)[None, None], name, strength).numpy(), planes[None])
    assert np.array_equal(grey, before)


def test_a_grey_image_takes_its_mask_along() -> None:
    """The mask moves as that of an RGB image does."""
    grey, mask = np.full((20, 30), 90, np.uint8), np.ones((20, 30), np.uint8)
    result = perturb(grey, "rotate", 45, masks=mask)
    expected = perturb(np.stack([grey] * 3, -1), "rotate", 45, masks=mask)
    assert all(np.array_equal(*pair) for pair in zip(result, expected, strict=True))
