"""Prompts against masks drawn by hand."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bench.data import Sample
from bench.suite.prompt_policies import POLICIES, draw
from registry.prompts import check_prompts
from registry.segmenter import Size

CLICK = (1,)


# The hash is part of the pinned pixel's key.
def sample(mask, foreground=1, image_hash="a picture"):
    mask = np.asarray(mask, np.uint8)
    return Sample("one", np.zeros((*mask.shape, 3), np.uint8), mask, image_hash, foreground)


def rectangle(top, left, bottom, right, *, height=20, width=30, label=1):
    mask = np.zeros((height, width), np.uint8)
    mask[top:bottom, left:right] = label
    return mask


def test_the_centroid_of_a_rectangle_is_its_middle():
    """Rows 4..9 and columns 10..16 cover [10, 17) x [4, 10)."""
    prompt = draw("gt_centroid", sample(rectangle(4, 10, 10, 17)), 0)
    assert (prompt.points, prompt.labels) == (((13.5, 7.0),), CLICK)


def test_the_centroid_of_an_l_is_the_mean_of_its_pixels_and_may_lie_outside():
    """Three pixels in a column and two more to the right of the lowest: worked out by hand."""
    mask = np.zeros((5, 5), np.uint8)
    mask[0:3, 0] = 1
    mask[2, 1:3] = 1
    ((x, y),) = draw("gt_centroid", sample(mask), 0).points
    assert (x, y) == pytest.approx((0.5 + 3 / 5, 0.5 + (0 + 1 + 2 + 2 + 2) / 5))
    assert mask[int(y), int(x)] == 0


def test_the_box_is_tight_to_the_pixels_edges():
    prompt = draw("gt_box", sample(rectangle(4, 10, 10, 17)), 0)
    assert prompt.box == (10, 4, 17, 10)
    assert prompt.points == ()


def test_the_border_and_the_other_class_are_not_the_object():
    """A frame of 255 around the animal and a few pixels of another class move neither box nor centroid."""
    mask = rectangle(2, 5, 14, 20, label=255)
    mask[4:10, 10:17] = 2
    mask[19, 29] = 1
    one = sample(mask, foreground=2)
    assert draw("gt_box", one, 0).box == (10, 4, 17, 10)
    assert draw("gt_centroid", one, 0).points == ((13.5, 7.0),)
    ((x, y),) = draw("gt_random_pixel", one, 0).points
    assert mask[int(y), int(x)] == 2


@pytest.mark.parametrize(("width", "x"), [(1, 0.5), (2, 1.5), (5, 2.5), (6, 3.5)])
def test_the_middle_is_the_centre_of_pixel_half_the_width_and_height(width, x):
    """Seed 001 clicks at (w // 2, h // 2); that pixel's centre, whatever the ground truth."""
    prompt = draw("image_center", sample(np.zeros((7, width)), foreground=0), 0)
    assert prompt.points == ((x, 3.5),)


def test_the_full_box_is_the_image():
    assert draw("full_box", sample(np.zeros((7, 9)), foreground=0), 0).box == (0, 0, 9, 7)


def test_nothing_and_an_empty_prompt_are_two_things():
    one = sample(rectangle(4, 10, 10, 17))
    empty = draw("zero_heatmap", one, 0)
    assert draw("none", one, 0) is None
    assert (empty.points, empty.box, empty.mask, empty.heatmap, empty.text) == ((), None, None, None, None)


def test_without_an_animal_there_is_no_prompt_from_the_ground_truth():
    """An image of background and border; policies without the ground truth do not read the mask."""
    one = sample(rectangle(4, 10, 10, 17, label=255), foreground=0)
    prompted = {name for name in POLICIES if draw(name, one, 0) is not None}
    assert prompted == {"zero_heatmap", "image_center", "full_box"}


def test_a_random_pixel_depends_on_the_seed_and_the_image_alone():
    """Not on how often or in which order it is drawn; the pinned pixel guards the way it is drawn."""
    one = sample(rectangle(0, 0, 20, 30))
    other = replace(one, image_hash="another image")
    first = draw("gt_random_pixel", one, 0).points
    assert draw("gt_random_pixel", other, 0).points != first
    assert draw("gt_random_pixel", one, 1).points != first
    assert draw("gt_random_pixel", replace(one, id="two", image=one.image + 9), 0).points == first
    assert first == ((20.5, 1.5),)


def test_every_pixel_is_as_likely_as_the_others():
    """1,200 draws over 12 pixels in two parts: chi-squared with 11 degrees of freedom below its 99.9 % point."""
    mask = rectangle(1, 1, 3, 4)
    mask[10:12, 20:23] = 1
    drawn = Counter(draw("gt_random_pixel", sample(mask, image_hash=str(i)), 7).points[0] for i in range(1200))
    assert set(drawn) == {(c + 0.5, r + 0.5) for r, c in zip(*np.nonzero(mask), strict=True)}
    assert sum((n - 100) ** 2 / 100 for n in drawn.values()) < 31.26


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("corner", [(0, 0), (0, 29), (19, 0), (19, 29)])
def test_every_prompt_lies_inside_its_image(policy, corner):
    """Even for an animal of one pixel in a corner."""
    mask = np.zeros((20, 30), np.uint8)
    mask[corner] = 1
    check_prompts([draw(policy, sample(mask), 3)], [Size(20, 30)])


def test_each_policy_names_how_much_ground_truth_it_gives_away():
    """The groups that a table is split by, word for word."""
    groups = {name: policy.supervision for name, policy in POLICIES.items()}
    assert groups == {
        **dict.fromkeys(("none", "zero_heatmap", "image_center", "full_box"), "no ground truth"),
        **dict.fromkeys(("gt_centroid", "gt_random_pixel"), "point from ground truth"),
        "gt_box": "box from ground truth",
    }
    assert all(policy.summary for policy in POLICIES.values())


def test_naming_the_policies_does_not_import_torch():
    """A suite is checked against them before anything heavy is loaded."""
    code = "import sys, bench.suite.prompt_policies; print({'torch', 'numpy', 'numba'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
