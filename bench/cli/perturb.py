"""`bench perturb`: one image under one condition, or a sheet of many."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cli.perturbation_sheet import SHEETS, perturbed, save, write_sheet
from bench.perturb.selection import Chosen, everything, from_name, from_preset, merged, pairs
from registry.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

MAX_PIXELS = 100_000_000
LOSSLESS: dict[str, dict[str, Any]] = {
    ".png": {},
    ".tif": {"compression": "tiff_lzw"},
    ".tiff": {"compression": "tiff_lzw"},
    ".webp": {"lossless": True},
}


def perturb_photo(
    photo: Path,
    out: Path,
    name: str | None,
    strength: float | None,
    parameters: Sequence[str],
    preset: str | None,
    everything_: bool,
    seed: int,
    mask: Path | None,
    mask_out: Path | None,
) -> None:
    """Write one perturbed image, or a sheet, and print what it is.

    Raises:
        BenchError: options that do not go together, or a file that cannot be read or written.
    """
    if sum([name is not None, preset is not None, everything_]) != 1:
        raise BenchError("give one of --perturbation NAME, --preset NAME and --all (see `bench list perturbations`)")
    if name is None and (parameters or strength is not None):
        raise BenchError("--strength and -p belong to one perturbation; give --perturbation NAME")
    single = strength is not None
    if mask_out and not (single and mask):
        raise BenchError("--mask-out needs --mask, --perturbation and --strength")
    _check_suffix(out, single=single)
    places = [path.resolve() for path in (photo, mask, out, mask_out) if path]
    if len(set(places)) < len(places):
        raise BenchError("the image, its mask and what is written are to be different files")
    if mask_out and mask_out.suffix.lower() != ".png":
        raise BenchError(f"{mask_out}: masks are written as .png")
    keys = pairs(parameters, "-p")
    if name is not None:
        chosen = [from_name(name, None if strength is None else [strength], keys)]
    else:
        chosen = everything() if everything_ else merged(from_preset(preset or ""))
    image, labels = _read(photo, mask)
    if single:
        _write_one(photo.name, image, labels, chosen[0], seed, out, mask_out)
    else:
        write_sheet(photo.name, image, labels, chosen, seed, out)


def _check_suffix(out: Path, *, single: bool) -> None:
    allowed, suffix = LOSSLESS if single else SHEETS, out.suffix.lower()
    if single and suffix in (".jpg", ".jpeg"):
        raise BenchError(f"{out}: JPEG would add its own damage to the image; give a .png, .tif or .webp")
    if suffix not in allowed:
        raise BenchError(f"{out}: give a file that ends in {', '.join(allowed)}")


def _read(photo: Path, mask: Path | None) -> "tuple[Pixels, Pixels | None]":
    from bench.data import UnreadableImage
    from bench.data.decoding import read_image, read_mask
    from bench.data.integrity import check_size

    try:
        image = read_image(photo, MAX_PIXELS)
        labels = None if mask is None else read_mask(mask, MAX_PIXELS)
    except UnreadableImage as error:
        raise BenchError(f"{error}; give an image file (png, jpg, webp, tif, bmp)") from error
    if labels is not None:
        if labels.ndim != 2:
            raise BenchError(f"{mask}: the mask is in colours; give one with an index for each class, 255 for none")
        check_size(image, labels, str(mask))
    return image, labels


def _write_one(
    photo: str, image: "Pixels", labels: "Pixels | None", chosen: Chosen, seed: int, out: Path, mask_out: Path | None
) -> None:
    from PIL import Image

    from bench.perturb.similarity import similarity

    strength = chosen.strengths[0]
    result, moved = perturbed(image, labels, chosen, strength, seed)
    save(Image.fromarray(result), out, LOSSLESS[out.suffix.lower()])
    if mask_out and moved is not None:
        save(Image.fromarray(moved), mask_out, {})
    measured = similarity(image, result)
    psnr = f", PSNR {measured.psnr:.1f} dB" if math.isfinite(measured.psnr) else ""
    what = f"{photo} under {chosen.label} {strength:g} ({chosen.entry.unit}), seed {seed}"
    print(f"{out}: {what}: RMSE {measured.rmse:.3g} grey levels{psnr}" + (f"; mask: {mask_out}" if mask_out else ""))
