"""What every perturbation keeps to, whoever wrote it; a new entry is tested here without an edit."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import torch

from bench.perturb import PERTURBATIONS, PRESETS, perturb, stream_for
from registry.errors import BenchError

NAMES = PERTURBATIONS.names()
RANDOM = ("additive_noise", "occlusion", "salt_and_pepper")


def picture(height: int = 64, width: int = 80) -> torch.Tensor:
    """A picture with slopes and texture, without black or white."""
    rows, columns = np.mgrid[:height, :width]
    waves = [110 + 40 * np.sin(rows / (5 + c)) + 30 * np.cos(columns / (3 + c)) for c in range(3)]
    speckle = np.random.default_rng(1).uniform(-10, 10, (3, height, width))
    return torch.from_numpy((np.stack(waves) + speckle).astype(np.uint8))


def applied(name: str, image: torch.Tensor, strength: float, seed: int = 0) -> torch.Tensor:
    entry = PERTURBATIONS[name]
    return entry.apply(image, strength, entry.parameters(), stream_for(seed, "00", name, entry.version))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_strengths_start_at_the_identity_and_move_away_from_it(name: str) -> None:
    """The default strengths are distinct, ordered by their distance from the identity, which is first."""
    entry = PERTURBATIONS[name]
    distance = [abs(s - entry.identity) for s in entry.strengths]
    assert distance[0] == 0
    assert distance == sorted(set(distance))


def test_default_strengths_are_allowed(name: str) -> None:
    """Each default strength passes the entry's own check and comes back as a float."""
    entry = PERTURBATIONS[name]
    checked = [entry.check_strength(s) for s in entry.strengths]
    assert checked == list(entry.strengths)
    assert {type(s) for s in checked} == {float}


def test_numpy_numbers_are_strengths_too(name: str) -> None:
    """A strength computed with NumPy is taken like Python's own, and comes back as a float."""
    entry = PERTURBATIONS[name]
    checked = [
        entry.check_strength(np.float64(entry.identity)),
        entry.check_strength(np.int64(entry.identity)),
    ]
    assert [float(entry.identity)] * 2 == checked
    assert [float, float] == [type(s) for s in checked]


def test_the_entry_says_what_it_is(name: str) -> None:
    """Version, title, unit and source are given."""
    entry = PERTURBATIONS[name]
    assert entry.version >= 1
    assert all((entry.title, entry.unit, entry.source))


def test_identity_changes_nothing(name: str) -> None:
    """The identity strength returns the same pixels bit for bit, all 256 levels included."""
    levels = torch.arange(256, dtype=torch.uint8).view(1, 16, 16).expand(3, 16, 16).contiguous()
    for image in (picture(), levels):
        assert torch.equal(image, applied(name, image, PERTURBATIONS[name].identity))


def test_shape_type_and_input_are_kept(name: str) -> None:
    """The result is a new uint8 picture of the same shape and the input stays as it was."""
    image = picture()
    before = image.clone()
    for strength in PERTURBATIONS[name].strengths:
        result = applied(name, image, strength)
        assert (result.dtype, result.shape) == (torch.uint8, image.shape)
        assert result.data_ptr() != image.data_ptr()
        assert torch.equal(before, image)


def test_damage_grows_with_strength(name: str) -> None:
    """The root mean square difference to the clean picture rises from each level to the next."""
    image = picture()
    rmse = [
        (applied(name, image, s).double() - image.double()).square().mean().sqrt().item()
        for s in PERTURBATIONS[name].strengths
    ]
    assert all(low < high for low, high in pairwise(rmse)), rmse


def test_same_picture_same_pixels_in_any_order_and_thread(name: str) -> None:
    """Neither the order of calls nor the thread has an influence."""
    entry = PERTURBATIONS[name]
    images = [picture(20 + i, 30) for i in range(6)]
    jobs = [(image, s) for image in images for s in entry.strengths[1:4]]
    alone = [applied(name, image, s) for image, s in jobs]
    with ThreadPoolExecutor(4) as pool:
        backwards = list(pool.map(lambda job: applied(name, *job), reversed(jobs)))
    assert all(torch.equal(a, b) for a, b in zip(alone, reversed(backwards), strict=True))


def test_no_global_generator_is_read_or_moved(name: str) -> None:
    """Seeding torch and NumPy changes nothing, and their generators stand where they stood."""
    image, strength = picture(), PERTURBATIONS[name].strengths[-1]
    torch.manual_seed(1)
    np.random.seed(1)
    first = applied(name, image, strength)
    states = torch.get_rng_state(), np.random.get_state()[1].copy()
    torch.manual_seed(2)
    np.random.seed(2)
    assert torch.equal(first, applied(name, image, strength))
    torch.manual_seed(1)
    np.random.seed(1)
    assert torch.equal(states[0], torch.get_rng_state())
    assert np.array_equal(states[1], np.random.get_state()[1])


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (2, 3), (20, 20000), (20000, 20)])
def test_any_size_works(name: str, size: tuple[int, int]) -> None:
    """One pixel and long thin strips are pictures like any other, also at the strongest level."""
    image = torch.full((3, *size), 100, dtype=torch.uint8)
    entry = PERTURBATIONS[name]
    assert applied(name, image, entry.strengths[-1]).shape == image.shape
    assert torch.equal(image, applied(name, image, entry.identity))


def test_memory_layout_does_not_matter(name: str) -> None:
    """A permuted view gives the same pixels as its contiguous copy."""
    image = picture()
    view = image.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    strength = PERTURBATIONS[name].strengths[-1]
    assert torch.equal(applied(name, image, strength), applied(name, view, strength))


def test_seed_and_picture_choose_the_randomness(name: str) -> None:
    """Random perturbations change with the seed and with the picture's hash, the others do not."""
    image, entry = picture(), PERTURBATIONS[name]
    first = perturb(image, name, entry.strengths[-1], seed=0)
    other_seed = perturb(image, name, entry.strengths[-1], seed=1)
    other_hash = perturb(image, name, entry.strengths[-1], seed=0, image_hash="ff")
    assert [torch.equal(first, x) for x in (other_seed, other_hash)] == [name not in RANDOM] * 2


def test_strengths_that_make_no_sense_are_one_line(name: str) -> None:
    """Text, booleans, NaN and numbers out of range are refused with what is allowed."""
    entry = PERTURBATIONS[name]
    for bad in ("3", True, None, float("nan"), float("inf"), entry.maximum + 1, entry.minimum - 1):
        with pytest.raises(BenchError, match=f"{entry.title} takes .*numbers from") as caught:
            entry.check_strength(bad)
        assert "\n" not in str(caught.value)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_gpu_gives_the_same_pixels(name: str) -> None:
    """Every level of every perturbation is bit for bit the same on a GPU."""
    image, entry = picture(375, 500), PERTURBATIONS[name]
    for strength in entry.strengths:
        stream = stream_for(0, "00", name, entry.version, "cuda")
        result = entry.apply(image.cuda(), strength, entry.parameters(), stream)
        assert result.device.type == "cuda"
        assert torch.equal(applied(name, image, strength), result.cpu())


def test_listing_imports_neither_torch_nor_numpy() -> None:
    """Names, strengths and presets are known before anything heavy is imported."""
    code = (
        "import sys; from bench.perturb import PERTURBATIONS as P, PRESETS\n"
        "[P[n].check_strength(s) for n in P.names() for s in P[n].strengths]\n"
        "print({'torch', 'numpy', 'cv2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_preset_is_the_assignment_sheet() -> None:
    """Its eight perturbations have the sheet's ten strengths each."""
    # University of Edinburgh, Computer Vision Mini-Project, February 2025, pages 3 and 4, items a to h.
    grey = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]
    sheet = {
        "additive_noise": [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
        "binomial_blur": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        "contrast_increase": [1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 1.1, 1.15, 1.20, 1.25],
        "contrast_decrease": [1.0, 0.95, 0.90, 0.85, 0.80, 0.60, 0.40, 0.30, 0.20, 0.10],
        "brightness_increase": grey,
        "brightness_decrease": grey,
        "occlusion": grey,
        "salt_and_pepper": [0.00, 0.02, 0.04, 0.06, 0.08, 0.10, 0.12, 0.14, 0.16, 0.18],
    }
    assert {n: list(PERTURBATIONS[n].strengths) for n in PRESETS["edinburgh_2025"]} == sheet
    assert list(sheet) == list(PRESETS["edinburgh_2025"])
