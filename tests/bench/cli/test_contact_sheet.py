"""The sheet by which a user looks at a data set."""

import numpy as np
import pytest
from PIL import Image

from bench.cli.contact_sheet import contact_sheet, overlay
from bench.data import DATASETS, open_dataset
from registry.errors import BenchError
from registry.palette import class_colour, rgb


def shapes(trainval=4, test=2):
    parameters = DATASETS["shapes"].parameters(trainval=trainval, test=test)
    return open_dataset("shapes", parameters, None, download=False).subset("test")


def test_the_overlay_blends_half():
    """Foreground and border are the mean of image and colour; background is the image."""
    image = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    mask = np.zeros((12, 16), np.uint8)
    mask[3:9, 4:11] = 255
    mask[4:8, 5:10] = 2
    blended = overlay(image, mask, 3)
    expected = image.astype(float)
    for label, colour in ((2, rgb(class_colour(2))), (255, (255, 255, 255))):
        expected[mask == label] = (image[mask == label] + np.array(colour)) / 2
    assert np.abs(blended - expected).max() <= 0.5


@pytest.mark.parametrize("augmented", [False, True])
def test_a_sheet_is_written_with_or_without_augmentation(tmp_path, augmented):
    """Augmented forms double the rows of images; each is called with its index."""
    calls = []

    def flip(image, mask, index):
        calls.append(index)
        return image[:, ::-1], mask[:, ::-1]

    contact_sheet(shapes(8, 6), tmp_path / "new" / "sheet.png", count=4, augment=flip if augmented else None)
    with Image.open(tmp_path / "new" / "sheet.png") as sheet:
        assert (sheet.format, sheet.height > 500) == ("PNG", augmented)
    assert len(calls) == (4 if augmented else 0)


def test_a_sheet_of_one_tiny_image_is_drawn(tmp_path):
    """1x1 pixels, and fewer images than asked for."""
    for kind, pixels in (("images", np.zeros((1, 1, 3), np.uint8)), ("masks", np.ones((1, 1), np.uint8))):
        (tmp_path / "data" / kind).mkdir(parents=True)
        Image.fromarray(pixels).save(tmp_path / "data" / kind / "a.png")
    keys = DATASETS["folder"].parameters(images="images", masks="masks", classes=["background", "thing"])
    subset = open_dataset("folder", keys, tmp_path / "data", download=False).subset("test")
    contact_sheet(subset, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 0


def test_a_sheet_that_cannot_be_written_is_one_line(tmp_path):
    """One line, not a traceback."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="cannot write"):
        contact_sheet(shapes(), tmp_path / "file" / "sheet.png")


def test_an_overlay_without_a_background_colours_class_0():
    """It is a class like the others."""
    image, mask = np.full((2, 2, 3), 200, np.uint8), np.array([[0, 1], [0, 255]], np.uint8)
    blended = overlay(image, mask, 2, background=False)
    expected = (200 + np.array(rgb(class_colour(0)))) / 2
    assert np.abs(blended[:, 0] - expected).max() <= 0.5
    assert np.array_equal(blended[:, 1], overlay(image, mask, 2)[:, 1])
