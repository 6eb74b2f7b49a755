"""What there is to write: each image under each perturbation at each strength, less what is there."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path
from typing import NamedTuple

from bench.corrupt.copy_manifest import NAME, Manifest, Written
from bench.corrupt.source import IMAGES, MASKS, CleanImages
from bench.perturb import PERTURBATIONS
from bench.perturb.requests import Chosen
from registry.errors import BenchError

SHARE = {"png": 0.5, "jpeg": 0.1}
"""Bytes in a file for each byte of pixels, on photographs: a rough mean over noise, blur and the clean image."""


@dataclass(frozen=True)
class CopySettings:
    """What all images of a folder share: the seed, and the quality of JPEG files (None: lossless PNG)."""

    out: Path
    seed: int = 0
    quality: int | None = None

    @property
    def format(self) -> str:
        """The manifest's word for how files are encoded."""
        return "png" if self.quality is None else f"jpeg {self.quality}"

    @property
    def suffix(self) -> str:
        """The ending of the images' files."""
        return ".png" if self.quality is None else ".jpg"


class Target(NamedTuple):
    """One image to write: what it is made of, and its row before it is measured."""

    chosen: Chosen
    strength: float
    row: Written


@dataclass(frozen=True)
class Plan:
    """The missing images by the place of their source in the subset; what is there, and what cannot be."""

    missing: Mapping[int, list[Target]]
    there: int
    too_small: list[str]
    size: int
    """A guess, in bytes."""

    @property
    def count(self) -> int:
        """How many images there are to write."""
        return sum(map(len, self.missing.values()))


def folder_of(chosen: Chosen, strength: float) -> str:
    """Return the sub-folder of a condition, such as "fog/3" or "rotate_fill=mirror/15"."""
    changed = "".join(f"_{key}={value}" for key, value in chosen.parameters.changed().items())
    return f"{chosen.name}{re.sub(r'[^A-Za-z0-9._=,+-]', '', changed)}/{strength:.12g}"


def make_plan(images: CleanImages, chosen: Sequence[Chosen], settings: CopySettings, manifest: Manifest) -> Plan:
    """Return what is missing of `chosen`.

    Raises:
        BenchError: the manifest's images have another seed or format.
    """
    _check_settings(manifest, settings)
    missing: dict[int, list[Target]] = {}
    too_small: list[str] = []
    there, values = 0, 0
    common = [_common(one, settings) for one in chosen]
    for index, row in enumerate(images.subset.rows):
        for one, words in zip(chosen, common, strict=True):
            if min(row.height, row.width) < one.entry.least:
                least = one.entry.least
                too_small.append(f"{row.id}: {one.name} needs {least} pixels each way, not {row.height}x{row.width}")
                continue
            for strength in one.strengths:
                target = Target(one, strength, _row(images, index, one, strength, settings.suffix, words))
                if _is_there(target.row, manifest, settings.out):
                    there += 1
                else:
                    missing.setdefault(index, []).append(target)
                    values += 3 * row.height * row.width
    _forget_changed_masks(images, missing, manifest)
    return Plan(missing, there, too_small, round(values * SHARE[settings.format.split()[0]]))


def _forget_changed_masks(images: CleanImages, missing: Mapping[int, list[Target]], manifest: Manifest) -> None:
    """Drop the rows whose mask, shared by all conditions, is about to be replaced by another one."""
    rows = (images.subset.rows[index] for index in missing)
    now = {f"{MASKS}/{row.id}.png": row.mask_hash for row in rows}
    for file, known in list(manifest.rows.items()):
        if now.get(known.mask, known.source_mask_hash) != known.source_mask_hash:
            del manifest.rows[file]


def _check_settings(manifest: Manifest, settings: CopySettings) -> None:
    wanted = (str(settings.seed), settings.format)
    for row in manifest.rows.values():
        if (row.seed, row.format) != wanted:
            raise BenchError(
                f"{settings.out} holds images of seed {row.seed} as {row.format}, not of seed {wanted[0]} as "
                f"{wanted[1]}; give the same --seed and --jpeg, or another folder"
            )


def _common(chosen: Chosen, settings: CopySettings) -> dict[str, str]:
    """Return what the rows of a perturbation have in common."""
    parameters, entry = chosen.parameters, chosen.entry
    return {
        "perturbation": chosen.name,
        "parameters": json.dumps(parameters.model_dump(mode="json"), sort_keys=True),
        "resources": json.dumps(dict(entry.resources(parameters)), sort_keys=True),
        "version": str(PERTURBATIONS.version(chosen.name)),
        "seed": str(settings.seed),
        "format": settings.format,
    }


def _row(
    images: CleanImages, index: int, chosen: Chosen, strength: float, suffix: str, common: Mapping[str, str]
) -> Written:
    row, folder = images.subset.rows[index], folder_of(chosen, strength)
    masks = f"{folder}/{MASKS}" if chosen.entry.moves else MASKS
    return Written(
        file=f"{folder}/{IMAGES}/{row.id}{suffix}",
        mask=f"{masks}/{row.id}.png" if images.has_masks else "",
        strength=f"{strength:.12g}",
        source=images.source(index),
        source_hash=row.image_hash,
        source_mask_hash=row.mask_hash if images.has_masks else "",
        **common,
    )


def _is_there(row: Written, manifest: Manifest, out: Path) -> bool:
    known = manifest.rows.get(row.file)
    return (
        known is not None
        and known.same_work(row)
        and (out / row.file).is_file()
        and (not row.mask or (out / row.mask).is_file())
    )


def check_folder(out: Path, images: CleanImages) -> None:
    """Refuse a folder that holds something else, or in which or below which the clean images lie.

    Raises:
        BenchError: it is one of these.
    """
    if out.exists() and not out.is_dir():
        raise BenchError(f"{out} is a file; give a folder")
    visible = [path.name for path in out.iterdir() if not path.name.startswith(".")] if out.is_dir() else []
    if visible and NAME not in visible:
        raise BenchError(f"{out} is not empty and was not made by bench corrupt; give another folder")
    whole = images.root if not images.has_masks else None
    folders = {path.parent for one in images.subset.references for path in (one.image, one.mask) if path}
    place = Path(realpath(out))
    if (whole and place.is_relative_to(whole)) or any(
        place.is_relative_to(folder) or folder.is_relative_to(place) for folder in folders
    ):
        raise BenchError(f"{out} is where the clean images lie; give another folder")
