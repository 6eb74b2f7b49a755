"""What is known of images: computed from their masks, from the names of pets, or read from a user's own table."""

import numpy as np
import pytest
from data_images import labels, random_image

from bench.data import described
from bench.data.attribute_file import read_attributes
from registry.errors import BenchError

KEYS = {"images": "images", "masks": "masks", "classes": ["background", "cat", "dog"], "absent_ok": True}
NAMES = ("a", "b", "sub/c")


def with_object(rows: slice, columns: slice) -> np.ndarray:
    """Return a mask of 10 x 20 pixels with a box of class 2."""
    mask = np.zeros((10, 20), np.uint8)
    mask[rows, columns] = 2
    return mask


def image_of(mask: np.ndarray) -> np.ndarray:
    return np.zeros((*mask.shape, 3), np.uint8)


@pytest.fixture
def about(opened, folder):
    """Open three images with a table of attributes; returns what is known of them."""
    pairs = {name: (random_image(seed), labels(1)) for seed, name in enumerate(NAMES)}

    def build(text, **keys):
        root = folder(pairs)
        (root / "about.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
        data = opened("folder", root, **KEYS, attributes="about.csv", **keys)
        return data, described(data.subset("test"))

    return build


def test_attributes_of_masks_are_those_counted_by_hand(opened, folder):
    """3 x 4 of 200 pixels are 6 %, 4 / 3 wide; one row of 20 touches two edges; void alone is no object."""
    void = with_object(slice(0), slice(0))
    void[:2] = 255
    masks = [with_object(slice(2, 5), slice(3, 7)), with_object(slice(4, 5), slice(0, 20)), void]
    root = folder({name: (image_of(mask), mask) for name, mask in zip("abc", masks, strict=True)})
    found = described(opened("folder", root, **KEYS).subset("test"))
    assert found.attributes == {
        "object area in %": ("6", "10", ""),
        "object width / height": ("1.333", "20", ""),
        "object touches the edge": ("no", "yes", ""),
        "image size in megapixels": ("0.0002", "0.0002", "0.0002"),
    }
    assert found.remarks == ()


@pytest.mark.parametrize("place", [(0, 5), (9, 5), (5, 0), (5, 19)])
def test_each_edge_counts(opened, folder, place):
    """One pixel in the first or last row or column."""
    mask = with_object(slice(place[0], place[0] + 1), slice(place[1], place[1] + 1))
    subset = opened("folder", folder({"a": (image_of(mask), mask)}), **KEYS).subset("test")
    assert described(subset).attributes["object touches the edge"] == ("yes",)


def test_without_a_background_there_is_no_object(opened, folder):
    """All that is left is the size of the image."""
    root = folder({"a": (random_image(0), labels(1))})
    subset = opened("folder", root, **KEYS, background=False).subset("test")
    assert list(described(subset).attributes) == ["image size in megapixels"]


def test_a_remembered_manifest_tells_the_same(opened, official):
    """The second opening decodes nothing."""
    root = official()
    first, second = (described(opened("oxford_pet", root).subset("test")) for _ in range(2))
    assert first == second
    assert "object area in %" in second.attributes


@pytest.mark.parametrize("layout", ["official", "coursework"])
def test_pets_have_species_and_breed(opened, request, layout):
    """By the list or the capital of the name; the number is no part of a breed."""
    found = described(opened("oxford_pet", request.getfixturevalue(layout)()).subset("test")).attributes
    pairs = set(zip(found["species"], found["breed"], strict=True))
    assert pairs == ({("cat", "Bengal"), ("dog", "pug")} if layout == "official" else {
        ("cat", "Bengal Test"), ("dog", "pug Test")
    })  # fmt: skip


def test_a_table_of_ones_own(about):
    """Names with and without extension; words and numbers; the columns keep their order."""
    data, found = about("image,camera,distance\na.png,one,1.5\nb,two,2\nsub/c.png,one,\n")
    assert found.attributes["camera"] == ("one", "two", "one")
    assert found.attributes["distance"] == ("1.5", "2", "")
    assert found.remarks == ("the attribute 'distance' is not given of 1 images: sub/c",)
    assert data.remarks == []


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfimage,camera\r\na,one\r\n\r\nb,two\r\nsub\\c,one\r\n",
        "image,camera\ra,one\rb,two\rsub/c,one".encode("utf-16"),
        'image,camera\n"a","one"\n./b, two \n./sub/c,"one"\n',
    ],
)
def test_forms_that_programs_write(about, text):
    """Byte order marks, ends of lines of all systems, quotes, blanks, empty lines."""
    assert about(text)[1].attributes["camera"] == ("one", "two", "one")


def test_images_that_are_not_there_are_named(about):
    """A table is often of a larger data set."""
    data, found = about("image,camera\na,one\nb,two\nsub/c,one\nx,one\ny,two\n")
    assert data.remarks == ["about.csv: 2 of its images are not in the data set: x, y"]
    assert found.attributes["camera"] == ("one", "two", "one")


def test_images_that_are_not_in_the_table_are_named(about):
    """They are in no slice of this attribute."""
    _, found = about("image,camera\na,one\n")
    assert found.attributes["camera"] == ("one", "", "")
    assert found.remarks == ("the attribute 'camera' is not given of 2 images: b, sub/c",)


def test_too_many_words_are_left_out_and_numbers_are_not(opened, folder):
    """51 names of 51 images make no groups; 51 numbers do."""
    names = [f"i{i}" for i in range(51)]
    root = folder({name: (random_image(0), labels(1)) for name in names})
    lines = [f"{name},n {i},{i}" for i, name in enumerate(names)]
    (root / "about.csv").write_text("\n".join(["image,note,number", *lines]))
    found = described(opened("folder", root, **KEYS, attributes="about.csv").subset("test"))
    assert "note" not in found.attributes
    assert len(set(found.attributes["number"])) == 51
    assert found.remarks == (
        "the attribute 'note' has 51 different values, which are not all numbers, and at most 50 make groups of "
        "images: no scores are given by it",
    )


FAULTS = {
    "": "the file of `attributes` is empty; its first line has the names of the columns",
    "image\na\n": "the first line has 1 column; the first is the image, the others its attributes, with commas between",
    "image,x,x\na,1,2\n": r"line 1: the name of a column stands twice: 'x'; give it another name",
    "image,\na,1\n": r"line 1: the name of a column is empty: ''; give it another name",
    "image,object area in %\na,1\n": "line 1: the name of a column is computed from the masks: 'object area in %'",
    "image,=x\na,1\n": "line 1: '=x' cannot stand in a table; give at most 80 characters, not beginning with",
    "image,x\na,=1+1\n": r"line 2: '=1\+1' cannot stand in a table",
    "image,x\na,1\nb\n": "line 3: 1 cells, but the first line has 2; correct the line",
    "image,x\na,1,2\n": "line 2: 3 cells, but the first line has 2; correct the line",
    "image,x\na,1\nb,1\na.png,2\n": "line 4: 'a.png' stands in line 2 too; keep one of them",
    "image,x\nA.png,1\n": "no line has the name of an image of the data set: 'A.png' is none; (did you mean|known)",
    "image,x\n": "no line has the name of an image of the data set: it has no lines",
    'image,x\na,"1\n': "line 3: unexpected end of data; write it as a CSV file with commas",
    b"image,x\na,\xff\n": "is not UTF-8 text; save it as UTF-8",
    "image," + ",".join(f"c{i}" for i in range(21)): "it has 21 attributes; keep those you need, at most 20",
    f"image,x\na,{'y' * 81}\n": "cannot stand in a table; give at most 80 characters",
}


@pytest.mark.parametrize(("text", "message"), FAULTS.items())
def test_faults_are_one_line(about, text, message):
    """What was given, and what to do."""
    with pytest.raises(BenchError, match=message) as caught:
        about(text)
    assert "\n" not in str(caught.value)


def test_a_missing_table_is_named(opened, folder):
    """The key stands in the line."""
    root = folder({"a": (random_image(0), labels(1))})
    with pytest.raises(BenchError, match=r"nowhere\.csv \(key `attributes`\): no such file or directory; fix its path"):
        opened("folder", root, **KEYS, attributes="nowhere.csv")


def test_a_negative_number_is_a_value(tmp_path):
    """It begins as a formula does, and is none."""
    (tmp_path / "about.csv").write_text("image,x\na,-1.5e3\n")
    assert read_attributes(tmp_path / "about.csv", {"a": "a"}).of_image == {"a": {"x": "-1.5e3"}}
