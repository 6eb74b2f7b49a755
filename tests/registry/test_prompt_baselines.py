"""What a prompt alone is worth: closed forms, pixel by pixel."""

import pytest
import torch

from registry import MODELS, Prompt
from registry.errors import BenchError
from registry.segmenter import Size

IMAGE = torch.zeros(3, 20, 30, dtype=torch.uint8)
CLASSES = ("background", "cat", "dog")


def build(name, **parameters):
    entry = MODELS[name]
    return entry.build(entry.parameters(**parameters), CLASSES, True)


def labels(segmenter, prompt, **options):
    return segmenter.predict([IMAGE], [prompt], **options)[0].labels


def disc(x, y, radius, height=20, width=30):
    """Pixel centres within the radius, one by one."""
    inside = [[(c + 0.5 - x) ** 2 + (r + 0.5 - y) ** 2 <= radius**2 for c in range(width)] for r in range(height)]
    return torch.tensor(inside, dtype=torch.uint8)


def test_a_box_of_whole_pixels_is_filled_exactly():
    """(left, top, right, bottom) = (10, 4, 17, 10): rows 4..9, columns 10..16."""
    expected = torch.zeros(20, 30, dtype=torch.uint8)
    expected[4:10, 10:17] = 1
    assert torch.equal(labels(build("prompt_box"), Prompt(box=(10, 4, 17, 10))), expected)


def test_a_box_around_the_image_is_all_object():
    assert labels(build("prompt_box"), Prompt(box=(0, 0, 30, 20))).min() == 1


def test_a_pixel_belongs_to_the_box_by_its_centre():
    """From 10.5 to 12.5: the centres 10.5 and 11.5 lie in [10.5, 12.5)."""
    found = labels(build("prompt_box"), Prompt(box=(10.5, 0, 12.5, 20)))
    assert found.any(0).nonzero().flatten().tolist() == [10, 11]


def test_a_disc_is_the_pixels_whose_centres_are_near():
    """A quarter of the short side (20 pixels) is 5 pixels."""
    segmenter = build("prompt_disc", radius=0.25)
    assert torch.equal(labels(segmenter, Prompt(points=((13.5, 7.0),), labels=(1,))), disc(13.5, 7.0, 5))


def test_several_clicks_are_several_discs():
    """A click that is not on the object has none."""
    segmenter = build("prompt_disc", radius=0.1)
    prompt = Prompt(points=((5, 5), (25, 12), (15, 10)), labels=(1, 1, 0))
    assert torch.equal(labels(segmenter, prompt), disc(5, 5, 2) | disc(25, 12, 2))


def test_the_default_disc_is_four_tenths_of_the_short_side():
    assert torch.equal(labels(build("prompt_disc"), Prompt(points=((15, 10),), labels=(1,))), disc(15, 10, 8))


def test_shapes_come_at_the_wanted_size():
    """Twice as high, half as wide: the box with it, a disc as an ellipse."""
    wanted = [Size(40, 15)]
    box = labels(build("prompt_box"), Prompt(box=(10, 4, 18, 10)), sizes=wanted)
    expected = torch.zeros(40, 15, dtype=torch.uint8)
    expected[8:20, 5:9] = 1
    assert torch.equal(box, expected)
    round_one = labels(build("prompt_disc", radius=0.25), Prompt(points=((15, 10),), labels=(1,)), sizes=wanted)
    assert round_one.any(0).sum() == 5
    assert round_one.any(1).sum() == 20


@pytest.mark.parametrize("name", ["prompt_box", "prompt_disc"])
def test_without_a_prompt_all_is_background(name):
    """And the image is not looked at: noise makes no difference."""
    assert build(name).predict([IMAGE])[0].labels.max() == 0
    assert labels(build(name), None, sizes=[Size(7, 9)]).shape == (7, 9)


@pytest.mark.parametrize(
    ("name", "prompt", "words"),
    [
        (
            "prompt_box",
            Prompt(points=((3, 3),), labels=(1,)),
            "prompt_box needs a box in each prompt; give prompt: gt_box",
        ),
        ("prompt_disc", Prompt(box=(0, 0, 9, 9)), "prompt_disc needs a point on the object"),
        ("prompt_disc", Prompt(points=((3, 3),), labels=(0,)), "prompt_disc needs a point on the object"),
        ("prompt_box", Prompt(box=(0, 0, 31, 9)), "inside the image of 30 x 20 pixels"),
    ],
)
def test_a_prompt_of_another_kind_is_refused_in_one_line(name, prompt, words):
    with pytest.raises(BenchError, match=words) as caught:
        labels(build(name), prompt)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["prompt_box", "prompt_disc"])
def test_the_policies_it_names_give_prompts_it_takes(name):
    """Every declared policy gives it what it needs, and no other one does."""
    from bench.data import Sample
    from bench.suite.prompt_policies import POLICIES, draw

    mask = torch.zeros(20, 30, dtype=torch.uint8)
    mask[4:10, 10:17] = 1
    sample = Sample("one", IMAGE.permute(1, 2, 0).numpy(), mask.numpy(), "hash", 1)
    marked = set()
    for policy in POLICIES:
        try:
            found = labels(build(name), draw(policy, sample, 0))
        except BenchError:
            continue
        marked |= {policy} if found.any() else set()
    assert marked == set(MODELS[name].prompts)


@pytest.mark.parametrize("name", ["prompt_box", "prompt_disc"])
def test_it_is_binary_and_has_nothing_to_train(name):
    entry = MODELS[name]
    assert entry.task(entry.parameters()) == "binary"
    assert entry.recipe is None
    assert entry.geometry is None
    assert build(name).parameters_total == 0
