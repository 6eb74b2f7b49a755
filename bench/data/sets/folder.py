"""Any folder of pictures with a folder of masks of the same names."""

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from bench.data.interface import DatasetEntry, MissingData
from registry.labels import IGNORE
from registry.parameters import Parameters

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.interface import Source

Byte = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Byte, Byte, Byte]
Name = Annotated[str, Field(min_length=1)]


class FolderParameters(Parameters):
    """Where pictures and masks lie below the root, and what the masks mean."""

    images: Name
    """Folder of pictures: png, jpg, webp or tif, in sub-folders too."""
    masks: Name
    """Folder of masks: the same relative names, any of these extensions."""
    classes: Annotated[tuple[Name, ...], Field(min_length=2, max_length=255)]
    """Class names in the order of their labels, the background first."""
    colours: dict[str, Colour] | None = None
    """Colour of each class for masks in colours; without it masks hold class indices."""
    ignore: Byte | Colour = IGNORE
    """What masks hold where no class counts: an index, or a colour for masks in colours."""
    splits: dict[Literal["train", "val", "trainval", "test"], Name] | None = None
    """For each split a list of names (a .txt file below the root) or a sub-folder; null: all is "test"."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("classes: every name may stand once")
        if self.colours is None and not isinstance(self.ignore, int):
            raise ValueError("ignore: masks without `colours` hold indices, so give a number from 0 to 255")
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


def open_folder(parameters: FolderParameters, root: "Path | None", max_pixels: int) -> "Source":
    """Return the source below `root`.

    Raises:
        MissingData: there is no such folder of pictures or masks.
        BenchError: two pictures differ only in their extension.
    """
    from bench.data.image_listing import pictures_below
    from bench.data.pairs import Pairs

    assert root is not None
    for key, folder in (("images", root / parameters.images), ("masks", root / parameters.masks)):
        if not folder.is_dir():
            raise MissingData(
                f"folder: there is no folder {folder}; mend the key `{key}`, "
                "or name the root with `root`, --data-root or $SEGBENCH_DATA"
            )
    pictures, masks = pictures_below(root / parameters.images), pictures_below(root / parameters.masks)
    return Pairs(parameters, root, max_pixels, pictures, masks)


ENTRY = DatasetEntry(
    version=1,
    title="Folder of pictures and masks",
    licence="as their owner says",
    source="the user's own files",
    parameters=FolderParameters,
    open=open_folder,
)
