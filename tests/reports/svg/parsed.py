"""An SVG as a reader of XML has it, and the coordinates of its paths."""

import re
from xml.etree import ElementTree


def parsed(svg):
    """Return the root; a text that is no well-formed XML is an error."""
    return ElementTree.fromstring(str(svg))


def of_class(root, name):
    """Return the elements of a class, in their order."""
    return [one for one in root.iter() if name in one.get("class", "").split()]


def corners(element):
    """Return the corners of a path of M and L."""
    found = numbers(element.get("d"))
    return list(zip(found[::2], found[1::2], strict=True))


def words(root):
    """Return what is said where a pointer rests."""
    return [one.text for one in root.iter() if one.tag == "title"]


def numbers(text):
    """Return all numbers of an attribute."""
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", text)]


def texts(root):
    """Return what is written in the figure."""
    return ["".join(one.itertext()) for one in root.iter("text")]


def mark_places(root):
    """Return (x, y) of every marker."""
    return [tuple(numbers(one.get("transform"))) for one in of_class(root, "mark")]
