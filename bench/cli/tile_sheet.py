"""A contact sheet: perturbations below each other, their strengths beside each other, the RMSE under each image."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TILE = 160  # pixels wide
TALLEST = 240  # pixels
NARROW = 120  # pixels: what the words under an image need
LABEL, GAP, CAPTION, HEADING, LINE = 190, 8, 20, 34, 17  # pixels
PAPER, INK, FAINT, RULE = "#FFFFFF", "#111827", "#4B5563", "#D1D5DB"


@dataclass(frozen=True)
class Tile:
    """One image, reduced, and the words under it: what it is, and how far it is from the clean one."""

    image: Image.Image
    caption: str
    measure: str = ""


@dataclass(frozen=True)
class SheetRow:
    """One perturbation: its family heads the row if the one before has another."""

    family: str
    name: str
    unit: str
    tiles: Sequence[Tile]


def reduced(image: "NDArray[np.uint8]") -> Image.Image:
    """Return an image [H, W, 3] that fits a tile: the mean of the pixels that fall together.

    A small one is enlarged by a whole factor, pixel by pixel.
    """
    whole = Image.fromarray(image)
    scale = min(TILE / whole.width, TALLEST / whole.height)
    if scale >= 1:
        return whole.resize((whole.width * int(scale), whole.height * int(scale)), Image.Resampling.NEAREST)
    size = (max(1, round(whole.width * scale)), max(1, round(whole.height * scale)))
    return whole.resize(size, Image.Resampling.BOX)


def spread(strengths: Sequence[float]) -> list[float]:
    """Return all of up to six strengths, else five of them at even steps, with the first and the last.

    >>> spread([2, 4, 6, 8, 10, 12, 14, 16, 18])
    [2, 6, 10, 14, 18]
    """
    if len(strengths) <= 6:
        return list(strengths)
    return [strengths[(i * (len(strengths) - 1) + 2) // 4] for i in range(5)]


def draw_sheet(title: str, rows: Sequence[SheetRow]) -> Image.Image:
    """Return the sheet, RGB; rows of one family are to stand together."""
    columns = max(len(row.tiles) for row in rows)
    tiles = [tile.image.height + CAPTION for row in rows for tile in row.tiles]
    tall = max(*tiles, *(len(_label(row)) * LINE for row in rows)) + GAP
    heads = sum(_heads(rows, i) for i in range(len(rows)))
    width = GAP + LABEL + columns * (TILE + GAP)
    sheet = Image.new("RGB", (width, GAP + CAPTION + GAP + heads * HEADING + len(rows) * tall), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP), _fitting(title, _font(14), width - 2 * GAP), INK, _font(14))
    y = GAP + CAPTION + GAP
    for i, row in enumerate(rows):
        if _heads(rows, i):
            draw.line((GAP, y, width - GAP, y), RULE)
            draw.text((GAP, y + 7), row.family, INK, _font(17))
            y += HEADING
        _draw_row(sheet, draw, row, y)
        y += tall
    return sheet


def _heads(rows: Sequence[SheetRow], i: int) -> bool:
    return i == 0 or rows[i].family != rows[i - 1].family


def _draw_row(sheet: Image.Image, draw: ImageDraw.ImageDraw, row: SheetRow, y: int) -> None:
    for number, (text, colour, font) in enumerate(_label(row)):
        draw.text((GAP, y + number * LINE), text, colour, font)
    for column, tile in enumerate(row.tiles):
        x = GAP + LABEL + column * (TILE + GAP)
        sheet.paste(tile.image, (x, y))
        under, right = y + tile.image.height + 2, x + max(tile.image.width, NARROW)
        draw.text((x, under), tile.caption, INK, _font(13))
        draw.text((right - _font(12).getlength(tile.measure), under + 1), tile.measure, FAINT, _font(12))


def _label(row: SheetRow) -> list[tuple[str, str, Any]]:
    """Return the lines beside a row with their colours and fonts."""
    name = [(part, INK, _font(14)) for part in wrap(row.name, 25, break_on_hyphens=False)]
    return name + [(part, FAINT, _font(12)) for part in wrap(row.unit, 31)]


@cache
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _fitting(text: str, font: Any, width: int) -> str:
    while len(text) > 1 and font.getlength(text) > width:
        text = text[:-2] + "…"
    return text
