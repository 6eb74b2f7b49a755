"""The suite's key `metrics`: names, parameters, and what is refused."""

import pytest

from bench.suite import suite_from
from registry.errors import BenchError

SUITE = {"name": "t", "datasets": [{"name": "shapes"}], "models": [{"name": "background"}]}


def metrics(*items):
    return suite_from({**SUITE, "metrics": list(items)}, "suite").further


def test_names_and_parameters():
    """A name alone has its defaults; a number of pixels or a share."""
    found = metrics(
        "boundary_iou", {"name": "surface_dice", "tolerance": 2}, {"name": "boundary_f", "tolerance": "0.5%"}
    )
    assert [(one.name, one.parameters.model_dump()) for one in found] == [
        ("boundary_iou", {"width": "2%"}),
        ("surface_dice", {"tolerance": 2.0}),
        ("boundary_f", {"tolerance": "0.5%"}),
    ]
    assert suite_from(SUITE, "suite").further == ()


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("boundary_io", "no further metric named 'boundary_io'; did you mean 'boundary_iou'?"),
        ({"name": "hd59"}, "no further metric named 'hd59'; did you mean 'hd95'?"),
        ("dice", "'dice' stands in every run; remove it here"),
        (3, "give the name of a further metric"),
        ({"tolerance": 2}, "give the name of a further metric"),
        ("hd95", "'hd95' stands twice; keep one"),
        ({"name": "surface_dice", "tolerence": 2}, "unknown key 'tolerence'; did you mean 'tolerance'?"),
        ({"name": "surface_dice", "tolerance": 0}, "give a number of pixels above 0"),
        ({"name": "surface_dice", "tolerance": "2px"}, "or a share such as 1% (given: '2px')"),
        ({"name": "surface_dice", "tolerance": "nan%"}, "or a share such as 1% (given: 'nan%')"),
        ({"name": "surface_dice", "tolerance": True}, "give a number of pixels above 0"),
        ({"name": "boundary_iou", "width": 1.5}, "give a whole number of pixels, at least 1"),
        ({"name": "boundary_iou", "width": "200%"}, "or a share such as 1%"),
    ],
)
def test_faults_are_one_line_each(item, words):
    """What was given, what is allowed."""
    with pytest.raises(BenchError) as caught:
        metrics("hd95", item)
    text = str(caught.value)
    assert words in text
    assert text.startswith("suite: metrics[1]")
    assert "\n" not in text


def test_it_is_a_list():
    """A single name is none."""
    with pytest.raises(BenchError, match="metrics"):
        suite_from({**SUITE, "metrics": "hd95"}, "suite")
