"""`bench perturb`: one image under one condition, or a sheet of many."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli import completion
from bench.cli.options import Keys, Plugins, Seed
from bench.cli.printing import say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.perturb.requests import Chosen

    Pixels = NDArray[np.uint8]

LOSSLESS: dict[str, dict[str, Any]] = {
    ".png": {},
    ".tif": {"compression": "tiff_lzw"},
    ".tiff": {"compression": "tiff_lzw"},
    ".webp": {"lossless": True},
}

Name = Annotated[
    str | None,
    typer.Option(
        "--perturbation",
        metavar="NAME",
        help="Which; without --strength a sheet of it.",
        autocompletion=completion.entries("perturbations"),
    ),
]
Preset = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="A sheet of a preset.", autocompletion=completion.presets),
]


def command(
    photo: Annotated[Path, typer.Argument(metavar="PHOTO", help="An image file.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="An image (lossless), or a sheet.")],
    perturbation: Name = None,
    strength: Annotated[float | None, typer.Option("--strength", help="In the perturbation's unit.")] = None,
    parameter: Keys = None,
    preset: Preset = None,
    every: Annotated[bool, typer.Option("--all", help="A sheet of all perturbations.")] = False,
    seed: Seed = 0,
    mask: Annotated[
        Path | None, typer.Option("--mask", metavar="FILE", help="Its mask: 0 background, 255 no class.")
    ] = None,
    mask_out: Annotated[
        Path | None, typer.Option("--mask-out", metavar="FILE.png", help="The mask, moved with the image.")
    ] = None,
    plugins: Plugins = None,
) -> None:
    """Perturb an image at its own size, or draw a sheet: perturbations x strengths with measured RMSE.

    The pixels are those of a run and of `bench.perturb.perturb(...)` with the same seed.

    \b
    Examples:
      bench perturb photo.jpg --perturbation fog --strength 3 -o out.png
      bench perturb photo.jpg --perturbation rotate --strength 15 -o out.png \\
        --mask m.png --mask-out out_m.png
      bench perturb a.jpg --perturbation occlusion -p placement=anywhere -o b.png
      bench perturb photo.jpg --preset common15 -o sheet.webp
      bench perturb photo.jpg --all -o sheet.png
    """
    from bench.cli.perturbation_sheet import write_sheet
    from bench.perturb.requests import everything, from_name, from_preset, merged, pairs
    from registry.errors import BenchError

    if sum([perturbation is not None, preset is not None, every]) != 1:
        raise BenchError("give one of --perturbation NAME, --preset NAME and --all (see `bench list perturbations`)")
    if perturbation is None and (parameter or strength is not None):
        raise BenchError("--strength and -p belong to one perturbation; give --perturbation NAME")
    _check_files(photo, out, mask, mask_out, single=strength is not None)
    keys = pairs(parameter or (), "-p")
    if perturbation is not None:
        chosen = [from_name(perturbation, None if strength is None else [strength], keys)]
    else:
        chosen = everything() if every else merged(from_preset(preset or ""))
    image, labels = _read(photo, mask)
    if strength is not None:
        _write_one(photo.name, image, labels, chosen[0], seed, out, mask_out)
    else:
        write_sheet(photo.name, image, labels, chosen, seed, out)


def _check_files(photo: Path, out: Path, mask: Path | None, mask_out: Path | None, *, single: bool) -> None:
    """Refuse files that do not go together, before anything is read."""
    from registry.errors import BenchError

    if mask_out and not (single and mask):
        raise BenchError("--mask-out needs --mask, --perturbation and --strength")
    _check_suffix(out, single=single)
    places = [os.path.realpath(path) for path in (photo, mask, out, mask_out) if path]
    if len(set(places)) < len(places):
        raise BenchError("the image, its mask and what is written are to be different files; give another name")
    if mask_out and mask_out.suffix.lower() != ".png":
        raise BenchError(f"{mask_out}: masks are written as .png")


def _check_suffix(out: Path, *, single: bool) -> None:
    from bench.cli.perturbation_sheet import SHEETS
    from registry.errors import BenchError

    allowed, suffix = LOSSLESS if single else SHEETS, out.suffix.lower()
    if single and suffix in (".jpg", ".jpeg"):
        raise BenchError(f"{out}: JPEG would add its own damage to the image; give a .png, .tif or .webp")
    if suffix not in allowed:
        raise BenchError(f"{out}: give a file that ends in {', '.join(allowed)}")


def _read(photo: Path, mask: Path | None) -> "tuple[Pixels, Pixels | None]":
    from bench.data import MAX_PIXELS, UnreadableImage
    from bench.data.decoding import read_pair
    from bench.data.image_listing import SHOWN
    from bench.data.integrity import check_size
    from bench.host.screen import Screen
    from registry.errors import BenchError
    from registry.image_files.reading import read_image
    from registry.remarks import hearing

    try:
        with hearing() as remarks:
            image, labels = read_pair(photo, mask, MAX_PIXELS) if mask else (read_image(photo, MAX_PIXELS), None)
    except UnreadableImage as error:
        raise BenchError(f"{error}; give an image file ({SHOWN})") from error
    for sentence in remarks:
        Screen().warning(f"{mask}: {sentence}")
    if labels is not None:
        if labels.ndim != 2:
            raise BenchError(f"{mask}: the mask is in colours; give one with an index for each class, 255 for none")
        check_size(image, labels, str(mask))
    return image, labels


def _write_one(
    photo: str, image: "Pixels", labels: "Pixels | None", chosen: "Chosen", seed: int, out: Path, mask_out: Path | None
) -> None:
    from PIL import Image

    from bench.cli.perturbation_sheet import perturbed, save
    from bench.perturb.similarity import similarity

    strength = chosen.strengths[0]
    result, moved = perturbed(image, labels, chosen, strength, seed)
    save(Image.fromarray(result), out, LOSSLESS[out.suffix.lower()])
    if mask_out and moved is not None:
        save(Image.fromarray(moved), mask_out, {})
    measured = similarity(image, result)
    psnr = f", PSNR {measured.psnr:.1f} dB" if math.isfinite(measured.psnr) else ""
    what = f"{photo} under {chosen.label} {strength:g} ({chosen.entry.unit}), seed {seed}"
    say(f"{out}: {what}: RMSE {measured.rmse:.3g} grey levels{psnr}" + (f"; mask: {mask_out}" if mask_out else ""))
