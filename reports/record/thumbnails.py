"""Pictures made small enough for a page: chosen panels of example images, side by side, within a budget of bytes."""

import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from bench.record.example_index import GAP
from reports.record.image_files import image_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from bench.record.example_index import Example

STRIPS, SHARED, WORST, RECONSTRUCTED = 800_000, 1_500_000, 2_400_000, 300_000
"""Characters of data URIs that each section may spend: 5 MB of a page, whatever the run."""
WIDTHS = (320, 224, 160, 128, 96)
"""Pixels of a panel, from as it is stored to what can just be judged by eye."""
_TRIED, _AT_ONCE, _KEPT = 6, 32, 32
"""Pictures by which a width is judged, pictures drawn at once, files that stay decoded."""
_QUALITY = {320: 75, 224: 70, 160: 65, 128: 60, 96: 55}


class PicturePanel(NamedTuple):
    """One panel of an image file: number `place`, from 0 at the left, of `panels`."""

    file: str
    place: int = 0
    panels: int = 1


Picture = tuple[PicturePanel, ...]
"""Panels to stand side by side in one image."""


class Thumbnails(NamedTuple):
    """What a page shows: data URIs by picture, None where a file is missing or no image; how many had no room."""

    uris: dict[Picture, str | None]
    left_out: int


def panels(example: "Example") -> dict[str, PicturePanel]:
    """Return the panels of an example by their titles."""
    return {
        title: PicturePanel(image.file, i, len(image.panels))
        for image in example.images
        for i, title in enumerate(image.panels)
    }


def fitted(folder: "Path", wanted: Sequence[Picture], budget: int) -> Thumbnails:
    """Return pictures for a page, the first ones of `wanted` surely, at most `budget` characters together.

    All are of one size: the largest of `WIDTHS` at which they fit, by the weight of some of them. A picture that is
    named twice weighs twice.

    Raises:
        BenchError: a picture names a file outside the run folder.
    """
    if not wanted:
        return Thumbnails({}, 0)
    different = list(dict.fromkeys(wanted))
    tried = different[:: max(1, len(different) // _TRIED)]
    opened = lru_cache(_KEPT)(partial(_opened, folder))  # several panels come from one file
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for width in WIDTHS:
            draw = partial(_uri, opened, width)
            weights = [len(uri or "") for uri in pool.map(draw, tried)]
            if sum(weights) / len(weights) * len(wanted) <= budget:
                break
        return _taken(wanted, budget, partial(pool.map, draw))


def _taken(wanted: Sequence[Picture], budget: int, draw: Callable[[list[Picture]], Iterable[str | None]]) -> Thumbnails:
    uris: dict[Picture, str | None] = {}
    for start in range(0, len(wanted), _AT_ONCE):  # what lies beyond the budget is not drawn
        some = wanted[start : start + _AT_ONCE]
        new = [picture for picture in dict.fromkeys(some) if picture not in uris]
        drawn = uris | dict(zip(new, draw(new), strict=True))
        for place, picture in enumerate(some, start):
            budget -= len(drawn[picture] or "")
            if budget < 0:
                return Thumbnails(uris, sum(one not in uris for one in wanted[place:]))
            uris[picture] = drawn[picture]
    return Thumbnails(uris, 0)


def _uri(opened: "Callable[[str], Image | None]", width: int, picture: Picture) -> str | None:
    """Return panels side by side, each `width` pixels wide at most, as a data URI; None: one is not there."""
    from PIL import Image

    images = [_cut(image, panel, width) for panel in picture if (image := opened(panel.file))]
    if len(images) < len(picture) or not images:
        return None
    sheet = Image.new("RGB", (sum(one.width + GAP for one in images) - GAP, max(one.height for one in images)), "white")
    left = 0
    for one in images:
        sheet.paste(one, (left, 0))
        left += one.width + GAP
    content = BytesIO()
    sheet.save(content, "webp", quality=_QUALITY[width], method=4)
    return f"data:image/webp;base64,{b64encode(content.getvalue()).decode()}"


def _opened(folder: "Path", file: str) -> "Image | None":
    from PIL import Image

    from registry.image_files.pillow_files import DAMAGE

    if (content := image_bytes(folder, file)) is None:
        return None
    try:
        with Image.open(BytesIO(content), formats=("WEBP", "PNG", "JPEG")) as image:
            return image.convert("RGB")
    except DAMAGE:
        return None


def _cut(image: "Image", panel: PicturePanel, width: int) -> "Image":
    """Return one panel of an image without the gap at its right."""
    from PIL import Image

    side = image.width // panel.panels
    left, gap = panel.place * side, GAP if panel.panels > 1 else 0
    one = image.crop((left, 0, max(left + 1, left + side - gap), image.height))
    one.thumbnail((width, width), Image.Resampling.BICUBIC)
    return one
