"""What the values of masks mean: each row of the tables in docs/data.md."""

import numpy as np
import pytest
from data_images import labels, random_image
from PIL import Image

from bench.data import absent_words
from registry.errors import BenchError

KEYS = {"images": "images", "masks": "masks", "classes": ["background", "object"]}
ANIMALS = ["background", "cat", "dog"]


def mask(*values) -> np.ndarray:
    """A mask of 12 x 16 in stripes of equal width, one for each value."""
    return np.tile(np.array(values, np.uint8).repeat(48 // len(values)), 4).reshape(12, 16)


@pytest.fixture
def opened_masks(opened, folder):
    """Open a data set of these masks, called a, b, c …."""

    def build(*masks, **keys):
        pairs = {name: (random_image(i), one) for i, (name, one) in enumerate(zip("abcdefgh", masks, strict=False))}
        return opened("folder", folder(pairs), **{**KEYS, **keys})

    return build


REFUSED = {
    "0 and 255": ([mask(0, 255), mask(0, 0, 255)], {}, "shows object", "{background: [0, 0, 0], object: [255, 255, 255]}"),
    "one of several": ([mask(0, 255), mask(0, 0)], {}, "shows object", "{background: [0, 0, 0], object: [255, 255, 255]}"),
    "only 255": ([mask(255)], {}, "shows background, object", "where 255 means object, add colours: {background: [0, 0, 0], object: [255, 255, 255]}"),
    "another void": ([mask(0, 128)], {"ignore": 128}, "shows object", "{background: [0, 0, 0], object: [128, 128, 128]}"),
    "255 said to be void": ([mask(0, 255)], {"ignore": 255}, "shows object", "object: [255, 255, 255]}"),
    "1 and 255": ([mask(1, 255)], {}, "shows background", "{object: [1, 1, 1], background: [255, 255, 255]}"),
    "the last of three": ([mask(0, 1, 255), mask(0, 1)], {"classes": ANIMALS}, "shows dog", "{background: [0, 0, 0], cat: [1, 1, 1], dog: [255, 255, 255]}"),
    "two of three": ([mask(0, 255)], {"classes": ANIMALS}, "shows cat, dog", "{background: [0, 0, 0], dog: [2, 2, 2], cat: [255, 255, 255]}"),
    "no background": ([mask(0, 255)], {"background": False}, "shows object", "object: [255, 255, 255]}"),
    "names to quote": ([mask(0, 255)], {"classes": ["a", "b: c"]}, "shows b: c", '{a: [0, 0, 0], "b: c": [255, 255, 255]}'),
    "many classes": ([mask(*range(7), 255)], {"classes": [*"abcdefgh"]}, "shows h", "{a: [0, 0, 0], b: [1, 1, 1], …, h: [255, 255, 255]}"),
}  # fmt: skip


@pytest.mark.parametrize(("masks", "keys", "shown", "colours"), REFUSED.values(), ids=REFUSED)
def test_void_in_place_of_a_class_is_refused(opened_masks, masks, keys, shown, colours):
    """With the colours to paste and the key that allows it."""
    data = opened_masks(*masks, **keys)
    with pytest.raises(BenchError, match=shown) as caught:
        data.subset("test")
    assert colours in str(caught.value) and str(caught.value).endswith("absent_ok: true")
    assert "\n" not in str(caught.value)
    absent = opened_masks(*masks, **keys, absent_ok=True)
    assert len(absent.subset("test")) == len(masks)


def test_what_is_proposed_reads_the_masks(opened_masks):
    """Grey masks in colours: 255 is the object."""
    colours = {"background": [0, 0, 0], "object": [255, 255, 255]}
    subset = opened_masks(mask(0, 255), colours=colours).subset("test")
    assert np.array_equal(subset.load(0).mask, mask(0, 1)) and absent_words(subset) is None


@pytest.mark.parametrize("classes", [KEYS["classes"], ANIMALS])
def test_masks_that_disagree_are_refused(opened_masks, classes):
    """0 and 1 in some files, 0 and 255 in others: a model that misses the others' objects would look perfect."""
    top = len(classes) - 1
    data = opened_masks(mask(*range(top + 1)), mask(0, 255), mask(0), mask(0, 0, 1), mask(0, 255), mask(0, 255), classes=classes)  # fmt: skip
    with pytest.raises(BenchError) as caught:
        data.subset("test")
    message = str(caught.value)
    assert "the masks of a, d show classes and no 255, those of b, e and 1 more only 255" in message
    assert f"{classes[-1]}: [255, 255, 255]}}; where the masks are right as they are, absent_ok: true" in message


ACCEPTED = {
    "borders round objects": ([labels(1), labels(1)], {}),
    "an image of void and background": ([labels(1), mask(0, 255), mask(0, 1)], {}),
    "no background, class 0 the most frequent": ([mask(0, 0, 1, 255), mask(0, 0, 0, 1)], {"background": False}),
    "no void": ([mask(0, 1), mask(0)], {}),
    "class 0 is the largest and no background": ([mask(0, 0, 1), mask(0, 0, 0, 1, 255, 0)], {"background": False}),
    "several classes absent": ([mask(0, 1, 255)], {"classes": [*ANIMALS, "cow"]}),
    "no void and no object": ([mask(0)], {}),
    "ignore is a class's label": ([mask(0, 1)], {"classes": ANIMALS, "ignore": 0}),
    "0 is void": ([mask(0, 1)], {"classes": ANIMALS, "reduce_zero_label": True}),
    "colours": ([mask(0, 255)], {"colours": {"background": [0, 0, 0], "object": [1, 1, 1]}, "ignore": [255, 255, 255]}),
}  # fmt: skip


@pytest.mark.parametrize(("masks", "keys"), ACCEPTED.values(), ids=ACCEPTED)
def test_masks_without_such_a_doubt_are_read(opened_masks, masks, keys):
    """Real data sets with void borders among them."""
    assert len(opened_masks(*masks, **keys).subset("test")) == len(masks)


def test_a_sample_is_judged_by_the_whole_split(opened_masks):
    """One image of void and background, drawn from ten, is no reason."""
    data = opened_masks(mask(0, 255), labels(1), mask(0, 1))
    assert all(len(data.subset("test", limit=1, seed=seed)) == 1 for seed in range(6))


def test_the_splits_seen_so_far_are_judged_together(opened_masks, folder):
    """A small split without dogs is no reason where another one shows them."""
    for split, names in (("trainval", "b\nc"), ("test", "a")):
        (folder({}).parent / f"{split}.txt").write_text(names)
    splits = {"trainval": "../trainval.txt", "test": "../test.txt"}
    masks = labels(1), labels(2), labels(1)
    data = opened_masks(*masks, classes=ANIMALS, splits=splits)
    assert len(data.subset("trainval")) == 2 and len(data.subset("test")) == 1
    with pytest.raises(BenchError, match="shows dog"):
        opened_masks(*masks, classes=ANIMALS, splits=splits).subset("test")


def test_without_a_background_the_first_class_may_lead_in_every_mask(opened_masks):
    """Sky is the most frequent class of each street image, road occurs too, and void is what it says."""
    subset = opened_masks(mask(0, 0, 1, 255), mask(0, 0, 1), classes=["sky", "road"], background=False).subset("test")
    assert len(subset) == 2


def test_of_many_absent_classes_the_first_are_named(opened_masks):
    """A sample of ADE20K lacks most of 150 classes; the line stays readable."""
    classes = ["background", *(f"c{number}" for number in range(1, 31))]
    words = absent_words(opened_masks(mask(0, 1), classes=classes).subset("test"))
    named = ", ".join(f"c{number}" for number in range(2, 14))
    assert words == f"no mask of its 1 images shows {named} and 17 more; check the masks, and the order of `classes`"


def test_several_absent_classes_are_named(opened_masks):
    """As a warning: many data sets have rare classes."""
    words = absent_words(opened_masks(mask(0, 0, 1, 255), classes=[*ANIMALS, "cow"]).subset("test"))
    assert words == (
        "no mask of its 1 images shows dog, cow, and 25% of the pixels count nowhere; "
        "check the masks, and the order of `classes`"
    )


def test_reduce_zero_label_is_that_of_mmsegmentation_and_transformers(opened_masks):
    """Their three lines: 0 becomes 255; all are one less; 254 becomes 255."""
    stored = mask(0, 1, 2, 3, 255, 0)
    reduced = stored.copy()
    reduced[reduced == 0] = 255
    reduced -= 1
    reduced[reduced == 254] = 255
    data = opened_masks(stored, classes=ANIMALS, reduce_zero_label=True)
    assert np.array_equal(data.subset("test").load(0).mask, reduced)
    assert data.layout == "folder, class indices from 1"


@pytest.mark.parametrize(
    ("values", "keys", "advice"),
    [
        ((0, 1, 7), {}, "; where 7 counts nowhere, ignore: 7; where 7 means a class, colours: {name: [7, 7, 7], …}"),
        ((0, 1, 255), {"ignore": 7}, "; where 255 counts nowhere, ignore: 255; where 255 means a class, colours:"),
        ((0, 1, 2), {}, "; where 0 counts nowhere and classes begin at 1, reduce_zero_label: true"),
        ((0, 128, 255), {"ignore": 128}, "; where 255 counts nowhere, ignore: 255"),
    ],
)
def test_an_unknown_value_comes_with_the_keys_that_would_take_it(opened_masks, values, keys, advice):
    """Which of them is right only the user knows."""
    with pytest.raises(BenchError, match=r"a\.png: unknown label") as caught:
        opened_masks(mask(*values), **keys).subset("test")
    assert advice in str(caught.value)


def test_an_unknown_colour_comes_with_the_key_for_void(opened, folder):
    """White borders above all. Where `ignore` is given, it is another fault."""
    root = folder({"a": (random_image(0), mask(0, 255))})
    Image.fromarray(mask(0, 255)).convert("RGB").save(root / "masks/a.png")
    colours = {"background": [0, 0, 0], "object": [1, 1, 1]}
    with pytest.raises(BenchError, match=r"; where it counts nowhere, ignore: \[255, 255, 255\]$"):
        opened("folder", root, **KEYS, colours=colours).subset("test")
    with pytest.raises(BenchError, match=r"unknown colour \(255, 255, 255\) .*\)$"):
        opened("folder", root, **KEYS, colours=colours, ignore=[9, 9, 9]).subset("test")


def test_every_folder_of_masks_that_was_looked_at_is_named(opened, folder):
    """The masks in doubt may be those of the second split."""
    root = folder({"train/a": (random_image(0), mask(0)), "test/a": (random_image(1), mask(0, 255))})
    names = {"trainval": "train", "test": "test"}
    splits = {split: {"images": f"images/{name}", "masks": f"masks/{name}"} for split, name in names.items()}
    with pytest.raises(BenchError) as caught:
        opened("folder", root, classes=KEYS["classes"], splits=splits).subset("test")
    assert str(caught.value).startswith(f"{root}/masks/test, {root}/masks/train: no mask of 1 images shows object")
