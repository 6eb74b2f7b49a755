"""A confusion matrix as coloured cells."""

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from markupsafe import escape

from registry.palette import CONFIDENCE, rgb
from reports.svg.canvas import LETTER, drawing, place, text
from reports.svg.scales import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from reports.record.confusion import Confusion

NUMBERED, NAMED = 12, 40
"""Up to so many rows or columns a cell has its number; above the last, rows have no names either."""
_LETTERS = 18
_HEAD = 22.0
_DARK = 0.18
"""Colours of a luminance below this have white numbers, others black ones: both contrasts are equal here."""


@dataclass(frozen=True)
class MatrixTile:
    """One cell: its place on the colours from 0 to 1 (None: empty), its number, and what it says."""

    share: float | None
    number: str
    words: str


def matrix(confusion: "Confusion", alt: str) -> "Markup":
    """Return a confusion matrix: rows are the ground truth, columns the prediction, each row 100 %.

    Colours follow the square root of the share, so that one per cent can be seen.
    """
    tiles = [
        [
            _share_tile(share, pixels, truth, prediction)
            for share, pixels, prediction in zip(shares, counts, confusion.columns, strict=True)
        ]
        for shares, counts, truth in zip(confusion.shares, confusion.pixels, confusion.rows, strict=True)
    ]
    return grid(confusion.rows, confusion.columns, tiles, alt, ("ground truth ↓", "prediction →"))


def grid(
    rows: "Sequence[str]",
    columns: "Sequence[str]",
    tiles: "Sequence[Sequence[MatrixTile]]",
    alt: str,
    corner: tuple[str, str] = ("", ""),
) -> "Markup":
    """Return rows of coloured tiles with their names.

    corner: what the rows and what the columns are.
    """
    most = max(len(rows), len(columns))
    wide, high = (62.0, 26.0) if len(columns) <= NUMBERED else (22.0, 22.0) if most <= NAMED else (7.0, 7.0)
    plain = most > NAMED
    left = 12 + (0 if plain else LETTER * max(len(corner[0]), min(_LETTERS, max(map(len, rows)))))
    turned = not plain and (wide < 40 or max(map(len, columns)) > 10)
    top = _HEAD + (0 if plain else 6 + 5.2 * min(_LETTERS, max(map(len, columns))) if turned else 14)
    body = [text(left, 12, corner[1], "quiet"), text(left - 6, top - 6, corner[0], "quiet", "end")]
    if not plain:
        body += [
            text(left - 6, top + high * (i + 0.5) + 3.5, shortened(name, _LETTERS), "", "end")
            for i, name in enumerate(rows)
        ]
        body += [
            _head(left + wide * (i + 0.5), top - 6, shortened(name, _LETTERS), turned) for i, name in enumerate(columns)
        ]
    for i, line in enumerate(tiles):
        body += [_tile(tile, left + wide * j, top + high * i, (wide, high)) for j, tile in enumerate(line)]
    slant = 40.0 if turned else 0.0
    return drawing(
        left + wide * len(columns) + 4 + slant, top + high * len(rows) + 6, alt, "".join(body), "grid-of-tiles"
    )


def fill(share: float) -> str:
    """Return the colour of a share from 0 to 1 as #rrggbb, between those of viridis.

    >>> fill(0), fill(1)
    ('#440154', '#fde725')
    """
    at = min(max(share, 0.0), 1.0) * (len(CONFIDENCE) - 1)
    below = min(int(at), len(CONFIDENCE) - 2)
    pairs = zip(rgb(CONFIDENCE[below]), rgb(CONFIDENCE[below + 1]), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * (at - below)):02x}" for one, other in pairs)


def _head(x: float, y: float, name: str, turned: bool) -> str:
    if not turned:
        return text(x, y, name, "", "middle")
    return f'<g transform="translate({place(x)} {place(y)}) rotate(-55)">{text(0, 3, name)}</g>'


def _tile(tile: MatrixTile, x: float, y: float, size: tuple[float, float]) -> str:
    """Return a coloured cell; its number is white on dark colours and black on bright ones."""
    wide, high = size
    colour = 'class="empty"' if tile.share is None else f'fill="{fill(tile.share)}"'
    gap = 1.0 if wide > 10 else 0.0
    sides = f'width="{place(wide - gap)}" height="{place(high - gap)}"'
    body = f'<title>{escape(tile.words)}</title><rect x="{place(x)}" y="{place(y)}" {sides} {colour}/>'
    if wide > 40:
        ink = "quiet" if tile.share is None else "on-dark" if _dark(fill(tile.share)) else "on-light"
        body += text(x + wide / 2, y + high / 2 + 3.5, tile.number, ink, "middle")
    return f'<g role="img" aria-label="{escape(tile.words)}">{body}</g>'


def _dark(colour: str) -> bool:
    red, green, blue = (part / 255 for part in rgb(colour))
    return bool(0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2 < _DARK)


def _share_tile(share: float | None, pixels: int, truth: str, prediction: str) -> MatrixTile:
    if share is None:
        return MatrixTile(None, "—", f"{truth}: no pixel in the ground truth")
    words = f"{truth} predicted as {prediction}: {100 * share:.2f} %, {pixels:,} pixels"
    return MatrixTile(sqrt(share), _percent(share), words)


def _percent(share: float) -> str:
    r"""Return a share in per cent; one above 0 is never written as 0.

    >>> _percent(0.1234), _percent(0.0004), _percent(0.0)
    ('12.3\xa0%', '<0.1\xa0%', '0\xa0%')
    """
    if 0 < share < 0.0005:
        return "<0.1\u00a0%"
    return f"{100 * share:.1f}\u00a0%" if share else "0\u00a0%"
