"""The contact sheet of `bench perturb`."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, get_args

from bench.cli.printing import say
from bench.host.files import write_atomic
from bench.host.screen import Screen
from bench.perturb import Family, perturb
from bench.perturb.requests import Chosen
from registry.errors import BenchError
from registry.labels import titled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from bench.cli.tile_sheet import SheetRow

    Pixels = NDArray[np.uint8]

SHEETS: dict[str, dict[str, Any]] = {
    ".png": {},
    ".webp": {"quality": 90},
    ".jpg": {"quality": 90},
    ".jpeg": {"quality": 90},
}
LONGEST = {".webp": 16383, ".jpg": 65500, ".jpeg": 65500}
"""The longest side that a format can hold, pixels."""


def write_sheet(
    photo: str, image: "Pixels", labels: "Pixels | None", chosen: Sequence[Chosen], seed: int, out: Path
) -> None:
    """Draw `chosen` by family, each at up to six strengths, and print where.

    Raises:
        BenchError: none of them can be drawn, or the sheet cannot be written.
    """
    from bench.cli.tile_sheet import draw_sheet

    screen = Screen()
    rows, left_out = _rows(image, labels, chosen, seed, screen)
    for line in left_out:
        screen.line(f"left out: {line}")
    if not rows:
        raise BenchError("nothing to draw")
    height, width = image.shape[:2]
    sheet = draw_sheet(f"{photo}  {width}x{height}  seed {seed}  RMSE in grey levels, at this size", rows)
    save(sheet, out, SHEETS[out.suffix.lower()])
    images = sum(len(row.tiles) - 1 for row in rows)
    say(f"{out}: {len(rows)} perturbations of {photo}, {images} images, {sheet.width}x{sheet.height}, seed {seed}")


def perturbed(
    image: "Pixels", labels: "Pixels | None", chosen: Chosen, strength: float, seed: int
) -> "tuple[Pixels, Pixels | None]":
    """Return the image and, where `labels` are given, its mask.

    Raises:
        BenchError: the perturbation needs a mask, or a larger image.
    """
    if labels is None:
        if chosen.entry.needs_mask:
            raise BenchError(f"{chosen.name} places itself by the image's mask; give it with --mask")
        return perturb(image, chosen.name, strength, seed=seed, parameters=chosen.parameters), None
    result = perturb(image, chosen.name, strength, seed=seed, parameters=chosen.parameters, masks=labels)
    return result.image, result.mask


def save(image: "Image", path: Path, options: dict[str, Any]) -> None:
    """Write an image, whole or not at all; its suffix is its format.

    Raises:
        BenchError: it is too large for the format, or cannot be written.
    """
    from PIL import Image

    suffix, longest = path.suffix.lower(), max(image.size)
    if longest > LONGEST.get(suffix, longest):
        raise BenchError(f"{path}: {image.width}x{image.height} is too large for this format; give a .png")
    content = BytesIO()
    image.save(content, Image.registered_extensions()[suffix], **options)
    write_atomic(path, content.getvalue())


def _rows(
    image: "Pixels", labels: "Pixels | None", chosen: Sequence[Chosen], seed: int, screen: Screen
) -> "tuple[list[SheetRow], list[str]]":
    """Return the rows by family, and a line for each that cannot be drawn."""
    from bench.perturb.threads import single_threaded

    families = get_args(Family)
    ordered = sorted(chosen, key=lambda one: families.index(one.entry.family))
    rows: list[SheetRow] = []
    left_out = []
    stopped = Event()
    pool = ThreadPoolExecutor(os.cpu_count(), "sheet", single_threaded)
    with screen.showing(), screen.task("perturbing", len(ordered), "perturbations") as task:
        try:
            for done in pool.map(lambda one: _row(image, labels, one, seed, stopped), ordered):
                task.advance()
                if isinstance(done, BenchError):
                    left_out.append(str(done))
                else:
                    rows.append(done)
        finally:
            stopped.set()
            pool.shutdown(cancel_futures=True)
    return rows, left_out


def _row(
    image: "Pixels", labels: "Pixels | None", chosen: Chosen, seed: int, stopped: Event
) -> "SheetRow | BenchError":
    """Return a perturbation's row, or why there is none; a part of it where nobody wants it any more."""
    from bench.cli.tile_sheet import SheetRow, Tile, reduced, spread
    from bench.perturb.similarity import similarity

    tiles = [Tile(reduced(image), "clean")]
    for strength in spread(chosen.strengths):
        if stopped.is_set():
            break
        try:
            result, _ = perturbed(image, labels, chosen, strength, seed)
        except BenchError as error:
            return error
        tiles.append(Tile(reduced(result), f"{strength:g}", f"RMSE {similarity(image, result).rmse:.3g}"))
    return SheetRow(chosen.entry.family, titled(chosen.label, chosen.entry.title), chosen.entry.unit, tiles)
