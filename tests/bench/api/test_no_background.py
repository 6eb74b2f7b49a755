"""Data whose class 0 is a class like the others, from Python and from a folder: every score counts it."""

import json

import numpy as np
import pytest
from PIL import Image

import bench
from registry.errors import BenchError

SKY, ROAD, CAR = range(3)
TRUTH = np.array([[SKY] * 8] * 4 + [[ROAD] * 8] * 3 + [[CAR] * 8], np.uint8)
PHOTO = np.stack([TRUTH * 60] * 3, -1)
CLASSES = ["sky", "road", "car"]
# Of 32 pixels of sky half are called road; the rest is right: Dice by hand.
DICE = {"sky": 2 * 16 / (32 + 16), "road": 2 * 24 / (24 + 40), "car": 1.0}


def predict(image):
    """Call the upper half of the sky road."""
    labels = (image[..., 0] // 60).astype(np.int64)
    labels[:2] = ROAD
    return labels


@pytest.fixture
def scores():
    """Evaluate on one image and return the Dice of each class and the mean."""

    def go(data=((PHOTO, TRUTH),), **options):
        result = bench.evaluate(
            predict, data, classes=CLASSES, metric_sets=["edinburgh_001"], progress=False, **options
        )
        frame = result.frame()
        dice = frame[(frame.metric == "dice") & (frame.perturbation == "clean")]
        return result, dict(zip(dice["class"], dice.value, strict=True))

    return go


def test_a_mean_over_the_foreground_is_one_over_all_classes(scores):
    """With a background the sky is left out of it, without it is not."""
    _, with_ = scores()
    assert with_ == pytest.approx(DICE | {"mean": (DICE["road"] + DICE["car"]) / 2})
    result, without = scores(background=False)
    assert without == pytest.approx(DICE | {"mean": sum(DICE.values()) / 3})
    assert result.worst(k=1).dice.tolist() == pytest.approx([sum(DICE.values()) / 3])
    record = json.loads((result.folder / "run.json").read_text())
    assert record["datasets"][0]["background"] is False


def test_a_folder_says_it_by_a_key(scores, tmp_path):
    """The same numbers as the same images from Python."""
    for name, pixels in (("images", PHOTO), ("masks", TRUTH)):
        (tmp_path / name).mkdir()
        Image.fromarray(pixels).save(tmp_path / name / "a.png")
    assert scores(tmp_path, background=False)[1] == pytest.approx(DICE | {"mean": sum(DICE.values()) / 3})


def test_a_set_of_objects_is_refused():
    """Nothing says what an object is."""
    with pytest.raises(BenchError, match="binary asks what is background"):
        bench.evaluate(predict, [(PHOTO, TRUTH)], classes=CLASSES, background=False, metric_sets=["binary"])


def test_names_made_up_name_no_background():
    """The first class is "class 0"."""
    result = bench.evaluate(predict, [(PHOTO, TRUTH)], background=False, progress=False)
    assert set(result.frame()["class"]) >= {"class 0", "class 1", "class 2"}


def test_a_named_data_set_has_its_own():
    """Pets have a background."""
    with pytest.raises(BenchError, match="background=False is for pairs and folders"):
        bench.evaluate(predict, "oxford_pet", background=False)
