"""A user's own images and masks."""

import os

import numpy as np
import pytest
from data_images import labels, random_image
from PIL import Image
from pydantic import ValidationError

from bench.data import DATASETS, MissingData, absent_words
from registry.errors import BenchError

KEYS = {"images": "images", "masks": "masks", "classes": ["background", "cat", "dog"]}
PAIRS = {name: (random_image(seed), labels(1 + seed % 2)) for seed, name in enumerate(["a", "b", "sub/c", "sub/d"])}


def ids(subset) -> list[str]:
    return [row.id for row in subset.rows]


def test_without_splits_everything_is_test(opened, folder):
    """Images are found in sub-folders too; an id is the relative name."""
    assert ids(opened("folder", folder(PAIRS), **KEYS).subset("test")) == ["a", "b", "sub/c", "sub/d"]


def test_index_masks_are_read_as_they_are(opened, folder):
    """0, 1, 2 are the classes in order, 255 is ignored."""
    subset = opened("folder", folder(PAIRS), **KEYS).subset("test")
    assert [subset.load(i).mask.tolist() for i in range(2)] == [labels(1).tolist(), labels(2).tolist()]


@pytest.mark.parametrize("suffix", ["jpg", "jpeg", "webp", "tif", "JPG"])
def test_images_and_masks_may_have_different_extensions(opened, folder, suffix):
    """a.jpg belongs to a.png."""
    root = folder(PAIRS)
    Image.open(root / "images/a.png").save(root / f"images/a.{suffix}")
    (root / "images/a.png").unlink()
    assert ids(opened("folder", root, **KEYS).subset("test"))[0] == "a"


def test_masks_in_colours_are_read_by_the_colours_given(opened, folder):
    """The colour of `ignore` becomes 255."""
    colours = {"background": [0, 0, 0], "cat": [9, 8, 7], "dog": [1, 200, 3]}
    table = np.zeros((256, 3), np.uint8)
    table[[1, 2, 255]] = [colours["cat"], colours["dog"], (250, 250, 250)]
    root = folder({"a": (random_image(0), table[labels(2)])})
    data = opened("folder", root, **KEYS, colours=colours, ignore=[250, 250, 250])
    assert data.subset("test").load(0).mask.tolist() == labels(2).tolist()
    assert data.layout == "folder, RGB colours"


def test_a_colour_that_was_not_given_is_a_fault(opened, folder):
    """Without `ignore` the border's colour is unknown."""
    colours = {"background": [0, 0, 0], "cat": [1, 1, 1], "dog": [2, 2, 2]}
    data = opened("folder", folder({"a": (random_image(0), labels(1))}), **KEYS, colours=colours)
    with pytest.raises(BenchError, match=r"a\.png: unknown colour \(255, 255, 255\)"):
        data.subset("test")


def test_masks_in_colours_need_the_key(opened, folder):
    """A colour mask without `colours` shows what to write."""
    root = folder({"a": (random_image(0), random_image(1))})
    with pytest.raises(BenchError, match=r"a\.png: the mask is in colours; list them with `colours"):
        opened("folder", root, **KEYS).subset("test")


def test_another_index_can_be_ignored(opened, folder):
    """Here 0 marks void pixels, as in some data sets whose classes begin at 1."""
    root = folder({"a": (random_image(0), np.where(labels(1) == 255, 2, labels(1)).astype(np.uint8))})
    mask = opened("folder", root, **KEYS, ignore=0).subset("test").load(0).mask
    assert set(np.unique(mask)) == {1, 2, 255}


def test_splits_may_be_lists(opened, folder):
    """Names with or without extension; comments and empty lines are passed over."""
    root = folder(PAIRS)
    (root / "test.txt").write_text("# held out\nb.png\n\nsub/c\n")
    assert ids(opened("folder", root, **KEYS, splits={"test": "test.txt"}).subset("test")) == ["b", "sub/c"]


def test_splits_may_be_sub_folders(opened, folder):
    """images/sub with masks/sub."""
    assert ids(opened("folder", folder(PAIRS), **KEYS, splits={"test": "sub"}).subset("test")) == [
        "sub/c",
        "sub/d",
    ]


def test_a_val_split_of_its_own_is_used(opened, folder):
    """Nothing is held out of "train" when the data set names its "val"."""
    root = folder(PAIRS)
    (root / "train.txt").write_text("a\nb\n")
    data = opened("folder", root, **KEYS, splits={"train": "train.txt", "val": "sub"})
    assert ids(data.subset("train")) == ["a", "b"]
    assert ids(data.subset("val")) == ["sub/c", "sub/d"]
    assert ids(data.subset("trainval")) == ["a", "b", "sub/c", "sub/d"]


def test_a_listed_image_that_is_not_there_is_left_out(opened, folder):
    """It is named, as every image that cannot be used."""
    root = folder(PAIRS)
    (root / "test.txt").write_text("a\nzzz\n")
    data = opened("folder", root, **KEYS, splits={"test": "test.txt"}, max_unreadable=0.5, absent_ok=True)
    assert [one.reason for one in data.subset("test").left_out] == ["zzz: no such image"]


def test_an_image_without_a_mask_is_left_out(opened, folder):
    """The reason names the image."""
    root = folder(PAIRS)
    (root / "masks/a.png").unlink()
    left_out = opened("folder", root, **KEYS, max_unreadable=0.5).subset("test").left_out
    assert [one.reason for one in left_out] == ["a.png: it has no mask"]


def test_a_missing_folder_names_its_key(opened, folder):
    """The path and the key to fix."""
    with pytest.raises(MissingData, match=r"there is no folder .*label; fix the key `masks`"):
        opened("folder", folder(PAIRS), **{**KEYS, "masks": "label"})


def test_a_missing_list_or_sub_folder_is_named(opened, folder):
    """Both forms of a split."""
    root = folder(PAIRS)
    with pytest.raises(BenchError, match=r"cannot read the list .*nope\.txt"):
        opened("folder", root, **KEYS, splits={"test": "nope.txt"})
    with pytest.raises(BenchError, match="splits names 'nope', which is neither"):
        opened("folder", root, **KEYS, splits={"test": "nope"})


def test_an_empty_folder_is_refused(opened, tmp_path):
    """No image at all is not a score of nothing."""
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
    with pytest.raises(BenchError, match=f"no images in {tmp_path}/images: it is empty"):
        opened("folder", tmp_path, **KEYS)


def test_two_images_of_one_name_are_refused(opened, folder):
    """a.jpg and a.png cannot both own the mask a.png."""
    root = folder(PAIRS)
    Image.fromarray(random_image(9)).save(root / "images/a.jpg")
    with pytest.raises(BenchError, match=r"a\.jpg and a\.png have the same name"):
        opened("folder", root, **KEYS)


def test_a_name_listed_twice_is_refused(opened, folder):
    """It would weigh double."""
    root = folder(PAIRS)
    (root / "test.txt").write_text("a\na\n")
    with pytest.raises(BenchError, match="image 'a' is twice in 'test'"):
        opened("folder", root, **KEYS, splits={"test": "test.txt"})


def test_hidden_files_and_other_kinds_are_passed_over(opened, folder):
    """Files that systems and archives leave behind."""
    root = folder(PAIRS)
    (root / "images/.a.png").write_bytes(b"")
    (root / "images/Thumbs.db").write_bytes(b"x")
    assert len(opened("folder", root, **KEYS).subset("test")) == 4


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"classes": ["a", "a"]}, "every name may stand once"),
        ({"ignore": [0, 0, 0]}, "give a number from 0 to 255"),
        ({"colours": {"cat": [0, 0, 0]}}, "give one for each of background, cat, dog"),
        ({"colours": {name: [0, 0, 0] for name in KEYS["classes"]}}, "have the same colour"),
        ({"splits": {}}, "at least one"),
        ({"splits": {"trainval": "a", "val": "b"}}, "give 'trainval', or 'train' and 'val'"),
        ({"ignore": 256}, "ignore"),
        ({"splits": {"validation": "a"}}, "splits"),
        ({"splits": {"test": {"images": "a"}}}, "give a list of names, a sub-folder, or two folders"),
        ({"splits": {"test": {"images": "a", "masks": "b"}}}, "images and masks: every split names its own folders"),
        ({"images": None}, "images, masks: give both folders, or for each split"),
        ({"suffixes": {"image": "_a"}}, "suffixes"),
        ({"reduce_zero_label": True, "classes": [str(i) for i in range(255)]}, "at most 254 classes"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(keys, message):
    """Before any file is looked at; the message names the key."""
    with pytest.raises(ValidationError, match=message):
        DATASETS["folder"].parameters(**{**KEYS, **keys})


def test_an_index_to_ignore_contradicts_colours():
    """Masks in colours need a colour there."""
    colours = {name: [i, 0, 0] for i, name in enumerate(KEYS["classes"])}
    with pytest.raises(ValidationError, match=r"need a colour \[r, g, b\]"):
        DATASETS["folder"].parameters(**KEYS, colours=colours, ignore=7)


def test_without_ignored_pixels_an_absent_class_is_just_named(opened, folder):
    """There is nothing else to suspect but the masks."""
    root = folder({"a": (random_image(0), np.minimum(labels(1), 1))})
    words = absent_words(opened("folder", root, **KEYS).subset("test"))
    assert words == "no mask of its 1 images shows dog; check the masks, and the order of `classes`"


def test_without_a_background_the_first_class_is_one_like_the_others(opened, folder):
    """An image's class is its most frequent one, the first included; the manifest is another, so are all keys."""
    mask = np.zeros((8, 10), np.uint8)
    mask[:2], mask[2] = 1, 255
    root = folder({"a": (random_image(0, 8, 10), mask)})
    keys = KEYS | {"classes": ["sky", "road"]}
    with_, without = (opened("folder", root, **keys, background=value).subset("test") for value in (True, False))
    assert (with_.background, without.background) == (True, False)
    assert (with_.rows[0].foreground, without.rows[0].foreground) == (1, 0)
    assert with_.rows[0].pixels == without.rows[0].pixels
    assert with_.manifest != without.manifest
    assert with_.manifest == opened("folder", root, **keys).subset("test").manifest


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_masks_are_read_with_a_tolerance(opened, folder, mode):
    """Black and white: 220 takes every grey; without it the first pixel that JPEG changed is named."""
    truth = labels(1) == 1
    root = folder({"a": (random_image(0), truth.astype(np.uint8))})
    Image.fromarray((truth * 255).astype(np.uint8)).convert(mode).save(root / "masks/a.png", "JPEG", quality=80)
    keys = {**KEYS, "classes": ["background", "thing"], "colours": {"background": [0, 0, 0], "thing": [255, 255, 255]}}
    with pytest.raises(BenchError, match=r"a\.png: unknown colour .* in the mask at x="):
        opened("folder", root, **keys).subset("test")
    assert np.array_equal(opened("folder", root, **keys, tolerance=220).subset("test").load(0).mask, truth)


@pytest.mark.parametrize(
    ("keys", "words"), [({"tolerance": 9}, "it belongs to `colours`"), ({"tolerance": -1}, "greater")]
)
def test_a_tolerance_that_means_nothing_is_refused(keys, words):
    """Labels have no distance."""
    with pytest.raises(ValidationError, match=words):
        DATASETS["folder"].parameters(**KEYS, **keys)


def test_what_was_remembered_is_read_again_when_reading_changes(opened, folder, monkeypatch):
    """Else a cached manifest would keep labels that were read wrong."""
    root, looks = folder(PAIRS), []
    for version in (1, 1, 2):
        monkeypatch.setattr("bench.data.dataset.READING", version)
        opened("folder", root, **KEYS, progress=lambda done, total: looks.append(total)).subset("test")
    assert looks == [4] * 8


def test_a_mask_that_another_replaces_is_read_again(opened, folder):
    """Even where size and time of change are those of the old one, as from an archive or by `cp -p`."""
    root = folder({"a": (random_image(0), labels(1))})
    path = root / "masks/a.bmp"
    (root / "masks/a.png").unlink()
    for truth in (labels(1), labels(1)[::-1].copy()):
        Image.fromarray(truth).save(path)
        os.utime(path, (1e9, 1e9))
        assert np.array_equal(opened("folder", root, **KEYS, absent_ok=True).subset("test").load(0).mask, truth)
