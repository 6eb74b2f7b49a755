"""From a word to a class."""

import pytest

from registry.errors import BenchError
from registry.text_prompts import named_class

CLASSES = ("background", "cat", "dog")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", 1),
        ("Cats", 1),
        ("  a KITTEN ", 1),
        ("the puppy", 2),
        ("puppies", 2),
        ("pooches", 2),
        ("background", 0),
        ("backdrop", 0),
    ],
)
def test_a_word_names_its_class(text, expected):
    """Case, articles, plurals and synonyms."""
    assert named_class(text, CLASSES) == expected


@pytest.mark.parametrize("text", ["horse", "", "cat dog"])
def test_an_unknown_word_is_refused_with_the_names_that_are_valid(text):
    """One line that lists the classes."""
    with pytest.raises(BenchError, match="the classes are background, cat, dog"):
        named_class(text, CLASSES)


def test_a_misspelling_gets_a_suggestion():
    """From the synonyms too."""
    with pytest.raises(BenchError, match="did you mean 'puppy'"):
        named_class("pupy", CLASSES)


def test_other_data_sets_have_names_of_their_own():
    """A class's own name is always valid, and no word means a class that is not there."""
    classes = ("nothing", "traffic_light", "glasses")
    assert [named_class(t, classes) for t in ("Traffic light", "glasses", "nothing")] == [1, 2, 0]
    with pytest.raises(BenchError, match="no class is called 'kitten'"):
        named_class("kitten", classes)
