"""The package itself as a perturbation, and the stand-ins that let it run without changing anything else."""

import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from parity import KEY, defined, needs_reference, photo

from bench.perturb import PERTURBATIONS, perturb
from bench.perturb.entries.imagecorruptions import Corruption
from bench.perturb.operations import reference_package as shim
from registry.errors import BenchError

NAME = "imagecorruptions"
CORRUPTIONS = get_args(Corruption)
UNSEEDED = {"defocus_blur", "zoom_blur", "brightness", "contrast", "pixelate", "jpeg_compression", "gaussian_blur"}
RANDOM = sorted(set(CORRUPTIONS) - UNSEEDED - {"saturate"})


@needs_reference
def test_the_19_are_the_packages_own_in_its_order() -> None:
    """The names a suite may give are those that the package lists, the 15 common ones first."""
    assert list(CORRUPTIONS) == shim.package().get_corruption_names("all")


@needs_reference
@pytest.mark.parametrize("severity", [1, 3, 5])
@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_a_corruption_runs_and_is_reproducible(corruption: str, severity: int) -> None:
    """Every one runs on an odd size, twice with the same pixels, alone as in a batch, and is not the clean image."""
    batch = np.stack([photo(33, 47, seed) for seed in range(2)])
    parameters = {"corruption": corruption}
    first = perturb(batch, NAME, severity, parameters=parameters)
    alone = [perturb(image, NAME, severity, parameters=parameters) for image in batch[::-1]]
    assert np.array_equal(first, np.stack(alone[::-1]))
    assert (first != batch).mean() > 0.02


@needs_reference
@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_the_seed_matters_where_the_package_draws_numbers(corruption: str) -> None:
    """Another seed gives another draw of the random ones and the same pixels of the others."""
    image = photo(40, 60)
    one, other = (perturb(image, NAME, 3, parameters={"corruption": corruption}, seed=seed) for seed in (0, 1))
    assert np.array_equal(one, other) == (corruption not in RANDOM)


@needs_reference
def test_gaussian_noise_is_the_published_line() -> None:
    """With a generator seeded by the key: x + N(0, 0.18) clipped, times 255, truncated."""
    image = photo(40, 60)
    numbers = np.random.RandomState(np.frombuffer(KEY, "<u4"))
    noisy = image / 255.0 + numbers.normal(size=image.shape, scale=0.18)
    expected = (np.clip(noisy, 0, 1) * 255).astype(np.uint8)
    assert np.array_equal(expected, defined(NAME, image, 3, corruption="gaussian_noise"))


@needs_reference
def test_nothing_outside_the_package_changes() -> None:
    """Several threads at once, the first time: no stand-in is left in sys.modules, NumPy, skimage or the warnings."""
    code = """
import sys, warnings
from concurrent.futures import ThreadPoolExecutor
import numpy as np, scipy.ndimage, skimage, skimage.util
from bench.perturb.operations.reference_package import corrupt
def state():
    stubs = [m for m in ("pkg_resources", "scipy.ndimage.interpolation") if m in sys.modules]
    generator = np.random.get_state()[1].tolist()
    return stubs, generator, list(warnings.filters), np.random, skimage.util, skimage.util.random_noise, hasattr(np, "float_")
before = state()
image = np.full((32, 32, 3), 99, np.uint8)
names = ["gaussian_blur", "fog", "impulse_noise", "frost"] * 2
with ThreadPoolExecutor(8) as pool:
    results = list(pool.map(lambda n: corrupt(image, n, 3, np.random.RandomState(0)), names))
assert all(np.array_equal(a, b) for a, b in zip(results[:4], results[4:]))
print([a == b for a, b in zip(before, state())])
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == (str([True] * 7), 0), done.stderr


@pytest.fixture
def first_use(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the package be looked for again, as in a process that has not imported it."""
    monkeypatch.setattr(shim, "package", shim.package.__wrapped__)
    monkeypatch.delitem(sys.modules, "imagecorruptions", raising=False)
    return monkeypatch


def refusal() -> str:
    with pytest.raises(BenchError) as caught:
        perturb(photo(40, 60), NAME, 1)
    return str(caught.value)


@pytest.mark.parametrize("missing", ["imagecorruptions", "skimage"])
def test_without_the_packages_it_is_one_line(first_use: pytest.MonkeyPatch, missing: str) -> None:
    """What to install is named, and how to keep a second OpenCV out."""
    first_use.setitem(sys.modules, missing, None)
    line = refusal()
    assert "pip install --no-deps imagecorruptions==1.1.2" in line
    assert "\n" not in line


def test_a_fork_of_the_same_import_name_is_refused(first_use: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What would be imported has to be the published code, whatever the installed metadata claim."""
    fork = tmp_path / "imagecorruptions"
    fork.mkdir()
    (fork / "__init__.py").write_text("raise RuntimeError('imported')", encoding="utf-8")
    (fork / "corruptions.py").write_text("# other code\n", encoding="utf-8")
    first_use.syspath_prepend(tmp_path)
    assert "pip install --no-deps imagecorruptions==1.1.2" in refusal()
    entry = PERTURBATIONS[NAME]
    assert entry.resources(entry.parameters()) == {}


@needs_reference
def test_the_record_names_the_package() -> None:
    """The cells' keys hold it."""
    entry = PERTURBATIONS[NAME]
    assert entry.resources(entry.parameters()) == {"package": "imagecorruptions 1.1.2"}


def test_what_it_does_not_take_is_one_line() -> None:
    """Severities between the whole ones, smaller images and unknown corruptions are refused."""
    image = photo(40, 60)
    for call, reason in [
        (lambda: perturb(image, NAME, 2.5), "not whole"),
        (lambda: perturb(image[:31], NAME, 3), "at least 32 pixels"),
        (
            lambda: perturb(image, NAME, 3, parameters={"corruption": "frogs"}),
            "imagecorruptions: corruption: give one of",
        ),
    ]:
        with pytest.raises(BenchError, match=reason) as caught:
            call()
        assert "\n" not in str(caught.value)
