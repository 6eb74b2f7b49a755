"""The coursework copy of Oxford-IIIT Pet: {TrainVal,Test}/{color,label}, masks in one of five encodings.

Which encoding it is follows from all the masks together. A single file cannot tell: a mask of 0 and 255
alone fits several, and reading each file by its own looks would mix encodings without a word.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.data.image_listing import images_in
from bench.data.interface import Reference
from bench.data.pets.official_layout import CLASSES, pet_attributes
from bench.host.cached_json import keep, recall
from bench.host.files import cache_root, digest
from registry.errors import BenchError
from registry.image_files import READING, UnreadableImage
from registry.labels import IGNORE

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

FOLDERS = {"trainval": "TrainVal", "test": "Test"}
COLOURS = {(0, 0, 0): 0, (128, 0, 0): 1, (0, 128, 0): 2, (255, 255, 255): IGNORE}
INDEX = {0: 0, 1: 1, 2: 2, 255: IGNORE}
GREY = {0: 0, 38: 1, 75: 2, 255: IGNORE}  # luma of COLOURS: 0.299 x 128 and 0.587 x 128, rounded
FORMAT = 1  # of the memory which encoding a copy has
_WHAT = "the encoding of the masks"
ENCODINGS = ("palette index", "palette colours", "index", "grey 0/38/75/255", "RGB colours")


@dataclass(frozen=True)
class CourseworkPets:
    """Images with masks of cat, dog and border (white, "don't care")."""

    base: "Path"
    max_pixels: int
    encoding: str
    splits: tuple[str, ...]
    classes: tuple[str, ...] = CLASSES

    @property
    def layout(self) -> str:
        """The layout with the encoding that was found."""
        return f"coursework, {self.encoding}"

    def pool(self, split: str) -> list[Reference]:
        """Return every image of the split's color folder; its mask may be missing.

        The breed's name starts with a capital for cats: the published naming of the data set.
        """
        folder = self.base / FOLDERS[split]
        found = []
        for path in images_in(folder / "color"):
            name = path.stem
            species = CLASSES[1 if name[0].isupper() else 2]
            found.append(Reference(name, path, folder / "label" / f"{name}.png", species))
        return found

    def attributes(self, reference: Reference) -> dict[str, str]:
        """Return species and breed."""
        return pet_attributes(reference)

    def read(self, reference: Reference) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Return the image and its labels, read by the encoding of the whole folder."""
        from bench.data.decoding import read_pair
        from bench.data.mask_coding import from_colours, relabel

        assert reference.image and reference.mask
        colours, where = self.encoding.endswith("colours"), str(reference.mask)
        image, stored = read_pair(reference.image, reference.mask, self.max_pixels, colours=colours)
        if colours:
            return image, from_colours(stored, COLOURS, where)
        return image, relabel(stored, GREY if self.encoding.startswith("grey") else INDEX, where)


def open_coursework(base: "Path", max_pixels: int) -> CourseworkPets:
    """Return the source below `base`, with the encoding judged over all masks (kept while none changes).

    Raises:
        BenchError: the masks are not all in one encoding; names the first that differs.
    """
    splits = tuple(split for split, folder in FOLDERS.items() if (base / folder / "color").is_dir())
    masks = [mask for split in splits for mask in images_in(base / FOLDERS[split] / "label")]
    stamps = [(str(mask), (status := mask.stat()).st_size, status.st_mtime_ns, status.st_ctime_ns) for mask in masks]
    path = cache_root() / "manifests" / f"encoding-{digest(stamps, max_pixels, READING)}.json"
    known = recall(path, FORMAT, _WHAT)
    encoding = known["encoding"] if known else judge(masks, max_pixels)
    if known is None:
        keep(path, FORMAT, _WHAT, {"encoding": encoding})
    return CourseworkPets(base, max_pixels, encoding, splits)


def judge(masks: "list[Path]", max_pixels: int) -> str:
    """Return the one of ENCODINGS that every readable mask fits.

    Raises:
        BenchError: there is none; names the first mask that does not fit what most of them fit.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        fits = list(pool.map(lambda mask: _fitting(mask, max_pixels), masks))
    readable = [(mask, fit) for mask, fit in zip(masks, fits, strict=True) if fit is not None]
    best = max(ENCODINGS, key=lambda encoding: sum(encoding in fit for _, fit in readable))
    if misfits := [mask for mask, fit in readable if best not in fit]:
        raise BenchError(
            f"{misfits[0]}: its values or type do not fit the encoding of most masks of this copy, {best}; "
            f"{len(misfits)} of {len(readable)} differ: bring all masks into one encoding"
        )
    return best


def _fitting(mask: "Path", max_pixels: int) -> frozenset[str] | None:
    """Return the encodings that a mask's type and values allow; None if it is unreadable (left out later)."""
    from bench.data.integrity import label_counts
    from registry.image_files.reading import as_mask, read_stored

    try:
        stored = read_stored(mask, max_pixels)
        values = as_mask(stored, mask, colours=False)
        colours = _has_only_colours(as_mask(stored, mask, colours=True))
    except UnreadableImage:
        return None
    kind = "RGB" if stored.palette is None else "palette"
    fits = {f"{kind} colours"} if colours else set()
    if values.ndim == 3:
        return frozenset(fits)
    found = set(label_counts(values).nonzero()[0].tolist())
    fits |= {"index" if stored.palette is None else "palette index"} if INDEX.keys() >= found else set()
    return frozenset(fits | ({"grey 0/38/75/255"} if stored.palette is None and GREY.keys() >= found else set()))


def _has_only_colours(colours: "NDArray[np.uint8]") -> bool:
    from bench.data.mask_coding import from_colours

    try:
        from_colours(colours, COLOURS, "")
    except BenchError:
        return False
    return True
