"""Any folder of images with a folder of masks of the same names."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from bench.data.image_listing import images_below, is_image, stem
from bench.data.interface import DatasetEntry, MissingData, Reference
from registry.errors import BenchError
from registry.image_files import UnreadableImage
from registry.labels import IGNORE
from registry.parameters import Parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from bench.data.interface import Source

Byte = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Byte, Byte, Byte]
Name = Annotated[str, Field(min_length=1)]


class FolderParameters(Parameters):
    """Where images and masks lie below the root, and what the masks mean."""

    images: Name
    """Folder of images: png, jpg, webp or tif, in sub-folders too."""
    masks: Name
    """Folder of masks: the same relative names, any of these extensions."""
    classes: Annotated[tuple[Name, ...], Field(min_length=2, max_length=255)]
    """Class names in the order of their labels, the background first."""
    colours: dict[str, Colour] | None = None
    """Colour of each class for masks in colours; without it masks hold class indices."""
    ignore: Byte | Colour = IGNORE
    """What masks hold where no class counts: an index, or a colour for masks in colours."""
    tolerance: Annotated[int, Field(ge=0, le=441)] = 0
    """How far a mask's colour may be from the nearest of `colours`, as a distance in RGB; for masks saved as JPEG."""
    splits: dict[Literal["train", "val", "trainval", "test"], Name] | None = None
    """For each split a list of names (a .txt file below the root) or a sub-folder; null: all is "test"."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes: every name may stand once")
        if self.colours is None and not isinstance(self.ignore, int):
            raise ValueError("ignore: masks without `colours` hold indices, so give a number from 0 to 255")
        if self.colours is None and self.tolerance:
            raise ValueError("tolerance: it belongs to `colours`; list the colour of each class")
        if self.colours is not None:
            self._check_colours(self.colours)
        if self.splits is not None and (not self.splits or {"trainval"} < self.splits.keys() - {"test"}):
            raise ValueError("splits: give 'trainval', or 'train' and 'val', and 'test'; at least one of them")
        return self

    def _check_colours(self, colours: dict[str, Colour]) -> None:
        if colours.keys() != set(self.classes):
            raise ValueError(f"colours: give one for each of {', '.join(self.classes)}, and for nothing else")
        used = [*colours.values(), *([] if isinstance(self.ignore, int) else [self.ignore])]
        if len(set(used)) < len(used):
            raise ValueError("colours: two classes (or a class and `ignore`) have the same colour")
        if isinstance(self.ignore, int) and "ignore" in self.model_fields_set:
            raise ValueError("ignore: masks in colours need a colour [r, g, b] here, not an index")


@dataclass(frozen=True)
class FolderSource:
    """The source of `folder`: ids are names below the image folder, without extension."""

    parameters: FolderParameters
    root: "Path"
    max_pixels: int
    images: "Mapping[str, Path]" = field(repr=False)
    masks: "Mapping[str, Path]" = field(repr=False)

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names as given."""
        return self.parameters.classes

    @property
    def layout(self) -> str:
        """How masks are encoded."""
        return "folder, RGB colours" if self.parameters.colours else "folder, class indices"

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits as given; "test" alone if none are."""
        return tuple(self.parameters.splits or ("test",))

    def pool(self, split: str) -> list[Reference]:
        """Return a split's images by its list, its sub-folder, or all of them.

        Raises:
            BenchError: the list cannot be read, or there is no such sub-folder.
        """
        names = self._names(self.parameters.splits[split]) if self.parameters.splits else self.images  # type: ignore[index]
        return [Reference(name, self.images.get(name), self.masks.get(name)) for name in names]

    def _names(self, where: str) -> "Iterable[str]":
        if where.endswith(".txt"):
            return self._listed(self.root / where)
        folder = where.strip("/") + "/"
        if not (self.root / self.parameters.images / folder).is_dir():
            raise BenchError(
                f"folder: splits names '{where}', which is neither a .txt list below {self.root} "
                f"nor a sub-folder of '{self.parameters.images}'"
            )
        return [name for name in self.images if name.startswith(folder)]

    def _listed(self, path: "Path") -> list[str]:
        """Return the names of a list: one a line, with or without extension; # begins a comment line."""
        try:
            lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise BenchError(f"folder: cannot read the list {path} (key `splits`); fix its path") from error
        return [stem(line) if is_image(line) else line for line in lines if line and not line.startswith("#")]

    def read(self, reference: Reference) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Return the image and its labels."""
        from bench.data.decoding import read_pair

        if reference.image is None:
            raise UnreadableImage(f"{reference.id}: no such image")
        if reference.mask is None:
            raise UnreadableImage(f"{reference.image.name}: it has no mask")
        colours = self.parameters.colours is not None
        image, values = read_pair(reference.image, reference.mask, self.max_pixels, colours=colours)
        return image, self._labels(values, str(reference.mask))

    def _labels(self, values: "NDArray[np.uint8]", where: str) -> "NDArray[np.uint8]":
        """Return the labels of what a mask holds."""
        from bench.data.mask_coding import from_colours, relabel

        colours, ignore = self.parameters.colours, self.parameters.ignore
        if colours is not None:
            table = {colours[name]: label for label, name in enumerate(self.classes)}
            table |= {} if isinstance(ignore, int) else {ignore: IGNORE}
            return from_colours(values, table, where, self.parameters.tolerance)
        if values.ndim == 3:
            raise BenchError(f"{where}: the mask is in colours; list them with `colours: {{name: [r, g, b]}}`")
        assert isinstance(ignore, int)
        return relabel(values, {k: k for k in range(len(self.classes))} | {ignore: IGNORE}, where)


def open_folder(parameters: FolderParameters, root: "Path | None", max_pixels: int) -> "Source":
    """Return the source below `root`.

    Raises:
        MissingData: there is no such folder of images or masks.
        BenchError: two images differ only in their extension.
    """
    assert root is not None
    for key, folder in (("images", root / parameters.images), ("masks", root / parameters.masks)):
        if not folder.is_dir():
            raise MissingData(
                f"folder: there is no folder {folder}; fix the key `{key}`, "
                "or name the root with `root`, --data-root or $SEGBENCH_DATA"
            )
    images, masks = images_below(root / parameters.images), images_below(root / parameters.masks)
    return FolderSource(parameters, root, max_pixels, images, masks)


def example(folder: "Path") -> tuple[FolderParameters, "Path"]:
    """Write a few drawn images and masks of indices, a sub-folder for each split."""
    from bench.data.drawn_files import CLASSES, drawn_samples, write_pixels

    for split, count in (("trainval", 10), ("test", 4)):
        for name, _, image, mask in drawn_samples(split, count):
            write_pixels(folder / "images" / split / f"{name}.png", image)
            write_pixels(folder / "masks" / split / f"{name}.png", mask)
    keys = {"images": "images", "masks": "masks", "splits": {"trainval": "trainval", "test": "test"}}
    return FolderParameters.model_validate({**keys, "classes": CLASSES}), folder


ENTRY = DatasetEntry(
    version=1,
    title="Folder of images and masks",
    licence="as their owner says",
    source="the user's own files",
    parameters=FolderParameters,
    open=open_folder,
    example=example,
)
