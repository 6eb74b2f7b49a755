"""Reads an inline SVG as a tree, and places back as numbers."""

import re
from xml.etree import ElementTree

CLASSES = "@class"


def tree(markup):
    """Return the root of a figure; a figure that is no well-formed XML fails."""
    return ElementTree.fromstring(str(markup))


def of_class(root, name):
    """Return all elements that have a class."""
    return [one for one in root.iter() if name in one.get("class", "").split()]


def tips(root):
    """Return what the marks say, in their order."""
    return [one.text for one in root.iter("title")]


def words(root):
    """Return all texts that stand in the figure."""
    return ["".join(one.itertext()) for one in root.iter("text")]


def numbers(text):
    """Return all numbers of an attribute."""
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]


def mark_places(root):
    """Return (x, y) of every marker."""
    return [tuple(numbers(one.get("transform"))) for one in of_class(root, "mark")]
