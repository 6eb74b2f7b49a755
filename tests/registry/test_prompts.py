"""Prompts: what they may hold, where, and on an image that was resized."""

import pytest
import torch

from registry.errors import BenchError
from registry.prompts import Prompt, check_prompts
from registry.segmenter import Size


@pytest.mark.parametrize("side", [160, 224, 336, 512])
def test_a_box_around_the_whole_image_stays_inside_at_any_size(side):
    """A side of w * (n / w) can be n and a little; multiplied first it is n."""
    for width in range(100, 800):
        box = Prompt(box=(0.0, 0.0, float(width), 77.0)).resized(Size(77, width), Size(side, side))
        assert check_prompts([box], [Size(side, side)])[0].box[2:] == (side, side)


def test_points_and_boxes_go_where_the_image_goes():
    """x with the width, y with the height."""
    prompt = Prompt(points=((10.0, 20.0),), labels=(1,), box=(1.0, 2.0, 3.0, 4.0))
    moved = prompt.resized(Size(100, 50), Size(200, 25))
    assert moved.points == ((5.0, 40.0),)
    assert moved.box == (0.5, 4.0, 1.5, 8.0)
    assert moved.labels == (1,)


def test_no_prompts_are_none_for_each_image():
    """And a prompt may be missing for one of them."""
    assert check_prompts(None, [Size(1, 1)] * 2) == [None, None]
    assert check_prompts([None, Prompt()], [Size(1, 1)] * 2) == [None, Prompt()]


FAULTS = {
    "too few": ([Prompt()], "1 prompts for 2 images"),
    "a point without a label": ([Prompt(points=((1.0, 1.0),)), None], "1 points with 0 labels"),
    "a label of its own": ([Prompt(points=((1.0, 1.0),), labels=(7,)), None], "not 7"),
    "a point outside": (
        [Prompt(points=((11.0, 1.0),), labels=(1,)), None],
        r"\(11, 1\) lies outside the image of 10 x 8",
    ),
    "a box upside down": ([Prompt(box=(1.0, 5.0, 2.0, 3.0)), None], "left, top, right, bottom"),
    "a box outside": ([Prompt(box=(1.0, 5.0, 2.0, 9.0)), None], "inside the image of 10 x 8 pixels"),
    "a mask of another size": ([Prompt(mask=torch.ones(3, 3)), None], r"the mask is \(3, 3\), the image \(8, 10\)"),
    "a heat map of another size": ([Prompt(heatmap=torch.ones(3, 3)), None], "the heat map is"),
}


@pytest.mark.parametrize(("prompts", "words"), FAULTS.values(), ids=FAULTS)
def test_a_prompt_that_cannot_be_is_one_line(prompts, words):
    """With what was given and what is allowed."""
    with pytest.raises(BenchError, match=words) as caught:
        check_prompts(prompts, [Size(8, 10), Size(8, 10)])
    assert "\n" not in str(caught.value)
