"""A sheet of images with their masks over them, and below each what augmentation makes of it."""

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bench.data.splits import stratified_sample
from bench.host.files import write_atomic
from registry.labels import IGNORE
from registry.palette import IGNORE_COLOUR, class_colour, rgb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from bench.data.dataset import Subset

    Pixels = NDArray[np.uint8]
    Augment = Callable[[Pixels, Pixels, int], tuple[Pixels, Pixels]]

TILE, GAP, CAPTION = 240, 12, 22  # pixels
PAPER, INK = "#FFFFFF", "#111827"


def contact_sheet(
    subset: "Subset", path: "Path", count: int = 12, seed: int = 0, augment: "Augment | None" = None
) -> None:
    """Write a PNG of `count` images, a stratified sample drawn by `seed`, masks blended half over them.

    With `augment(image, mask, index) -> (image, mask)` each image's augmented form stands below it. Tiles
    are 240 pixels; the legend names each class and the border.

    Raises:
        BenchError: `path` cannot be written, or an image can no longer be read.
    """
    strata = {row.id: subset.classes[row.foreground] for row in subset.rows}
    chosen = stratified_sample(strata, count, seed)
    indices = [index for index, row in enumerate(subset.rows) if row.id in chosen]
    columns = min(4 if len(indices) <= 16 else 8, len(indices))
    tall = CAPTION + (TILE + GAP) * (2 if augment else 1)
    lines = -(-len(indices) // columns)
    width = max(GAP + columns * (TILE + GAP), 560)
    sheet = Image.new("RGB", (width, GAP + CAPTION + GAP + lines * tall), PAPER)
    _legend(sheet, subset)
    for place, index in enumerate(indices):
        x, y = GAP + place % columns * (TILE + GAP), 2 * GAP + CAPTION + place // columns * tall
        _column(sheet, subset, index, (x, y), augment)
    encoded = BytesIO()
    sheet.save(encoded, "PNG", optimize=True)
    write_atomic(path, encoded.getvalue())


def _column(
    sheet: Image.Image, subset: "Subset", index: int, place: tuple[int, int], augment: "Augment | None"
) -> None:
    """Draw one sample: its caption, its image and, below, its augmented form."""
    sample, (x, y) = subset.load(index), place
    text = f"{sample.id[-28:]}  {sample.image.shape[1]}x{sample.image.shape[0]}"
    ImageDraw.Draw(sheet).text((x, y), text, INK, ImageFont.load_default(13))
    sheet.paste(_tile(sample.image, sample.mask, subset), (x, y + CAPTION))
    if augment:
        image, mask = augment(sample.image, sample.mask, index)
        sheet.paste(_tile(image, mask, subset), (x, y + CAPTION + TILE + GAP // 2))


def overlay(image: "Pixels", mask: "Pixels", classes: int, *, background: bool = True) -> "Pixels":
    """Return the image [H, W, 3] with its mask's colours half over it; background stays as it is, if there is one."""
    table = np.zeros((256, 3), np.uint8)
    table[:classes] = [rgb(class_colour(label)) for label in range(classes)]
    table[IGNORE] = rgb(IGNORE_COLOUR)
    blend = (image.astype(np.uint16) + table[mask] + 1) // 2
    return np.where(((mask == 0) & background)[..., None], image, blend).astype(np.uint8)


def _tile(image: "Pixels", mask: "Pixels", subset: "Subset") -> Image.Image:
    """Return the image with its mask, fitted into a square tile."""
    drawn = Image.fromarray(overlay(image, mask, len(subset.classes), background=subset.background))
    scale = TILE / max(drawn.size)
    size = (max(1, round(drawn.width * scale)), max(1, round(drawn.height * scale)))
    tile = Image.new("RGB", (TILE, TILE), "#E5E7EB")
    tile.paste(drawn.resize(size), ((TILE - size[0]) // 2, (TILE - size[1]) // 2))
    return tile


def _legend(sheet: Image.Image, subset: "Subset") -> None:
    draw, x = ImageDraw.Draw(sheet), GAP
    drawn = [(name, class_colour(label)) for label, name in enumerate(subset.classes)]
    entries = drawn[1:] if subset.background else drawn
    for name, colour in [*entries, ("border (ignored)", IGNORE_COLOUR)]:
        draw.rectangle((x, GAP, x + 16, GAP + 16), colour, INK)
        draw.text((x + 22, GAP), name, INK, ImageFont.load_default(14))
        x += 22 + round(draw.textlength(name, ImageFont.load_default(14))) + 20
