"""The numbers and the sheet by which a user looks at a data set."""

import json

import numpy as np
import pytest
from data_pictures import labels, picture
from PIL import Image

from bench.data.contact_sheet import contact_sheet, overlay
from bench.data.pixel_statistics import statistics
from registry.errors import BenchError
from registry.palette import class_colour, rgb


def test_statistics_are_counted_from_the_pictures(opened, official):
    """Two cats and two dogs of 16 x 12 with a 4 x 5 pet in a border of 22 pixels (by hand)."""
    found = statistics(opened("oxford_pet", official(test=4)).subset("test"))
    assert found["pictures"] == 4 and found["left_out"] == []
    assert found["width"] == {"min": 16, "median": 16, "max": 16} and found["height"]["max"] == 12
    assert found["pictures_per_class"] == {"background": 0, "cat": 2, "dog": 2}
    assert found["pixel_shares"] == pytest.approx(
        {"background": 150 / 192, "cat": 10 / 192, "dog": 10 / 192, "border": 22 / 192}
    )


def test_statistics_name_what_was_left_out(opened, official):
    """With the reason."""
    root = official()
    (root / "oxford-iiit-pet/images/pug_0.jpg").write_bytes(b"")
    found = statistics(opened("oxford_pet", root, max_unreadable=0.5).subset("test"))
    assert found["left_out"] == [{"id": "pug_0", "reason": "pug_0.jpg: the file is empty"}]


def test_statistics_name_equal_pictures(opened, folder):
    """Two files with the same pixels."""
    root = folder({name: (picture(seed), labels(1)) for name, seed in (("a", 0), ("b", 1), ("c", 0))})
    keys = {"images": "images", "masks": "masks", "classes": ["background", "cat"]}
    assert statistics(opened("folder", root, **keys).subset("test"))["duplicates"] == [["a", "c"]]


def test_statistics_are_json(opened):
    """`--json` prints them as they are."""
    found = statistics(opened("shapes", None, trainval=4, test=2).subset("test"))
    assert json.loads(json.dumps(found)) == found


def test_the_overlay_blends_half(opened):
    """Foreground and border are the mean of picture and colour; background is the picture."""
    image = picture(0)
    blended = overlay(image, labels(2), 3)
    expected = image.astype(float)
    for label, colour in ((2, rgb(class_colour(2))), (255, (255, 255, 255))):
        here = labels(2) == label
        expected[here] = (image[here] + np.array(colour)) / 2
    assert np.abs(blended - expected).max() <= 0.5


@pytest.mark.parametrize("augmented", [False, True])
def test_a_sheet_is_written_with_or_without_augmentation(opened, tmp_path, augmented):
    """Augmented forms double the rows of pictures; each is called with its index."""
    subset, calls = opened("shapes", None, trainval=8, test=6).subset("test"), []

    def flip(image, mask, index):
        calls.append(index)
        return image[:, ::-1], mask[:, ::-1]

    contact_sheet(subset, tmp_path / "new" / "sheet.png", count=4, augment=flip if augmented else None)
    with Image.open(tmp_path / "new" / "sheet.png") as sheet:
        assert (sheet.format, sheet.height > 500) == ("PNG", augmented)
    assert len(calls) == (4 if augmented else 0)


def test_a_sheet_of_one_tiny_picture_is_drawn(opened, folder, tmp_path):
    """1x1 pictures and fewer pictures than asked for."""
    root = folder({"a": (picture(0, 1, 1), np.ones((1, 1), np.uint8))})
    keys = {"images": "images", "masks": "masks", "classes": ["background", "thing"]}
    contact_sheet(opened("folder", root, **keys).subset("test"), tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 0


def test_a_sheet_that_cannot_be_written_says_so(opened, tmp_path):
    """One line, not a traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="cannot write"):
        contact_sheet(opened("shapes", None, trainval=4, test=2).subset("test"), tmp_path / "file" / "sheet.png")
