"""What a user's faulty data lead to: left out with a line, or one clear message; nothing lost."""

import numpy as np
import pytest
from data_images import labels, random_image
from PIL import Image

from bench.data import MissingData
from registry.errors import BenchError

IMAGES, TRIMAPS = "oxford-iiit-pet/images", "oxford-iiit-pet/annotations/trimaps"


def reasons(subset) -> dict[str, str]:
    return {one.id: one.reason for one in subset.left_out}


def test_a_truncated_jpeg_is_left_out_and_named(opened, official):
    """The other images remain."""
    root = official()
    path = root / IMAGES / "pug_0.jpg"
    path.write_bytes(path.read_bytes()[:400])
    subset = opened("oxford_pet", root, max_unreadable=0.3).subset("test")
    assert len(subset) == 3 and list(reasons(subset)) == ["pug_0"]
    assert reasons(subset)["pug_0"].startswith("pug_0.jpg: damaged")


def test_a_zero_byte_file_is_left_out_and_named(opened, official):
    """Of images and of masks."""
    root = official()
    (root / IMAGES / "pug_0.jpg").write_bytes(b"")
    (root / TRIMAPS / "pug_2.png").write_bytes(b"")
    subset = opened("oxford_pet", root, max_unreadable=0.5).subset("test")
    assert reasons(subset) == {
        "pug_0": "pug_0.jpg: the file is empty",
        "pug_2": "pug_2.png: the file is empty",
    }


def test_an_image_above_the_limit_is_left_out_and_named(opened, official):
    """The limit is printed with the size."""
    root = official()
    Image.fromarray(random_image(0, 30, 40)).save(root / IMAGES / "pug_0.jpg")
    subset = opened("oxford_pet", root, max_pixels=1000, max_unreadable=0.3).subset("test")
    assert reasons(subset) == {"pug_0": "pug_0.jpg: 40x30 is above max_pixels = 1000"}


def test_an_image_without_a_mask_is_left_out_and_named(opened, official):
    """As is one whose file is missing."""
    root = official()
    (root / TRIMAPS / "pug_0.png").unlink()
    (root / IMAGES / "pug_2.jpg").unlink()
    subset = opened("oxford_pet", root, max_unreadable=0.5).subset("test")
    assert reasons(subset) == {
        "pug_0": "pug_0.png: no such file or directory",
        "pug_2": "pug_2.jpg: no such file or directory",
    }


def test_a_fixed_file_counts_at_the_next_opening(opened, official):
    """What was left out is looked at again, even if size and time did not change."""
    root = official()
    path = root / IMAGES / "pug_0.jpg"
    path.rename(path.with_suffix(".away"))
    assert len(opened("oxford_pet", root, max_unreadable=0.5).subset("test")) == 3
    path.with_suffix(".away").rename(path)
    assert len(opened("oxford_pet", root).subset("test")) == 4


def test_one_percent_may_be_unreadable(opened, official):
    """One of 100 is left out, two of 100 are too many."""
    root = official(test=100)
    (root / IMAGES / "pug_0.jpg").write_bytes(b"")
    assert len(opened("oxford_pet", root).subset("test")) == 99
    (root / IMAGES / "pug_2.jpg").write_bytes(b"")
    with pytest.raises(BenchError, match="2 of 100 images of 'test' cannot be used"):
        opened("oxford_pet", root).subset("test")


def test_too_many_unreadable_images_are_named_in_one_line(opened, official):
    """The line has the first files, the number of the others, and the key that would allow them."""
    root = official(test=6)
    for path in (root / IMAGES).glob("pug_*.jpg"):
        path.write_bytes(b"")
    with pytest.raises(BenchError) as caught:
        opened("oxford_pet", root).subset("test")
    message = str(caught.value)
    assert "pug_0.jpg: the file is empty" in message and "max_unreadable = 0.01" in message
    assert "\n" not in message


def test_all_unreadable_is_refused_whatever_is_allowed(opened, official):
    """max_unreadable = 1 does not make an empty evaluation."""
    root = official(test=2)
    for name in ("pug_0", "Bengal_1"):
        (root / IMAGES / f"{name}.jpg").write_bytes(b"")
    with pytest.raises(BenchError, match="2 of 2 images of 'test' cannot be used"):
        opened("oxford_pet", root, max_unreadable=1.0).subset("test")


def test_a_mask_of_another_size_is_a_fault(opened, official):
    """It is never resized: the message names the mask and both sizes."""
    root = official()
    Image.fromarray(np.ones((12, 15), np.uint8)).save(root / TRIMAPS / "pug_0.png")
    with pytest.raises(BenchError, match=r"pug_0\.png: the mask is 15x12 but the image is 16x12"):
        opened("oxford_pet", root).subset("test")


def test_unknown_labels_are_a_fault(opened, official):
    """A value 7 in a trimap is not guessed."""
    root = official()
    Image.fromarray(np.full((12, 16), 7, np.uint8)).save(root / TRIMAPS / "pug_0.png")
    with pytest.raises(BenchError, match=r"pug_0\.png: unknown label 7 in the mask; allowed are 1, 2, 3"):
        opened("oxford_pet", root).subset("test")


def test_several_faulty_masks_are_counted(opened, official):
    """The first is described, the others counted, so the user knows how much there is to fix."""
    root = official()
    for name in ("pug_0", "pug_2", "Bengal_1"):
        Image.fromarray(np.full((12, 16), 7, np.uint8)).save(root / TRIMAPS / f"{name}.png")
    with pytest.raises(BenchError, match=r"\(and 2 more images have faults\)"):
        opened("oxford_pet", root).subset("test")


def test_missing_data_name_how_to_get_them_and_where_to_put_them(opened, tmp_path):
    """One line with the address, the folder and the two ways to name another folder."""
    with pytest.raises(MissingData) as caught:
        opened("oxford_pet", tmp_path / "nowhere")
    message = str(caught.value)
    assert "images.tar.gz" in message and str(tmp_path / "nowhere" / "oxford-iiit-pet") in message
    assert "--data-root" in message and "$SEGBENCH_DATA" in message and "\n" not in message


def test_an_unknown_data_set_suggests_the_nearest(opened):
    """A misspelt name."""
    with pytest.raises(BenchError, match="no dataset named 'oxfrod_pet'; did you mean 'oxford_pet'"):
        from bench.data import DATASETS

        DATASETS["oxfrod_pet"]


@pytest.mark.parametrize("size", [(1, 1), (20, 20000)])
def test_extreme_images_work(opened, folder, size):
    """1x1 and 20000x20 images are verified, counted and loaded."""
    mask = np.ones(size, np.uint8)
    root = folder({"a": (random_image(0, *size), mask)})
    subset = opened("folder", root, images="images", masks="masks", classes=["background", "thing"]).subset("test")
    assert subset.rows[0].pixels == (0, size[0] * size[1], 0)
    assert np.array_equal(subset.load(0).image, random_image(0, *size))


def test_a_turned_image_is_compared_with_its_mask_upright(opened, folder):
    """The mask has the size of the image as it is seen, after EXIF orientation."""
    root = folder({"a": (random_image(0, 12, 16), labels(1, 16, 12))})
    exif = Image.Exif()
    exif[274] = 6  # a quarter turn clockwise to show it
    Image.fromarray(random_image(0, 12, 16)).save(root / "images/a.png", exif=exif)
    keys = {"images": "images", "masks": "masks", "classes": ["background", "thing"]}
    sample = opened("folder", root, **keys).subset("test").load(0)
    assert np.array_equal(sample.image, np.rot90(random_image(0, 12, 16), -1))


@pytest.mark.parametrize("line", ["pug_0", "pug_0 1 3 1", "pug_0 1"])
def test_a_faulty_list_is_named_with_its_line(opened, official, line):
    """A list of another format: the message names where it fails."""
    root = official()
    (root / "oxford-iiit-pet/annotations/test.txt").write_text(f"# comment\n{line}\n")
    with pytest.raises(BenchError, match=r"test\.txt, line 2: expected"):
        opened("oxford_pet", root)


def test_a_missing_list_is_named(opened, official):
    """The images are there but the split is not."""
    root = official()
    (root / "oxford-iiit-pet/annotations/test.txt").unlink()
    with pytest.raises(BenchError, match=r"cannot read .*test\.txt; unpack annotations"):
        opened("oxford_pet", root)
