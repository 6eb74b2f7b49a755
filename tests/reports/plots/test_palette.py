"""Colours that readers with a colour-vision deficiency distinguish."""

from itertools import combinations, pairwise

import pytest

from registry.palette import BACKGROUND, CONFIDENCE, ERRORS, FOREGROUND, IGNORE_COLOUR, class_colour, rgb, series

# Severity 1.0 matrices of Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of
# Color Vision Deficiency" (IEEE TVCG 2009), applied to linear RGB.
DEFICIENCIES = {
    "none": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


def linear(colour):
    values = [value / 255 for value in rgb(colour)]
    return [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]


def lab(red, green, blue):
    """CIE L*a*b* of linear sRGB under D65 (IEC 61966-2-1, CIE 15)."""
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(colour, deficiency):
    source = linear(colour)
    rows = DEFICIENCIES[deficiency]
    mixed = [sum(weight * value for weight, value in zip(row, source, strict=True)) for row in rows]
    return lab(*(min(max(value, 0), 1) for value in mixed))


def distance(one, other, deficiency):
    pairs = zip(seen(one, deficiency), seen(other, deficiency), strict=True)
    return sum((a - b) ** 2 for a, b in pairs) ** 0.5


@pytest.mark.parametrize("deficiency", list(DEFICIENCIES))
@pytest.mark.parametrize("colours", [FOREGROUND[:3], tuple(ERRORS.values()), [series(i).colour for i in range(4)]])
def test_colours_stay_apart(colours, deficiency):
    """Keeps classes, kinds of error and the first curves 15 units of CIE 1976 apart for every reader."""
    assert min(distance(one, other, deficiency) for one, other in combinations(colours, 2)) > 15


@pytest.mark.parametrize("deficiency", list(DEFICIENCIES))
@pytest.mark.parametrize("kind", ERRORS)
def test_no_kind_of_error_looks_like_a_class(kind, deficiency):
    """Nor like the background or the border: error and prediction stand side by side."""
    others = (BACKGROUND, IGNORE_COLOUR, *FOREGROUND)
    assert min(distance(ERRORS[kind], other, deficiency) for other in others) > 15


@pytest.mark.parametrize("deficiency", list(DEFICIENCIES))
def test_kinds_of_error_stay_apart_over_an_image(deficiency):
    """Half over black, grey and white, each is still 15 units from the others."""
    for level in (0, 128, 255):
        mixed = [f"#{''.join(f'{(value + level) // 2:02X}' for value in rgb(colour))}" for colour in ERRORS.values()]
        assert min(distance(one, other, deficiency) for one, other in combinations(mixed, 2)) > 15


def test_confidence_grows_in_lightness():
    """Makes a more confident pixel a lighter one."""
    lightness = [seen(colour, "none")[0] for colour in CONFIDENCE]
    assert lightness == sorted(lightness)


def test_curves_differ_in_more_than_colour():
    """Gives neighbouring curves other markers, and no two of the first 24 the same look."""
    looks = [series(index) for index in range(24)]
    assert len(set(looks)) == 24
    assert all(one.marker != other.marker for one, other in pairwise(looks))


def test_more_classes_than_colours_start_again():
    """Colours any label; class 0 keeps a colour of its own."""
    assert class_colour(1) == class_colour(1 + len(FOREGROUND))
    assert class_colour(0) not in FOREGROUND
