"""The images to corrupt: a data set of the registry, a folder of images and masks, or any folder of images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from bench.data import DATASETS, MAX_PIXELS, Dataset, MissingData, Reference, Subset, open_dataset
from bench.data.dataset import Split, library_versions
from bench.host.files import digest
from bench.plan.equal_damage import IMAGES as IMAGES_OF_DAMAGE
from registry.errors import BenchError, suggestion
from registry.parameters import Parameters
from registry.regular_files import users_path
from registry.safe_text import csv_path

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.data.manifest import Progress

IMAGES, MASKS = "images", "masks"
LABELS = tuple(map(str, range(255)))
"""The classes of a folder of index masks of which nothing else is known; 255 is left for "ignore"."""


@dataclass(frozen=True)
class CleanImages:
    """What is corrupted; `classes` are None where nobody has named them, `root` where the images are generated."""

    subset: Subset
    root: Path | None
    classes: tuple[str, ...] | None
    has_masks: bool
    sample: Subset
    """Those on which damage is measured."""
    remarks: tuple[str, ...] = ()
    """What a user should know of the files, a line each."""

    def source(self, index: int) -> str:
        """Return the path of an image: below `root` where it lies there, "" where it was generated."""
        path = self.subset.references[index].image
        if path is None:
            return ""
        below = path.relative_to(self.root) if self.root and path.is_relative_to(self.root) else path
        return csv_path(below.as_posix())


@dataclass(frozen=True)
class Unmasked:
    """The source of a folder of images without masks: each gets one of zeros, which is never written."""

    max_pixels: int
    images: Mapping[str, Path] = field(repr=False)
    classes: tuple[str, ...] = ("image",)
    layout: str = "images without masks"
    splits: tuple[str, ...] = ("test",)

    def pool(self, split: str) -> list[Reference]:
        """Return all the images."""
        return [Reference(name, path, None) for name, path in self.images.items()]

    def read(self, reference: Reference) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Return the image and zeros."""
        import numpy as np

        from registry.image_files.reading import read_image

        assert reference.image
        image = read_image(reference.image, self.max_pixels)
        return image, np.zeros(image.shape[:2], np.uint8)


def open_images(
    where: str,
    dataset: str | None,
    parameters: Parameters | None,
    split: str,
    limit: int | None,
    seed: int,
    progress: "Progress | None" = None,
) -> CleanImages:
    """Return the images of `where`: a folder, or the name of a data set that is generated.

    Without `dataset` the layout decides: Oxford-IIIT Pet, else images/ and masks/, else all images below.
    Images that cannot be read are left out, however many they are.

    Raises:
        BenchError: no such folder, data set or split, or no image that can be read.
    """
    if split not in get_args(Split):
        raise BenchError(f"no split '{split}'; {suggestion(split, get_args(Split))}")
    dataset = dataset or (where if _is_generated(where) and not Path(where).is_dir() else None)
    root = None if dataset and _is_generated(dataset) else _folder(where)
    opened = _named(dataset, parameters, root, progress) if dataset else _by_layout(root, progress)
    subset = opened.subset(split, limit, seed)  # type: ignore[arg-type]
    sample = opened.subset(split, IMAGES_OF_DAMAGE, seed)  # type: ignore[arg-type]
    classes = None if opened.classes == LABELS else opened.classes
    has_masks = not isinstance(opened.source, Unmasked)
    return CleanImages(subset, root, classes, has_masks, sample, tuple(opened.remarks))


def _is_generated(name: str) -> bool:
    return name in DATASETS and DATASETS[name].generated


def _folder(where: str) -> Path:
    path = users_path(where)
    if not path.is_dir():
        generated = [name for name in DATASETS.names() if _is_generated(name)]
        raise BenchError(f"no folder {path.absolute()}; give the folder of a data set, or {' or '.join(generated)}")
    return path.resolve()


def _named(name: str, parameters: Parameters | None, root: Path | None, progress: "Progress | None") -> Dataset:
    keys = parameters or DATASETS[name].parameters()
    return open_dataset(name, keys, root, download=False, max_pixels=MAX_PIXELS, max_unreadable=1.0, progress=progress)


def _by_layout(root: Path | None, progress: "Progress | None") -> Dataset:
    assert root is not None
    try:
        return _named("oxford_pet", None, root, progress)
    except MissingData:
        pass
    if all((root / name).is_dir() for name in (IMAGES, MASKS)):
        keys: dict[str, Any] = {"images": IMAGES, "masks": MASKS, "classes": LABELS, "absent_ok": True}
        return _named("folder", DATASETS["folder"].parameters(**keys), root, progress)
    return _unmasked(root, progress)


def _unmasked(root: Path, progress: "Progress | None") -> Dataset:
    from bench.data.image_listing import images_below

    listing = images_below(root)
    source = Unmasked(MAX_PIXELS, listing.by_stem())
    if not source.images:
        raise BenchError(f"no images in {root}: {listing.contents()}")
    identity = digest("images", str(root), MAX_PIXELS, library_versions())
    return Dataset("images", DATASETS["folder"], source, {"test": source.pool("test")}, identity, 1.0, progress)
