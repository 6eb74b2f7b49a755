"""What a data set is called where the suite gives no label."""

import pytest

from bench.suite.loading import suite_from
from registry.errors import BenchError

KEYS = {"name": "folder", "images": "i", "masks": "m", "classes": ["a", "b"]}


def labels_of(*items) -> list[str]:
    source = {"name": "s", "datasets": [KEYS | item for item in items], "models": [{"name": "background"}]}
    return [one.label for one in suite_from(source, "s").datasets]


@pytest.mark.parametrize(
    ("root", "label"),
    [
        ("data/street", "street"),
        ("/data/street/", "street"),
        ("data/x/../my street", "my street"),
        ("~/street", "street"),
        (".", "folder"),
        ("..", "folder"),
        (None, "folder"),
        ("a\\b", "a_b"),
        ("x" * 90, "x" * 60),
    ],
)
def test_a_folder_is_labelled_by_its_root(root, label):
    """Short, and the same whatever its other keys are."""
    assert labels_of({"root": root}) == labels_of({"root": root, "ignore": 7, "masks": "other"}) == [label]


def test_a_split_stands_in_the_label():
    """Unless it is test."""
    assert labels_of({"root": "street", "split": "val"}, {"root": "street"}) == ["street val", "street"]


def test_equal_labels_get_numbers():
    """In the order of the suite, so that one more at its end changes no label; labels that are given stay."""
    roots = [{"root": f"{n}/street"} for n in range(3)]
    assert labels_of(*roots) == ["street", "street 2", "street 3"]
    assert labels_of({"root": "1", "label": "street"}, {"label": "street 2"}, roots[0]) == [
        "street",
        "street 2",
        "street 3",
    ]


def test_labels_that_are_given_twice_are_refused():
    """Nobody may change what the user wrote."""
    with pytest.raises(BenchError, match="two datasets are labelled 'x'"):
        labels_of({"label": "x"}, {"label": "x"})
