"""A distance in pixels, or as a share of a length of the image: `2`, or `1%`."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

if TYPE_CHECKING:
    from collections.abc import Callable


def in_pixels(extent: float | str, length: float) -> float:
    """Return an extent in pixels; `length`: what a share is a share of.

    >>> in_pixels(2, 375), in_pixels("1%", 375)
    (2.0, 3.75)
    """
    return length * float(extent[:-1]) / 100 if isinstance(extent, str) else float(extent)


def _checked(whole: bool) -> "Callable[[Any], float | str]":
    pixels = "a whole number of pixels, at least 1" if whole else "a number of pixels above 0"

    def check(given: Any) -> float | str:
        share = isinstance(given, str) and given.endswith("%")
        try:
            value = float(given[:-1] if share else given)
        except (TypeError, ValueError):
            value = 0.0
        right = 0 < value <= 100 if share else 0 < value <= 10_000 and not isinstance(given, bool | str)
        if not right or (whole and not share and not value.is_integer()):
            raise ValueError(f"give {pixels} (at most 10000), or a share such as 1% (given: {given!r})")
        return str(given) if share else value

    return check


def _told(words: str) -> WithJsonSchema:
    # With a pattern the words are what lists and messages say.
    return WithJsonSchema({"type": "string", "pattern": "", "description": words})


Extent = Annotated[
    float | str, BeforeValidator(_checked(whole=False)), _told("a number of pixels above 0, or a share such as 1%")
]
"""A distance: any number of pixels above 0, or a share."""
WholeExtent = Annotated[
    float | str, BeforeValidator(_checked(whole=True)), _told("a whole number of pixels, or a share such as 1%")
]
"""A distance that is a whole number of pixels, or a share, which is rounded."""
