"""The numbers by which a user looks at a data set."""

import json

import pytest
from data_images import labels, random_image

from bench.data.pixel_statistics import statistics


def test_statistics_are_counted_from_the_images(opened, official):
    """Two cats and two dogs of 16 x 12 with a 4 x 5 object in a border of 22 pixels (by hand)."""
    found = statistics(opened("oxford_pet", official(test=4)).subset("test"))
    assert found["images"] == 4 and found["left_out"] == []
    assert found["width"] == {"min": 16, "median": 16, "max": 16} and found["height"]["max"] == 12
    assert found["images_per_class"] == {"background": 0, "cat": 2, "dog": 2}
    assert found["pixel_shares"] == pytest.approx(
        {"background": 150 / 192, "cat": 10 / 192, "dog": 10 / 192, "border": 22 / 192}
    )


def test_statistics_name_what_was_left_out(opened, official):
    """With the reason."""
    root = official()
    (root / "oxford-iiit-pet/images/pug_0.jpg").write_bytes(b"")
    found = statistics(opened("oxford_pet", root, max_unreadable=0.5).subset("test"))
    assert found["left_out"] == [{"id": "pug_0", "reason": "pug_0.jpg: the file is empty"}]


def test_statistics_name_equal_images(opened, folder):
    """Two files with the same pixels."""
    root = folder({name: (random_image(seed), labels(1)) for name, seed in (("a", 0), ("b", 1), ("c", 0))})
    keys = {"images": "images", "masks": "masks", "classes": ["background", "cat"]}
    assert statistics(opened("folder", root, **keys).subset("test"))["duplicates"] == [["a", "c"]]


def test_statistics_are_json(opened):
    """`--json` prints them as they are."""
    found = statistics(opened("shapes", None, trainval=4, test=2).subset("test"))
    assert json.loads(json.dumps(found)) == found
