"""What all figures of the page are drawn with: escaped elements, and a figure with its names.

Nothing has a `style` attribute, which the page's content policy forbids: looks come from classes, see ``figures.css``.
"""

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterable

Point = tuple[float, float]
"""A place in a figure, in pixels: to the right, and downwards."""


def element(tag: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element; children and values are escaped unless they are Markup, attributes of None left out.

    An underscore in a name stands for a hyphen, one at its end for nothing; numbers are rounded to a tenth of a pixel.

    >>> element("text", "a < b", x=1.25, class_="tick", text_anchor="end")
    Markup('<text x="1.2" class="tick" text-anchor="end">a &lt; b</text>')
    """
    named = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_value(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    inside = "".join(map(escape, children))
    return Markup(f"<{tag}{named}>{inside}</{tag}>" if inside else f"<{tag}{named}/>")


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else coordinate(value)


def coordinate(value: float) -> str:
    """Return a number of a drawing, rounded to a tenth of a pixel.

    >>> coordinate(12.04), coordinate(3.0), coordinate(-0.01)
    ('12', '3', '0')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def text(x: float, y: float, words: str, class_: str = "tick", anchor: str | None = None) -> Markup:
    """Return a text that stands on the line `y`; anchor: "middle" or "end" of it is at `x`, else its start."""
    return element("text", words, x=x, y=y, class_=class_, text_anchor=anchor)


def line(one: Point, other: Point, class_: str) -> Markup:
    """Return a straight line."""
    return element("line", x1=one[0], y1=one[1], x2=other[0], y2=other[1], class_=class_)


def rect(x: float, y: float, width: float, height: float, class_: str, tip: str = "") -> Markup:
    """Return a rectangle; `tip` shows where the pointer rests on it."""
    inside = [element("title", tip)] if tip else []
    return element("rect", *inside, x=x, y=y, width=width, height=height, class_=class_)


def path(points: "Iterable[Point]", *, close: bool = False) -> str:
    """Return the `d` of a path through points.

    >>> path([(0, 1), (2.25, 3)], close=True)
    'M0 1L2.2 3Z'
    """
    return "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in points) + ("Z" if close else "")


def group(*children: str, class_: str | None = None, **attributes: str | float | None) -> Markup:
    """Return a group, an empty text where it would be empty."""
    return element("g", *children, class_=class_, **attributes) if any(children) else Markup()


def figure(size: Point, title: str, desc: str, *body: str, kind: str = "", links: bool = False) -> Markup:
    """Return an SVG element of `size` pixels, which grows and shrinks with its place on the page.

    title: its name, a few words; desc: what it shows and where the numbers stand, for those who cannot see it;
    kind: a class more; links: it holds links, so that it is a group of them and no picture.
    """
    width, height = size
    return element(
        "svg",
        element("title", title),
        element("desc", desc) if desc else Markup(),
        *body,
        class_=f"chart {kind}".strip(),
        viewBox=f"0 0 {coordinate(width)} {coordinate(height)}",
        width=width,
        height=height,
        role="group" if links else "img",
        aria_label=title if links else None,
    )


def letters(words: str, size: float = 12) -> float:
    """Return about how wide a text of `size` pixels is; no less than most."""
    return 0.56 * size * len(words)


def shortened(words: str, most: int) -> str:
    """Return a text of at most so many letters; where it is longer, an ellipsis stands for its middle.

    >>> shortened("gaussian noise", 8)
    'gauss…se'
    """
    if len(words) <= most:
        return words
    tail = (most - 1) // 3
    return f"{words[: most - 1 - tail]}…{words[len(words) - tail :] if tail else ''}"
