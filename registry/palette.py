"""The project's colours, which colour-blind readers can distinguish; plain text, so that nothing heavy is imported.

Class and curve colours are those of Okabe and Ito, "Color Universal Design" (2008); confidence runs
through ten samples of matplotlib's viridis, which grows evenly in lightness.
"""

from dataclasses import dataclass

BACKGROUND = "#6B7280"
"""Class 0 in coloured masks; overlays leave it transparent."""

FOREGROUND = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442")
"""Classes 1, 2, …; more classes start again from the first."""

IGNORE_COLOUR = "#FFFFFF"
"""Pixels labelled 255: the border that no score counts unless its policy does."""

ERRORS = {
    "correct": "#A6D9BF",
    "false positive": "#B21800",
    "false negative": "#9933FF",
    "wrong class": "#FFFF80",
}
"""What a pixel is, blended half over the image; correct background stays as it is. None is the colour of a class."""

FIRST_ERRORS = {
    "correct": "#009E73",
    "false positive": "#CC3311",
    "false negative": "#0072B2",
    "wrong class": "#F0E442",
}
"""The same in images of run folders whose `examples/index.json` had format 1."""

CONFIDENCE = (
    "#440154", "#482878", "#3E4989", "#31688E", "#26828E",
    "#1F9E89", "#35B779", "#6ECE58", "#B5DE2B", "#FDE725",
)  # fmt: skip
"""Confidence 0 to 1 in even steps (viridis; OpenCV calls it COLORMAP_VIRIDIS)."""


@dataclass(frozen=True)
class Series:
    """How one curve is drawn, distinct in three ways: colour, dashes (on, off in points; empty is solid) and marker.

    number: which curve this is, from 0.
    """

    colour: str
    dashes: tuple[float, ...]
    marker: str
    number: int = 0


_CURVES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A7A7A", "#A3541B")
COLOURS = len(_CURVES)
"""Colours of curves; further curves differ from the first ones in their dashes."""
_DASHES: tuple[tuple[float, ...], ...] = ((), (4.0, 1.5), (1.5, 1.5), (6.0, 1.5, 1.5, 1.5))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def class_colour(label: int) -> str:
    """Return the colour of class `label` (0 is the background) as #RRGGBB."""
    return BACKGROUND if label == 0 else FOREGROUND[(label - 1) % len(FOREGROUND)]


def series(index: int) -> Series:
    """Return the style of the curve number `index`; neighbours differ in colour and in marker."""
    dashes = _DASHES[(index // len(_CURVES)) % len(_DASHES)]
    return Series(_CURVES[index % len(_CURVES)], dashes, _MARKERS[index % len(_MARKERS)], index)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return #RRGGBB as three numbers from 0 to 255.

    >>> rgb("#D55E00")
    (213, 94, 0)
    """
    value = int(colour.removeprefix("#"), 16)
    return value >> 16, value >> 8 & 255, value & 255
