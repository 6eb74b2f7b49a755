"""Confusion matrices as tiles: every cell says its share and its pixels, bright cells have dark numbers."""

import re

import pytest
from made_up_run import NASTY
from svg.parsed import of_class, parsed, texts, words

from registry.palette import CONFIDENCE, rgb
from reports.record.confusion import Confusion
from reports.svg.matrix import fill, matrix

NAMES = ("background", "cat", NASTY)
ONE = Confusion("unet", "ignore", NAMES, NAMES, ((900, 100, 0), (0, 150, 50), (0, 0, 0)))


def test_every_cell_says_its_share_and_its_pixels():
    """100 of 1,000 are 10 %; a class without a pixel has dashes and says why."""
    root = parsed(matrix(ONE, "alt"))
    assert words(root)[1] == "background predicted as cat: 10.00 %, 100 pixels"
    assert words(root)[-1] == f"{NASTY}: no pixel in the ground truth"
    assert [one for one in texts(root) if one.endswith("\u00a0%")] == [
        *("90.0\u00a0%", "10.0\u00a0%", "0\u00a0%", "0\u00a0%", "75.0\u00a0%", "25.0\u00a0%")
    ]
    assert texts(root).count("—") == 3
    assert len(of_class(root, "empty")) == 3


def relative_luminance(colour):
    """Return the luminance of a colour as WCAG 2.2 defines it."""
    parts = [part / 255 for part in rgb(colour)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("pixels", range(0, 101, 4))
def test_numbers_can_be_read_on_every_colour(pixels):
    """By a contrast of 4.5 or more: WCAG 2.2, criterion 1.4.3."""
    one = Confusion("unet", "ignore", ("a", "b"), ("a", "b"), ((pixels, 100 - pixels), (0, 1)))
    html = str(matrix(one, "alt"))
    tile = re.search(r'fill="(#\w{6})"/><text[^>]*class="on-(dark|light)"', html)
    ground, ink = relative_luminance(tile[1]), 1.0 if tile[2] == "dark" else 0.0
    high, low = max(ground, ink), min(ground, ink)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_colours_are_viridis_at_its_samples_and_between():
    """At the ninths the ten samples themselves, half-way their mean."""
    assert [fill(i / 9).upper() for i in range(10)] == list(CONFIDENCE)
    middle = [(a + b) / 2 for a, b in zip(rgb(CONFIDENCE[0]), rgb(CONFIDENCE[1]), strict=True)]
    assert rgb(fill(1 / 18)) == pytest.approx(middle, abs=1)


@pytest.mark.parametrize(("count", "names", "numbers"), [(12, 24, 144), (21, 42, 0), (60, 0, 0)])
def test_many_classes_have_neither_numbers_nor_names(count, names, numbers):
    """12 classes have both, 21 names alone, 60 neither; every cell still says what it is."""
    labels = tuple(f"class {i}" for i in range(count))
    pixels = tuple(tuple(9 if i == j else 1 for j in range(count)) for i in range(count))
    root = parsed(matrix(Confusion("unet", "ignore", labels, labels, pixels), "alt"))
    shown = texts(root)
    assert sum(one.startswith("class ") for one in shown) == names
    assert sum(one.endswith("%") for one in shown) == numbers
    assert len(words(root)) == count**2


def test_nothing_sticks_out_of_the_figure():
    """Names of rows end inside, and tiles do not cover each other."""
    root = parsed(matrix(ONE, "alt"))
    width, height = float(root.get("width")), float(root.get("height"))
    boxes = [tuple(float(one.get(key)) for key in ("x", "y", "width", "height")) for one in root.iter("rect")]
    assert all(x + w <= width and y + h <= height for x, y, w, h in boxes)
    assert len({(x, y) for x, y, *_ in boxes}) == 9
