"""The colours of the figures as classes: those of the palette, each strong enough on white and on black paper."""

from registry.palette import Series, class_colour, palette_colours, rgb

LIGHT, DARK = "#ffffff", "#11151a"
"""The page's paper, see ``style.css``."""
_CONTRAST = 3.0
"""WCAG 2.2, criterion 1.4.11: of a graphical object against what is beside it."""


def colour_class(colour: str) -> str:
    """Return the class of a colour of the palette, by which all that is drawn in `currentColor` has it.

    >>> colour_class("#0072B2")
    'k-0072b2'
    """
    return f"k-{colour.removeprefix('#').lower()}"


def look_class(look: Series) -> str:
    """Return the class of a series' colour."""
    return colour_class(look.colour)


def rules() -> str:
    """Return the style rules of all colours of the palette, for light and dark paper."""
    light, dark = (
        [f".{colour_class(one)} {{ color: {legible(one, paper)}; }}" for one in palette_colours()]
        for paper in (LIGHT, DARK)
    )
    return "\n".join([*light, "@media screen and (prefers-color-scheme: dark) {", *dark, "}"])


def legible(colour: str, paper: str) -> str:
    """Return the colour, made darker or lighter until it stands out from the paper by a contrast of 3.

    >>> legible("#0072B2", "#ffffff"), contrast(legible("#F0E442", "#ffffff"), "#ffffff") >= 3
    ('#0072b2', True)
    """
    away = (0, 0, 0) if _luminance(paper) > 0.5 else (255, 255, 255)
    for step in range(21):
        mixed = [round(one + (other - one) * step / 20) for one, other in zip(rgb(colour), away, strict=True)]
        found = "#" + "".join(f"{part:02x}" for part in mixed)
        if contrast(found, paper) >= _CONTRAST:
            break
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").

    >>> round(contrast("#000000", "#ffffff"), 6)
    21.0
    """
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in rgb(colour)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
