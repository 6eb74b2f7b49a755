"""What every perturbation keeps to, whoever wrote it; a new entry is tested here without an edit."""

import hashlib
import json
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from parity import agreement, photo

from bench.perturb import PERTURBATIONS, PRESETS, Effect, Perturbed, Step, perturb, run_steps, step_keys, stream_of
from bench.perturb.operations.reference_package import installed
from bench.perturb.steps import Stepped
from registry.errors import BenchError

NAMES = PERTURBATIONS.names()
SMALL = [(1, 1), (1, 7), (7, 1), (2, 3), (33, 47)]
LABELS = (0, 1, 2, 254, 255)
AGREEING = 0.999
"""Share of the values that have to be within one grey level where two routes need not give the same bits."""


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return usable(str(request.param))


def usable(name: str) -> str:
    if PERTURBATIONS[name].family == "reference" and not installed():
        pytest.skip("needs imagecorruptions 1.1.2 (make test installs it)")
    return name


def tensor_photo(height: int = 64, width: int = 80, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(photo(height, width, seed)).permute(2, 0, 1)


def landscape(height: int, width: int, seed: int) -> torch.Tensor:
    """Noise with the spectrum of photographs, amplitude 1 / frequency: no grid that a perturbation could hit or miss."""
    rng = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    spectrum = np.fft.rfft2(rng.normal(size=(4, height, width))) / np.maximum(frequency, 1 / max(height, width))
    common, *colours = np.fft.irfft2(spectrum, (height, width))
    values = common + 0.5 * np.stack(colours)
    values = 120 + 45 * (values - values.mean()) / values.std()
    return torch.from_numpy(values.clip(0, 255).astype(np.uint8))


def ground_truth(height: int, width: int, count: int = 1) -> torch.Tensor:
    """Masks [count, H, W] with an object, several labels, borders without a class."""
    masks = torch.zeros((count, height, width), dtype=torch.uint8)
    masks[:, height // 4 : height * 3 // 4 + 1, width // 4 : width * 3 // 4 + 1] = 255
    masks[:, height // 3 : height * 2 // 3 + 1, width // 3 : width * 2 // 3 + 1] = 1
    masks[:, height // 2, : width // 2 + 1] = 2
    masks[:, 0, 0] = 254
    return masks


def applied(name: str, images: torch.Tensor, strength: float, seed: int = 0, masks: torch.Tensor | None = None):
    """Run the engine on [3, H, W] or [N, 3, H, W] with one key for each image, and give back what it gives."""
    entry = PERTURBATIONS[name]
    batch = images if images.ndim == 4 else images[None]
    steps = [Step(name, entry, float(strength), entry.parameters())]

    def keys(i):
        return step_keys(steps, seed, f"{i:02}")

    return finished(
        run_steps(batch, steps, keys, ground_truth(*batch.shape[-2:], len(batch)) if masks is None else masks)
    )


def finished(result: Stepped) -> Perturbed:
    """Return of each pixel whether it is valid: reached, and not hidden."""
    everywhere = torch.ones_like(result.masks, dtype=torch.bool)
    reached = everywhere if result.reached is None else result.reached
    return Perturbed(result.images, result.masks, reached if result.hidden is None else reached & ~result.hidden)


def defined(name: str, images: torch.Tensor, strength: float, keys: list[bytes]) -> Effect:
    """Run the definition itself on a batch, whatever kernel there is."""
    entry = PERTURBATIONS[name]
    more = {"masks": ground_truth(*images.shape[-2:], len(images)).to(images.device)} if entry.needs_mask else {}
    device = images.device if entry.device == "any" else torch.device("cpu")
    result = entry.apply(images, strength, entry.parameters(), stream_of(keys, device), **more)
    return result if isinstance(result, Effect) else Effect(result)


def changing(name: str) -> list[float]:
    """The default strengths without the identity."""
    entry = PERTURBATIONS[name]
    return [float(s) for s in entry.strengths if s != entry.identity]


def size_for(name: str, size: tuple[int, int]) -> tuple[int, int]:
    """A size that the entry takes."""
    least = PERTURBATIONS[name].least
    return max(size[0], least), max(size[1], least)


def test_the_entry_describes_itself(name: str) -> None:
    """Version, title, unit and source are given, and what it does fits what it declares."""
    entry = PERTURBATIONS[name]
    assert entry.version >= 1
    assert all((entry.title, entry.unit, entry.source))
    assert entry.kernel is None or not (entry.moves or entry.covers or entry.needs_mask or entry.device == "cpu")


def test_strengths_start_at_the_identity_and_move_away_from_it(name: str) -> None:
    """The default strengths are distinct and in order; the identity, where there is one, is first."""
    entry = PERTURBATIONS[name]
    start = entry.strengths[0] if entry.identity is None else entry.identity
    distance = [abs(s - start) for s in entry.strengths]
    assert distance[0] == 0
    assert distance == sorted(set(distance))
    assert len(distance) > 1


def test_default_strengths_are_allowed(name: str) -> None:
    """Each default strength, and either end of the range, passes the entry's check and comes back as a float."""
    entry = PERTURBATIONS[name]
    given = [*entry.strengths, entry.minimum, entry.maximum]
    checked = [entry.check_strength(s) for s in given]
    assert checked == given
    assert {type(s) for s in checked} == {float}


def test_numpy_numbers_are_strengths_too(name: str) -> None:
    """A strength computed with NumPy is taken like Python's own, and comes back as a float."""
    entry = PERTURBATIONS[name]
    whole = np.int64(entry.maximum)
    checked = [entry.check_strength(np.float64(entry.strengths[-1])), entry.check_strength(whole)]
    assert checked == [float(entry.strengths[-1]), float(whole)]
    assert {type(s) for s in checked} == {float}


def test_strengths_that_make_no_sense_are_one_line(name: str) -> None:
    """Text, booleans, NaN and numbers out of range are refused with what is allowed."""
    entry = PERTURBATIONS[name]
    fraction = [entry.minimum + 0.5] if entry.integer else []
    bad_ones = ("3", True, None, float("nan"), float("inf"), entry.maximum + 1, entry.minimum - 1, *fraction)
    for bad in bad_ones:
        with pytest.raises(BenchError) as caught:
            perturb(photo(8, 9), name, bad)
        line = str(caught.value)
        assert f"{entry.title} takes " in line and "numbers from" in line
        assert "\n" not in line


def test_identity_changes_nothing(name: str) -> None:
    """The identity strength returns the same pixels and mask bit for bit, all 256 levels included."""
    entry = PERTURBATIONS[name]
    if entry.identity is None:
        pytest.skip("has no identity strength")
    levels = torch.arange(256, dtype=torch.uint8).view(1, 16, 16).expand(3, 16, 16).contiguous()
    for image in (tensor_photo(), levels):
        masks = ground_truth(*image.shape[-2:])
        result = applied(name, image, entry.identity, masks=masks)
        assert torch.equal(image, result.image[0])
        assert torch.equal(masks, result.mask)
        assert result.valid.all()


def test_the_definition_is_an_identity_too(name: str) -> None:
    """What lies next to the identity strength goes to the clean image: no constant is left at its end."""
    entry = PERTURBATIONS[name]
    if entry.identity is None or entry.integer:
        pytest.skip("has no strengths next to an identity")
    towards = 1 if entry.strengths[-1] > entry.identity else -1
    image = tensor_photo(33, 47)
    result = defined(name, image[None], entry.identity + towards * 1e-6, [bytes(16)]).images[0]
    difference = (result.int() - image.int()).abs()
    assert (difference <= 1).double().mean() >= AGREEING


def test_shape_type_and_input_are_kept(name: str) -> None:
    """The results are new tensors of the same shapes and types, and image and mask stay as they were."""
    images = torch.stack([tensor_photo(33, 47, seed) for seed in range(2)])
    masks = ground_truth(33, 47, 2)
    before, masks_before = images.clone(), masks.clone()
    for strength in PERTURBATIONS[name].strengths[::3]:
        result = applied(name, images, strength, masks=masks)
        assert (result.image.dtype, result.image.shape) == (torch.uint8, images.shape)
        assert (result.mask.dtype, result.mask.shape) == (torch.uint8, masks.shape)
        assert (result.valid.dtype, result.valid.shape) == (torch.bool, masks.shape)
        result.image.zero_()
        assert torch.equal(before, images)
        assert torch.equal(masks_before, masks)


def test_the_definition_keeps_its_input(name: str) -> None:
    """Also on whole batches, which only a GPU gives it, nothing is written into the input."""
    images = torch.stack([tensor_photo(33, 47, seed) for seed in range(2)])
    before = images.clone()
    effect = defined(name, images, changing(name)[-1], [bytes(16)] * 2)
    assert (effect.images.dtype, effect.images.shape) == (torch.uint8, images.shape)
    effect.images.zero_()
    assert torch.equal(before, images)


def test_the_mask_goes_where_it_should(name: str) -> None:
    """A mask that need not move stays bit for bit; one that moves gets no label it had not, but for 255."""
    entry, images = PERTURBATIONS[name], torch.stack([tensor_photo(33, 47, seed) for seed in range(2)])
    masks = ground_truth(33, 47, 2)
    for strength in changing(name):
        result = applied(name, images, strength, masks=masks)
        assert set(result.mask.unique().tolist()) <= set(LABELS)
        if not entry.moves:
            assert torch.equal(masks, result.mask)
        if not (entry.moves or entry.covers):
            assert result.valid.all()
        if entry.moves and not entry.covers:
            assert (result.mask[~result.valid] == 255).all()
    if entry.moves:
        assert not torch.equal(masks, result.mask)
    elif entry.covers:
        assert not result.valid.all()


def test_the_effect_is_well_formed(name: str) -> None:
    """`source` are indices of pixels or -1, `covered` is bool, and each is there exactly where the entry declares it."""
    entry = PERTURBATIONS[name]
    height, width = size_for(name, (20, 30))
    batch = torch.stack([tensor_photo(height, width)] * 2)
    effect = defined(name, batch, changing(name)[-1], [bytes(16), bytes([1] * 16)])
    assert (effect.source is not None, effect.covered is not None) == (entry.moves, entry.covers)
    if effect.source is not None:
        assert (effect.source.dtype, tuple(effect.source.shape)) == (torch.int64, (2, height, width))
        assert int(effect.source.min()) >= -1 and int(effect.source.max()) < height * width
    if effect.covered is not None:
        assert (effect.covered.dtype, tuple(effect.covered.shape)) == (torch.bool, (2, height, width))


def test_damage_grows_with_strength(name: str) -> None:
    """The root mean square difference to the clean images rises from each level to the next."""
    entry = PERTURBATIONS[name]
    if not entry.rises:
        pytest.skip("does not declare it")
    images = torch.stack([landscape(96, 128, seed) for seed in range(3)])
    rmse = [
        (applied(name, images, s).image.double() - images.double()).square().mean().sqrt().item()
        for s in entry.strengths
    ]
    assert all(low < high for low, high in pairwise(rmse)), rmse


def test_every_default_strength_does_something(name: str) -> None:
    """Each changes at least one value in a hundred of a photograph (an occluder: of a smaller one)."""
    image = tensor_photo(40, 50)
    for strength in changing(name):
        result = applied(name, image, strength).image[0]
        assert (result != image).double().mean() > 0.005, strength


def test_a_batch_is_its_images_one_by_one(name: str) -> None:
    """Neither the batch's size, nor the order of the images in it, nor of the calls has an influence."""
    images = torch.stack([tensor_photo(*size_for(name, (26, 35)), seed) for seed in range(5)])
    strength = changing(name)[-1]
    entry = PERTURBATIONS[name]
    steps = [Step(name, entry, strength, entry.parameters())]
    keys = [step_keys(steps, 0, f"{i}") for i in range(5)]
    masks = ground_truth(*images.shape[-2:], 5)
    together = finished(run_steps(images, steps, keys.__getitem__, masks))
    backwards = finished(run_steps(images.flip(0), steps, keys[::-1].__getitem__, masks))
    for i in reversed(range(5)):
        alone = finished(run_steps(images[i : i + 1], steps, keys[i : i + 1].__getitem__, masks[:1]))
        for one, many, other in zip(alone, together, backwards, strict=True):
            assert torch.equal(one[0], many[i])
            assert torch.equal(one[0], other[4 - i])


def test_the_definition_of_a_batch_is_that_of_its_images(name: str) -> None:
    """Bit for bit also where the whole batch goes through the definition at once, as on a GPU."""
    images = torch.stack([tensor_photo(*size_for(name, (26, 35)), seed) for seed in range(3)])
    keys = [bytes([i] * 16) for i in range(3)]
    for strength in changing(name)[:: max(1, len(changing(name)) - 1)]:
        together = defined(name, images, strength, keys)
        for i, key in enumerate(keys):
            alone = defined(name, images[i : i + 1], strength, [key])
            for one, many in zip(alone, together, strict=True):
                assert (one is None) == (many is None)
                assert one is None or torch.equal(one[0], many[i])


def test_same_image_same_pixels_in_any_order_and_thread(name: str) -> None:
    """Neither the order of calls nor the thread nor the number of torch's threads has an influence."""
    images = [photo(*size_for(name, (20 + i, 30)), i) for i in range(4)]
    masks = [ground_truth(*image.shape[:2])[0].numpy() for image in images]
    jobs = [(i, s) for i in range(4) for s in changing(name)[:2]]

    def one(job: tuple[int, float]):
        return perturb(images[job[0]], name, job[1], masks=masks[job[0]]).image

    alone = [one(job) for job in jobs]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(4) as pool:
            backwards = list(pool.map(one, reversed(jobs)))
    finally:
        torch.set_num_threads(threads)
    assert all(np.array_equal(a, b) for a, b in zip(alone, reversed(backwards), strict=True))


DIGESTS = """
import hashlib, json, sys
import numpy as np, torch
torch.set_num_threads(int(sys.argv[1]))
from parity import photo
from bench.perturb import PERTURBATIONS, perturb
masks = np.zeros((2, 40, 50), np.uint8)
masks[:, 10:30, 9:41] = 1
images = np.stack([photo(40, 50, seed) for seed in (1, 2)])
digests = {}
for name in sys.argv[2:]:
    try:
        result = perturb(images, name, PERTURBATIONS[name].strengths[-1], masks=masks, seed=5)
        digests[name] = hashlib.sha256(b"".join(part.tobytes() for part in result)).hexdigest()
    except Exception as error:
        digests[name] = repr(error)
print(json.dumps(digests))
"""


@pytest.fixture(scope="module")
def elsewhere(request: pytest.FixtureRequest) -> dict[str, str]:
    """Digests of every perturbation from a fresh process with one thread, in reversed order."""
    names = [n for n in reversed(NAMES) if PERTURBATIONS[n].family != "reference" or installed()]
    surroundings = {**os.environ, "PYTHONPATH": str(request.path.parent), "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", DIGESTS, "1", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=surroundings)
    return dict(json.loads(done.stdout))


@pytest.mark.slow
def test_another_process_gives_the_same_pixels(name: str, elsewhere: dict[str, str]) -> None:
    """Images, masks and validity hash to the same in a process of its own."""
    masks = np.zeros((2, 40, 50), np.uint8)
    masks[:, 10:30, 9:41] = 1
    images = np.stack([photo(40, 50, seed) for seed in (1, 2)])
    result = perturb(images, name, PERTURBATIONS[name].strengths[-1], masks=masks, seed=5)
    assert elsewhere[name] == hashlib.sha256(b"".join(part.tobytes() for part in result)).hexdigest()


def test_no_global_generator_is_read_or_moved(name: str) -> None:
    """Seeding Python, torch and NumPy changes nothing, and their generators stand where they stood."""
    image, strength = tensor_photo(40, 50), changing(name)[-1]

    def seeded(seed: int):
        torch.manual_seed(seed)
        np.random.seed(seed)
        random.seed(seed)
        return torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()

    before = seeded(1)
    first = applied(name, image, strength).image
    after = torch.get_rng_state(), np.random.get_state()[1], random.getstate()
    assert torch.equal(before[0], after[0]) and np.array_equal(before[1], after[1]) and before[2] == after[2]
    seeded(2)
    assert torch.equal(first, applied(name, image, strength).image)


def test_memory_layout_does_not_matter(name: str) -> None:
    """Channels-last, strided and Fortran-ordered images give the same pixels as contiguous ones, by either route."""
    images = torch.stack([tensor_photo(33, 47, seed) for seed in range(2)]).contiguous()
    last = images.to(memory_format=torch.channels_last)
    strided = torch.zeros((2, 3, 66, 94), dtype=torch.uint8)[..., ::2, ::2].copy_(images)
    keys = [bytes([i] * 16) for i in range(2)]
    strength = changing(name)[-1]
    by_engine, by_definition = applied(name, images, strength).image, defined(name, images, strength, keys).images
    for other in (last, strided):
        assert torch.equal(by_engine, applied(name, other, strength).image)
        assert torch.equal(by_definition, defined(name, other, strength, keys).images)
    array, mask = photo(33, 47), ground_truth(33, 47)[0].numpy()
    expected = perturb(array, name, strength, masks=mask).image
    for other in (np.asfortranarray(array), np.ascontiguousarray(array[::-1, ::-1])[::-1, ::-1]):
        assert np.array_equal(expected, perturb(other, name, strength, masks=mask).image)


def test_all_forms_agree(name: str) -> None:
    """NumPy and torch, alone and in a batch: the same pixels, masks and validity, each in the form that was given."""
    image, mask, strength = photo(33, 47), ground_truth(33, 47)[0].numpy(), changing(name)[0]
    first = perturb(image, name, strength, masks=mask)
    batch = perturb(np.stack([image] * 2), name, strength, masks=np.stack([mask] * 2))
    tensor = perturb(torch.from_numpy(image).permute(2, 0, 1), name, strength, masks=torch.from_numpy(mask))
    tensors = perturb(
        torch.from_numpy(image).permute(2, 0, 1)[None], name, strength, masks=torch.from_numpy(mask)[None]
    )
    assert first.image.flags.c_contiguous and first.image.shape == image.shape
    for one, two, three, four in zip(first, batch, tensor, tensors, strict=True):
        three, four = (
            t.movedim(-3, -1) if t.dtype == torch.uint8 and t.shape[-3:-2] == (3,) else t for t in (three, four)
        )
        for other in (two[0], two[1], three.numpy(), four[0].numpy()):
            assert np.array_equal(one, other)


def test_seed_and_image_choose_the_randomness(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads its stream changes with the seed and with the image's hash; what does not, does not."""
    from bench.perturb import streams

    read = []
    for part in ("words", "key_words"):
        given = getattr(streams.Stream, part)
        noted = lambda self, *a, given=given, **k: (read.append(1), given(self, *a, **k))[1]  # noqa: E731
        monkeypatch.setattr(streams.Stream, part, noted)
    image, mask = tensor_photo(40, 50), ground_truth(40, 50)[0]

    def result(**choice) -> torch.Tensor:
        return perturb(image, name, changing(name)[-1], masks=mask, **choice).image

    first = result(image_hash="00")
    is_random = bool(read) or PERTURBATIONS[name].family == "reference"
    by_seed = [torch.equal(first, result(seed=seed, image_hash="00")) for seed in range(1, 9)]
    by_hash = [torch.equal(first, result(image_hash=f"{i:02}")) for i in range(1, 9)]
    assert (all(by_seed), all(by_hash)) == (not is_random, not is_random)
    if name in ("additive_noise", "occlusion", "salt_and_pepper", "rotate"):
        assert is_random


@pytest.mark.parametrize("size", [*SMALL, (20, 2000), (2000, 20)])
def test_any_size_works(name: str, size: tuple[int, int]) -> None:
    """One pixel and long thin strips are images like any other, also at the strongest level."""
    entry = PERTURBATIONS[name]
    image, masks = torch.full((3, *size), 100, dtype=torch.uint8), ground_truth(*size)
    if min(size) < entry.least:
        with pytest.raises(BenchError, match=f"{name} needs images of at least {entry.least} pixels each way"):
            applied(name, image, entry.strengths[-1])
        return
    long = max(size) > 100
    for strength in [entry.strengths[-1]] if long else [entry.minimum, changing(name)[0], entry.strengths[-1]]:
        result = applied(name, image, strength, masks=masks)
        assert (result.image.shape, result.mask.shape) == ((1, 3, *size), masks.shape)
    keys = [bytes(16)]
    assert defined(name, image[None], entry.strengths[-1], keys).images.shape == (1, 3, *size)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None, database=None, derandomize=True)
@given(data=st.data())
def test_odd_shapes_and_strengths(name: str, data: st.DataObject) -> None:
    """Any size, any content and any strength of the range: shapes, labels, and the same again when asked again."""
    entry = PERTURBATIONS[usable(name)]
    sides = st.integers(entry.least, max(40, entry.least + 8))
    height, width, seed = data.draw(sides), data.draw(sides), data.draw(st.integers(0, 2**31))
    whole = st.integers(int(entry.minimum), int(entry.maximum))
    strength = data.draw(whole if entry.integer else st.floats(entry.minimum, entry.maximum))
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    masks = rng.choice(np.array(LABELS, np.uint8), (height, width))
    first, again = (perturb(image, name, strength, masks=masks, seed=seed) for _ in range(2))
    assert (first.image.dtype, first.image.shape) == (np.uint8, image.shape)
    assert set(np.unique(first.mask).tolist()) <= set(LABELS)
    assert entry.moves or np.array_equal(first.mask, masks)
    assert entry.moves or entry.covers or first.valid.all()
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))


@pytest.mark.parametrize("size", [*SMALL, (96, 128)])
def test_the_kernel_is_the_definition(name: str, size: tuple[int, int]) -> None:
    """What one CPU thread computes is within one grey level of the definition on 99.9 % of the values."""
    entry = PERTURBATIONS[name]
    if entry.kernel is None:
        pytest.skip("has no kernel")
    image = photo(*size)
    batch = torch.from_numpy(image).permute(2, 0, 1)[None]
    between = [(a + b) / 2 for a, b in pairwise(changing(name)[:3])] if not entry.integer else []
    for strength in (*changing(name), *between) if size == (96, 128) else changing(name)[-2:]:
        by_kernel = entry.kernel(image.copy(), strength, entry.parameters(), stream_of([bytes(16)]))
        by_definition = defined(name, batch, strength, [bytes(16)]).images[0].permute(1, 2, 0).numpy()
        assert (by_kernel.dtype, by_kernel.shape) == (np.uint8, image.shape)
        share, greatest = agreement(by_kernel, by_definition)
        assert share >= AGREEING, (strength, share, greatest)


@pytest.mark.parametrize("name", [n for n in NAMES if n != "imagecorruptions"])
@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((33, 47, 3), np.float32), "uint8 with values 0..255, not float32"),
        (np.full((33, 47, 3), np.nan), "uint8 with values 0..255, not float64"),
        (np.zeros((33, 47, 3), np.uint16), "uint8 with values 0..255, not uint16"),
        (np.zeros((33, 47, 2), np.uint8), r"\[H, W, 3\]"),
        (np.zeros((33, 47, 4), np.uint8), r"\[H, W, 3\]"),
        (np.zeros((33, 0, 3), np.uint8), r"\[H, W, 3\]"),
        (torch.zeros((33, 47, 3), dtype=torch.uint8), r"\[3, H, W\]"),
        (torch.zeros((3, 33, 47)), "uint8 with values 0..255, not float32"),
        ([[1, 2, 3]], "NumPy arrays or torch tensors, not list"),
    ],
    ids=["float", "nan", "16-bit", "two channels", "rgba", "empty", "channels last", "float tensor", "list"],
)
def test_what_is_no_image_is_one_line(name: str, image, reason: str) -> None:
    """Another type, shape or number of channels: refused in one line with what is needed."""
    with pytest.raises(BenchError, match=reason) as caught:
        perturb(image, name, PERTURBATIONS[name].strengths[-1])
    assert "\n" not in str(caught.value)


def test_misspelt_names_and_parameters_are_one_line(name: str) -> None:
    """A name with a letter too many is recognised, an unknown parameter refused with those there are."""
    with pytest.raises(BenchError, match=f"no perturbation named '{name}z'; did you mean '{name}'") as caught:
        perturb(photo(8, 9), f"{name}z", 1)
    assert "\n" not in str(caught.value)
    entry = PERTURBATIONS[name]
    with pytest.raises(BenchError, match=rf"^{name}\b.*colour_of_it") as caught:
        perturb(photo(8, 9), name, entry.strengths[-1], parameters={"colour_of_it": 1})
    assert "\n" not in str(caught.value)
    assert all(field in str(caught.value) for field in entry.parameters.model_fields)


HUGE = """
import json, resource, sys
import torch
from bench.perturb import PERTURBATIONS, Step, run_steps, step_keys

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

def run(side):
    entry = PERTURBATIONS[sys.argv[1]]
    steps = [Step(sys.argv[1], entry, float(entry.strengths[len(entry.strengths) // 2]), entry.parameters())]
    ramp = (torch.arange(side) // 7 % 251).to(torch.uint8)
    images = torch.empty((1, 3, side, side), dtype=torch.uint8)
    for k, plane in enumerate(images[0], 1):  # in place: what is freed again would hide what the perturbation takes
        torch.add(ramp[:, None] * k, ramp, out=plane)
    masks = torch.zeros((1, side, side), dtype=torch.uint8)
    masks[:, side // 4 : side // 2, side // 3 : side // 2] = 1
    before = peak()
    result = run_steps(images, steps, lambda _: step_keys(steps, 0, "00"), masks)
    assert result.images.shape == images.shape and result.masks.shape == masks.shape
    return peak() - before

torch.set_num_threads(1)
run(256)
print(run(8192) / (4 * 3 * 8192 * 8192))
"""


@pytest.mark.huge
@pytest.mark.parametrize("name", [n for n in NAMES if n != "imagecorruptions"])
def test_the_largest_images_fit(name: str) -> None:
    """8192 x 8192 works, in no more than six times the image's size as float32."""
    done = subprocess.run([sys.executable, "-c", HUGE, name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) <= 6


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_gpu_gives_the_same_pixels(name: str) -> None:
    """Every level on a GPU, batched: within one grey level on 99.9 % of the values, masks alike, memory bounded."""
    images = torch.stack([tensor_photo(375, 500, seed) for seed in range(2)])
    masks = ground_truth(375, 500, 2)
    for strength in PERTURBATIONS[name].strengths:
        expected = applied(name, images, strength, masks=masks)
        on_gpu = images.cuda(), masks.cuda()
        torch.cuda.reset_peak_memory_stats()
        before = torch.cuda.memory_allocated()
        result = applied(name, on_gpu[0], strength, masks=on_gpu[1])
        assert result.image.device.type == "cuda"
        # The allocator rounds up and tables are kept: 16 MiB beside what grows with the batch.
        assert torch.cuda.max_memory_allocated() - before <= 6 * 4 * images.numel() + (16 << 20)
        difference = (expected.image.int() - result.image.cpu().int()).abs()
        assert (difference <= 1).double().mean() >= AGREEING
        for one, other in ((expected.mask, result.mask), (expected.valid, result.valid)):
            assert (one == other.cpu()).double().mean() >= AGREEING


def test_listing_imports_nothing_heavy() -> None:
    """Names, strengths and presets are known before torch, numpy, numba or an image library is imported."""
    code = (
        "import sys; from bench.perturb import PERTURBATIONS as P, PRESETS\n"
        "[P[n].check_strength(s) for n in P.names() for s in P[n].strengths]\n"
        "print({'torch', 'numpy', 'numba', 'cv2', 'PIL', 'scipy', 'skimage'} & set(sys.modules))"
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
    preset = PRESETS["edinburgh_2025"]
    assert {item.name: list(item.strengths or PERTURBATIONS[item.name].strengths) for item in preset} == sheet
    assert [item.name for item in preset] == list(sheet)
