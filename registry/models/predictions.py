"""Scores masks that any other tool made: a folder with one sub-folder per condition.

Layout: ``<folder>/clean/<sample id>.png`` and ``<folder>/<perturbation>_<strength>/<sample id>.png``,
index masks in the data set's class order (8-bit grey or palette PNG).
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from registry.errors import BenchError, first_of
from registry.parameters import Parameters
from registry.regular_files import users_path
from registry.segmenter import ModelEntry, Segmenter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from registry.segmenter import Case


class PredictionsParameters(Parameters):
    """folder: where the masks lie, one sub-folder per condition."""

    folder: str


def _build(p: PredictionsParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    from registry.networks.stored_masks import StoredMasks

    return StoredMasks(users_path(p.folder), len(classes))


def _check(p: PredictionsParameters) -> None:
    folder = users_path(p.folder)
    if not (folder / "clean").is_dir():
        raise BenchError(f"predictions: no folder {folder.absolute() / 'clean'}; masks of the clean images go there")


def _check_cases(p: PredictionsParameters, cases: "Sequence[Case]") -> None:
    """Refuse a folder that lacks a condition, or masks of it; `_check` looks for the clean ones' folder."""
    from registry.networks.stored_masks import condition_folder

    folder = users_path(p.folder).absolute()
    if not folder.is_dir():
        return  # `_check` has said it
    places = [(folder / condition_folder(case), case.samples) for case in cases]
    if lacking := [place for place, _ in places if place.name != "clean" and not place.is_dir()]:
        names = first_of([place.name for place in lacking], 8)
        raise BenchError(f"predictions: below {folder} there is no folder {names}; each condition needs its masks")
    for place, samples in places:
        there = {normalize("NFC", path.relative_to(place).as_posix()) for path in place.rglob("*.png")}
        if missing := [name for name in samples if normalize("NFC", f"{name}.png") not in there]:
            raise BenchError(
                f"predictions: {len(missing)} of {len(samples)} masks are missing in {place} "
                f"(the first is {missing[0]}.png); every image needs one"
            )


def _files(folder: Path) -> "Iterator[tuple[str, str]]":
    for path in sorted(filter(Path.is_file, folder.rglob("*.png"))):  # a named pipe would not end
        with path.open("rb") as file:
            content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
        yield path.relative_to(folder).as_posix(), content


def _identity(p: PredictionsParameters) -> dict[str, str]:
    listing = "\n".join(f"{name} {content}" for name, content in _files(users_path(p.folder)))
    return {"masks": hashlib.blake2b(listing.encode(), digest_size=16).hexdigest()}


ENTRY = ModelEntry(
    version=2,  # masks with an orientation tag are turned, and those of 2 or 4 bits hold labels
    summary="scores a folder of masks made by any other tool, one sub-folder per condition",
    source="the tool that made the masks",
    licence="that of the masks",
    parameters=PredictionsParameters,
    build=_build,
    identity=_identity,
    check=_check,
    check_cases=_check_cases,
    pretraining=lambda _: "unknown: made elsewhere",
)
