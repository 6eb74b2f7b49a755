"""Marks of series: a line in its dashes, a marker in its shape, both in the colour of the model everywhere."""

from typing import TYPE_CHECKING

from markupsafe import Markup

from reports.svg.canvas import element, group
from reports.svg.colours import look_class

if TYPE_CHECKING:
    from registry.palette import Series
    from reports.svg.canvas import Point

SHAPES = {
    "o": "M0-3.4a3.4 3.4 0 1 0 .01 0z",
    "s": "M-3-3h6v6h-6z",
    "^": "M0-3.8l3.8 7h-7.6z",
    "v": "M0 3.8l3.8-7h-7.6z",
    "D": "M0-4l4 4-4 4-4-4z",
    "P": "M-1.3-3.8h2.6v2.5h2.5v2.6h-2.5v2.5h-2.6v-2.5h-2.5v-2.6h2.5z",
    "X": "M-2.2-3.8L0-1.6l2.2-2.2 1.6 1.6L1.6 0l2.2 2.2-1.6 1.6L0 1.6l-2.2 2.2-1.6-1.6L-1.6 0l-2.2-2.2z",
}
"""The markers of the palette around the origin, about 7 pixels wide."""


def marker(look: "Series", at: "Point", tip: str = "", *, hollow: bool = False) -> Markup:
    """Return a series' marker at a place; `tip` shows where the pointer rests on it."""
    place = f"translate({at[0]:.1f} {at[1]:.1f})"
    inside = [element("title", tip)] if tip else []
    return element("path", *inside, class_="mark hollow" if hollow else "mark", d=SHAPES[look.marker], transform=place)


def dashes(look: "Series") -> str | None:
    """Return the dashes of a series' line, None for a solid one."""
    return " ".join(f"{each:g}" for each in look.dashes) or None


def series_group(look: "Series", *children: str, class_: str = "") -> Markup:
    """Return a group in a series' colour."""
    return group(*children, class_=f"series {look_class(look)} {class_}".strip())


def swatch(look: "Series") -> Markup:
    """Return a short line with the marker of a series on it, for a legend."""
    through = element("path", d="M0 6h28", class_="curve", stroke_dasharray=dashes(look))
    inside = series_group(look, through, marker(look, (14, 6)))
    return element("svg", inside, class_="swatch", viewBox="0 0 28 12", width=28, height=12, aria_hidden="true")


def legend(looks: "dict[str, Series]") -> Markup:
    """Return a list of the series' names beside their looks; the script makes buttons of its entries."""
    entries = [element("li", swatch(look), element("span", label)) for label, look in looks.items()]
    return element("ul", *entries, class_="key", aria_label="Legend")
