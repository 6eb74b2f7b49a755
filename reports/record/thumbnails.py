"""Pictures made small enough for a page: chosen panels of example images, side by side, within a budget of bytes."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from bench.record.example_index import GAP
from reports.record.image_files import as_uri, image_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image

    from bench.record.example_index import Example

STRIPS, SHARED, WORST, RECONSTRUCTED = 800_000, 1_500_000, 2_400_000, 300_000
"""Characters of data URIs that each section may spend: 5 MB of a page, whatever the run."""
WIDTHS = (320, 224, 160, 128, 96)
"""Pixels of a panel, from as it is stored to what can just be judged by eye."""
_TRIED = 6
_QUALITY = {320: 75, 224: 70, 160: 65, 128: 60, 96: 55}


class Panel(NamedTuple):
    """One panel of an image file: number `place` of `panels` from the left."""

    file: str
    place: int = 0
    panels: int = 1


Picture = tuple[Panel, ...]
"""Panels to stand side by side in one image."""


class Fitted(NamedTuple):
    """What a page shows: data URIs by picture, None where a file is missing or no image; how many had no room."""

    uris: dict[Picture, str | None]
    left_out: int


def panels(example: "Example") -> dict[str, Panel]:
    """Return the panels of an example by their titles."""
    return {
        title: Panel(image.file, i, len(image.panels))
        for image in example.images
        for i, title in enumerate(image.panels)
    }


def fitted(folder: "Path", wanted: Sequence[Picture], budget: int) -> Fitted:
    """Return pictures for a page, the first ones of `wanted` surely, at most `budget` characters together.

    All are of one size: the largest of `WIDTHS` at which they fit, by the weight of some of them. A picture that is
    named twice weighs twice.

    Raises:
        BenchError: a picture names a file outside the run folder.
    """
    if not wanted:
        return Fitted({}, 0)
    tried = list(dict.fromkeys(wanted))[:: max(1, len(set(wanted)) // _TRIED)]
    with ThreadPoolExecutor(2) as pool:
        for width in WIDTHS:
            weights = [len(uri or "") for uri in pool.map(partial(_uri, folder, width), tried)]
            if sum(weights) / len(weights) * len(wanted) <= budget:
                break
        return _taken(folder, wanted, budget, width, pool)


def _taken(folder: "Path", wanted: Sequence[Picture], budget: int, width: int, pool: ThreadPoolExecutor) -> Fitted:
    uris: dict[Picture, str | None] = {}
    for taken in range(0, len(wanted), 32):  # a picture beyond the budget is not drawn
        some = wanted[taken : taken + 32]
        new = [picture for picture in dict.fromkeys(some) if picture not in uris]
        drawn = uris | dict(zip(new, pool.map(partial(_uri, folder, width), new), strict=True))
        for i, picture in enumerate(some, taken):
            budget -= len(drawn[picture] or "")
            if budget < 0:
                return Fitted(uris, sum(one not in uris for one in wanted[i:]))
            uris[picture] = drawn[picture]
    return Fitted(uris, 0)


def _uri(folder: "Path", width: int, picture: Picture) -> str | None:
    """Return panels side by side, each `width` pixels wide at most, as a data URI; None: one is not there."""
    from PIL import Image

    files = {file: _opened(folder, file) for file in dict.fromkeys(panel.file for panel in picture)}
    images = [_cut(image, panel, width) for panel in picture if (image := files[panel.file])]
    if len(images) < len(picture) or not images:
        return None
    sheet = Image.new("RGB", (sum(one.width + GAP for one in images) - GAP, max(one.height for one in images)), "white")
    left = 0
    for one in images:
        sheet.paste(one, (left, 0))
        left += one.width + GAP
    content = BytesIO()
    sheet.save(content, "webp", quality=_QUALITY[width], method=4)
    return as_uri(content.getvalue())


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


def _cut(image: "Image", panel: Panel, width: int) -> "Image":
    """Return one panel of an image without the gap at its right."""
    from PIL import Image

    side = image.width // panel.panels
    left, gap = panel.place * side, GAP if panel.panels > 1 else 0
    one = image.crop((left, 0, max(left + 1, left + side - gap), image.height))
    one.thumbnail((width, width), Image.Resampling.BICUBIC)
    return one
