"""Occluders: how large, where, what they show, and what they report as covered."""

from itertools import pairwise
from math import floor, log, sqrt

import numpy as np
import pytest
import torch
from parity import photo

from bench.perturb import PERTURBATIONS, perturb, run_steps, step_keys, stream_of
from bench.perturb.entries.object_cutout import ObjectCutout
from bench.perturb.entries.occlusion import Occlusion
from bench.perturb.entries.random_erasing import RandomErasing
from bench.perturb.operations.fill import mean_colour
from bench.perturb.steps import Step
from registry.errors import BenchError

OCCLUDERS = ("occlusion", "random_erasing", "object_cutout")
PHOTO = np.maximum(photo(60, 80), 1)  # nothing of it is black
OBJECT = np.zeros((60, 80), np.uint8)
OBJECT[11:42, 23:64] = 1
SIZES = (0, 1, 2, 5, 10, 25, 50, 75, 99, 100)


def box(covered: np.ndarray) -> tuple[int, int, int, int]:
    """Top, bottom, left, right (the ends exclusive) of what is covered, which has to be a rectangle."""
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    if len(rows) == 0:
        return 0, 0, 0, 0
    found = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    assert covered[found[0] : found[1], found[2] : found[3]].all()
    return found


def hidden(name: str, strength: float, image=PHOTO, masks=None, seed: int = 0, **parameters):
    """The image and what is not valid in it; the mask has to stay as it was."""
    masks = np.resize(OBJECT, image.shape[:2]) if masks is None else masks
    result = perturb(image, name, strength, masks=masks, seed=seed, parameters=parameters)
    assert np.array_equal(result.mask, masks)
    return result.image, ~result.valid


@pytest.mark.parametrize("name", OCCLUDERS)
@pytest.mark.parametrize("fill", ["black", "mean", "noise"])
def test_only_what_is_covered_changes(name: str, fill: str) -> None:
    """Outside the rectangle the image stays; inside it shows the fill."""
    image, covered = hidden(name, 20, fill=fill)
    assert 100 < covered.sum() < 1300
    assert np.array_equal(image[~covered], PHOTO[~covered])
    shown = image[covered]
    if fill == "noise":
        assert np.corrcoef(shown.T) == pytest.approx(np.eye(3), abs=5 / sqrt(len(shown)))
        assert shown.mean() == pytest.approx(127.5, abs=5 * 74 / sqrt(shown.size))
        assert shown.std() == pytest.approx(sqrt((256**2 - 1) / 12), rel=0.1)
    else:
        colour = [0, 0, 0] if fill == "black" else np.floor(PHOTO.mean((0, 1)) + 0.5)
        assert (shown == colour).all()


@pytest.mark.parametrize("name", OCCLUDERS)
def test_the_place_does_not_depend_on_the_fill(name: str) -> None:
    """Where something is hidden is drawn from another lane than the noise that hides it."""
    covered = [hidden(name, 20, fill=fill)[1] for fill in ("black", "mean", "noise")]
    assert np.array_equal(covered[0], covered[1]) and np.array_equal(covered[0], covered[2])


@pytest.mark.parametrize("name", OCCLUDERS)
def test_noise_is_the_same_at_every_strength(name: str) -> None:
    """A greater strength uncovers more of one field of random values."""
    (less, inner), (more, outer) = (hidden(name, strength, fill="noise") for strength in (10, 30))
    assert not (inner & ~outer).any()
    assert np.array_equal(less[inner], more[inner])


@pytest.mark.parametrize("name", OCCLUDERS)
def test_greater_strengths_contain_smaller_ones(name: str) -> None:
    """For many seeds and odd sizes, the rectangles of rising strengths are nested."""
    for seed in range(12):
        image = photo(17 + 5 * seed, 71 - 4 * seed, seed)
        boxes = [hidden(name, s, image, seed=seed)[1] for s in (*range(20), 25, 40, 45)]
        assert all(not (small & ~large).any() for small, large in pairwise(boxes))


def test_noise_has_all_levels_equally_often() -> None:
    """Chi-squared of the 256 levels over 120,000 values of an image that is hidden whole."""
    image, covered = hidden("random_erasing", 100, np.zeros((200, 200, 3), np.uint8), np.zeros((200, 200), np.uint8))
    assert covered.all()
    counts = np.bincount(image.ravel(), minlength=256)
    chi_squared = ((counts - 468.75) ** 2 / 468.75).sum()
    assert abs(chi_squared - 255) < 5 * sqrt(2 * 255)


def test_noise_comes_from_a_lane_of_its_own() -> None:
    """The values are the lowest eight bits of the stream's second lane."""
    entry, stream = PERTURBATIONS["random_erasing"], stream_of([bytes(16)])
    batch = torch.zeros((1, 3, 12, 17), dtype=torch.uint8)
    result = entry.apply(batch, 100, RandomErasing(), stream)
    assert torch.equal(result.images.long(), stream.words((3, 12, 17), 1).long() % 256)


def test_the_mean_is_rounded_to_the_nearest_level() -> None:
    """Of 0 and 1 it is 1 (halves up), of 254, 255 and 255 it is 255, of nine million white pixels white."""
    pairs = torch.tensor([[0, 1], [1, 2], [254, 255]], dtype=torch.uint8).view(1, 3, 1, 2)
    assert mean_colour(pairs).flatten().tolist() == [1, 2, 255]
    three = torch.tensor([[0, 0, 1], [0, 1, 1], [254, 255, 255]], dtype=torch.uint8).view(1, 3, 1, 3)
    assert mean_colour(three).flatten().tolist() == [0, 1, 255]
    white = torch.tensor(255, dtype=torch.uint8).expand(1, 3, 3000, 3000)
    assert mean_colour(white).flatten().tolist() == [255] * 3


@pytest.mark.parametrize("name", ["occlusion", "random_erasing"])
def test_the_mask_is_of_no_account_where_the_place_is_drawn(name: str) -> None:
    """With and without a mask the image is the same."""
    assert np.array_equal(hidden(name, 20)[0], perturb(PHOTO, name, 20))


def test_hidden_pixels_are_known_and_their_labels_kept() -> None:
    """The mask has the label behind; whether it counts is decided where scores are made."""
    batch, masks = torch.from_numpy(PHOTO).permute(2, 0, 1)[None], torch.from_numpy(OBJECT)[None]
    steps = [Step("occlusion", PERTURBATIONS["occlusion"], 30.0, Occlusion())]
    keys = [step_keys(steps, 0, "00")].__getitem__
    result = run_steps(batch, steps, keys, masks)
    assert torch.equal(result.masks, masks)
    assert result.reached is None
    assert torch.equal(result.hidden, (result.images != batch).any(1) | result.hidden & (batch == 0).all(1))
    assert int(result.hidden.sum()) == 900


@pytest.mark.parametrize("aspect", ["random", "square"])
@pytest.mark.parametrize("size", [(60, 80), (200, 31), (7, 300)])
def test_erasing_covers_the_stated_area(aspect: str, size: tuple[int, int]) -> None:
    """Within the rounding of its two edges the rectangle has the stated share of the area, also where it is cut."""
    image = np.ones((*size, 3), np.uint8)
    for seed in range(10):
        for percent in SIZES:
            top, bottom, left, right = box(hidden("random_erasing", percent, image, seed=seed, aspect=aspect)[1])
            height, width = bottom - top, right - left
            area = size[0] * size[1] * percent / 100
            assert max(height - 0.5, 0) * max(width - 0.5, 0) <= area + 1e-6
            if height:  # an edge below half a pixel leaves nothing
                assert area <= (height + 0.5) * (width + 0.5)
            if percent == 100:
                assert (height, width) == size


def test_erasing_draws_the_aspect_log_uniformly() -> None:
    """Over 1500 images log(height / width) has the mean, spread and ends of a uniform number."""
    batch, keys = torch.zeros((1500, 3, 100, 100), dtype=torch.uint8), [i.to_bytes(16, "little") for i in range(1500)]
    effect = PERTURBATIONS["random_erasing"].apply(batch, 9, RandomErasing(fill="black"), stream_of(keys))
    boxes = np.array([box(covered) for covered in effect.covered.numpy()])
    ratio = np.log((boxes[:, 1] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 2]))
    end = -log(0.3)
    assert ratio.mean() == pytest.approx(0, abs=5 * end / sqrt(3 * 1500))
    assert ratio.std() == pytest.approx(end / sqrt(3), rel=0.05)
    assert (ratio.min(), ratio.max()) == pytest.approx((-end, end), abs=0.06)
    # Every place where it fits is as likely as the others: the share of the free space above is uniform.
    for first, last in ((0, 1), (2, 3)):
        above = boxes[:, first] / (100 - (boxes[:, last] - boxes[:, first]))
        assert (above.min(), above.max()) == pytest.approx((0, 1), abs=0.02)
        assert above.mean() == pytest.approx(0.5, abs=5 / sqrt(12 * 1500))


def test_erasing_reaches_every_place_equally_often() -> None:
    """One pixel of an image of 2 x 3, 3000 times: each of the six within five standard deviations."""
    batch, keys = torch.zeros((3000, 3, 2, 3), dtype=torch.uint8), [i.to_bytes(16, "little") for i in range(3000)]
    parameters = RandomErasing(aspect="square", fill="black")
    covered = PERTURBATIONS["random_erasing"].apply(batch, 100 / 6, parameters, stream_of(keys)).covered
    assert (covered.sum((1, 2)) == 1).all()
    assert covered.sum(0).double().sub(500).abs().max() < 5 * sqrt(3000 * 5 / 36)


def test_erasing_a_square_is_square() -> None:
    """With aspect "square" both edges are the root of the area, where it fits."""
    for percent, edge in ((1, 20), (4, 40), (25, 100)):
        top, bottom, left, right = box(hidden("random_erasing", percent, photo(160, 250), aspect="square")[1])
        assert (bottom - top, right - left) == (edge, edge)


@pytest.mark.parametrize("percent", SIZES)
def test_cutout_is_in_the_middle_of_the_objects_box(percent: int) -> None:
    """Its edges are the box's times the root of the share, and its centre the box's within half a pixel."""
    top, bottom, left, right = box(hidden("object_cutout", percent)[1])
    scale = sqrt(percent / 100)
    assert (bottom - top, right - left) == (floor(31 * scale + 0.5), floor(41 * scale + 0.5))
    if percent:
        assert (top + bottom) / 2 == pytest.approx((11 + 42) / 2, abs=0.5)
        assert (left + right) / 2 == pytest.approx((23 + 64) / 2, abs=0.5)


def test_cutout_takes_every_label_but_background_and_void() -> None:
    """The box goes around all labels from 1 to 254 together; 0 and 255 do not widen it."""
    masks = np.zeros((60, 80), np.uint8)
    masks[5:9] = 255
    masks[20, 30], masks[44, 17] = 254, 1
    assert box(hidden("object_cutout", 100, masks=masks)[1]) == (20, 45, 17, 31)


def test_cutout_leaves_an_image_without_an_object_alone() -> None:
    """Background and void only: nothing is hidden, whatever stands beside it in the batch."""
    empty = np.zeros((60, 80), np.uint8)
    empty[:3] = 255
    images, masks = np.stack([PHOTO] * 3), np.stack([empty, OBJECT, np.zeros_like(empty)])
    result = perturb(images, "object_cutout", 50, masks=masks)
    assert result.valid.all((1, 2)).tolist() == [True, False, True]
    assert np.array_equal(result.image[[0, 2]], images[[0, 2]])


def test_cutout_needs_the_mask() -> None:
    """Without one it is refused in one line."""
    with pytest.raises(BenchError, match="object_cutout places itself by the mask; give masks= as well"):
        perturb(PHOTO, "object_cutout", 20)


def test_parameters_are_checked() -> None:
    """Unknown fills, shapes and keys are refused."""
    for kind, bad in ((Occlusion, {"fill": "white"}), (RandomErasing, {"aspect": "wide"}), (ObjectCutout, {"edge": 3})):
        with pytest.raises(ValueError, match="Input should be|Extra inputs"):
            kind(**bad)
