"""Any folder of images with a folder of masks of the same names."""

from dataclasses import dataclass, field
from posixpath import normpath
from typing import TYPE_CHECKING, Annotated, Literal, Self
from unicodedata import normalize

from pydantic import BeforeValidator, Field, model_validator

from bench.data.absence import refuse_void_for_class
from bench.data.image_listing import stem
from bench.data.interface import DatasetEntry, MissingData, Reference
from registry.errors import BenchError, first_of
from registry.image_files import UnreadableImage
from registry.labels import IGNORE
from registry.parameters import Parameters
from registry.safe_text import CLASS_NAME, NOT_FIRST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from bench.data.attribute_file import AttributeFile
    from bench.data.interface import ManifestRow, Source
    from bench.data.pairing import Pairs

Byte = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Byte, Byte, Byte]
Name = Annotated[str, Field(min_length=1)]
ClassName = Annotated[
    str,
    Field(
        min_length=1,
        pattern=CLASS_NAME,
        description=f"the name of a class, {NOT_FIRST}, without control characters",
    ),
]


class Folders(Parameters):
    """The images and masks of one split, where each split has folders of its own."""

    images: Name
    masks: Name


def _checked_place(value: object) -> object:
    names = value if isinstance(value, dict) and value.keys() == {"images", "masks"} else {"": value}
    if isinstance(value, Folders) or all(isinstance(name, str) and name for name in names.values()):
        return value
    raise ValueError("give a list of names, a sub-folder, or two folders {images: …, masks: …}")


Place = Annotated[Name | Folders, BeforeValidator(_checked_place)]


class FolderParameters(Parameters):
    """Where images and masks lie below the root, and what the masks mean."""

    images: Name | None = None
    """Folder of images, in sub-folders too; null: every split names its own."""
    masks: Name | None = None
    """Folder of masks: the same relative names, with any extension."""
    classes: Annotated[tuple[ClassName, ...], Field(min_length=2, max_length=255)]
    """Class names in the order of their labels, the background first, if there is one."""
    background: bool = True
    """Whether the first class is the background; false: it is a class like the others (the sky of CamVid)."""
    colours: dict[str, Colour] | None = None
    """Colour of each class for masks in colours; without it masks hold class indices."""
    ignore: Byte | Colour = IGNORE
    """What masks hold where no class counts: an index, or a colour for masks in colours."""
    tolerance: Annotated[int, Field(ge=0, le=441)] = 0
    """How far a mask's colour may be from the nearest of `colours`, as a distance in RGB; for masks saved as JPEG."""
    reduce_zero_label: bool = False
    """Masks hold 0 where no class counts and the classes from 1 on: 0 becomes 255, and every label is one less."""
    absent_ok: bool = False
    """Take masks in which a class occurs nowhere and void pixels may stand in its place."""
    suffixes: dict[Literal["images", "masks"], Name] | None = None
    """What the names of images and of masks end in, before the extension; other files are passed over."""
    splits: dict[Literal["train", "val", "trainval", "test"], Place] | None = None
    """For each split a list (a text file below the root), a sub-folder, or two folders; null: all is "test"."""
    attributes: Name | None = None
    """A CSV file below the root: names of images, then a column for each thing that is known of them."""

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
        if self.reduce_zero_label and (self.colours is not None or len(self.classes) >= IGNORE):
            raise ValueError("reduce_zero_label: it is for masks of indices, without `colours`, of at most 254 classes")
        self._check_places()
        return self

    def _check_places(self) -> None:
        if self.splits is not None and (not self.splits or {"trainval"} < self.splits.keys() - {"test"}):
            raise ValueError("splits: give 'trainval', or 'train' and 'val', and 'test'; at least one of them")
        common = [name for name in ("images", "masks") if getattr(self, name) is not None]
        own = self.splits is not None and all(isinstance(where, Folders) for where in self.splits.values())
        if own and common:
            raise ValueError(f"{' and '.join(common)}: every split names its own folders; leave these out")
        if not own and len(common) < 2:
            raise ValueError("images, masks: give both folders, or for each split {images: …, masks: …}")

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
    """The source of `folder`: ids are names below the image folder, without suffix and extension.

    Where splits have folders of their own and these share a name, an id begins with the split.
    """

    parameters: FolderParameters
    root: "Path"
    max_pixels: int
    pairs: "Mapping[str, Pairs]" = field(repr=False)
    """The images and masks that each split is taken from."""
    names_clash: bool = False
    """Whether two of these folders have an image of the same name."""
    about: "AttributeFile | None" = field(default=None, repr=False, compare=False)
    """What the file of `attributes` says."""
    _faults: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Why a list's name has no image or mask."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The class names as given."""
        return self.parameters.classes

    @property
    def layout(self) -> str:
        """How masks are encoded."""
        if self.parameters.colours:
            return "folder, RGB colours"
        return f"folder, class indices{' from 1' if self.parameters.reduce_zero_label else ''}"

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits as given; "test" alone if none are."""
        return tuple(self.parameters.splits or ("test",))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of files that do not count, a line each."""
        found = [line for pairs in self.pairs.values() for line in pairs.remarks]
        found += self.about.remarks if self.about else ()
        for split, pairs in self.pairs.items():
            where = (self.parameters.splits or {}).get(split)  # type: ignore[call-overload]
            if isinstance(where, str) and _is_list(self.root / where):
                continue  # it chooses images
            if lost := pairs.unpaired(_below(where) if isinstance(where, str) else ""):
                masks = f"{len(lost)} masks in {pairs.masks.folder}"
                found.append(f"{masks} have no image and do not count: {first_of(lost)}")
        return tuple(dict.fromkeys(found))

    def attributes(self, reference: Reference) -> "Mapping[str, str]":
        """Return what the file of `attributes` says of an image."""
        return self.about.of_image.get(reference.id, {}) if self.about else {}

    def pool(self, split: str) -> list[Reference]:
        """Return a split's images by its list, its sub-folder, its own folders, or all of them.

        Raises:
            BenchError: the list cannot be read or means files elsewhere, or there is no such sub-folder.
        """
        pairs, where = self.pairs[split], (self.parameters.splits or {}).get(split)  # type: ignore[call-overload]
        if isinstance(where, str) and _is_list(self.root / where):
            return self._listed(self.root / where, pairs)
        below = self._sub_folder(where, pairs) if isinstance(where, str) else ""
        prefix = f"{split}/" if isinstance(where, Folders) and self.names_clash else ""
        images = ((name, path) for name, path in pairs.images.files.items() if name.startswith(below))
        return [Reference(prefix + name, path, pairs.mask_of.get(name)) for name, path in images]

    def _sub_folder(self, where: str, pairs: "Pairs") -> str:
        below = _below(where)
        if not (pairs.images.folder / below).is_dir():
            raise BenchError(
                f"folder: splits names '{where}', which is neither a .txt list below {self.root} "
                f"nor a sub-folder of '{self.parameters.images}'; correct the name"
            )
        return below

    def _listed(self, path: "Path", pairs: "Pairs") -> list[Reference]:
        from bench.data.name_list import read_list

        listed = list(read_list(path, self.root, pairs))
        self._faults.update({one.name: one.fault for one in listed if one.fault})
        return [Reference(one.name, pairs.images.files.get(one.name), one.mask) for one in listed]

    def check(self, rows: "Sequence[ManifestRow]") -> None:
        """Look at all rows together: does void stand where a class is meant?

        Raises:
            BenchError: it seems so, and nobody said that the masks are right.
        """
        given = self.parameters
        void = given.ignore if isinstance(given.ignore, int) else 0
        if given.colours is None and void >= len(given.classes) and not (given.absent_ok or given.reduce_zero_label):
            refuse_void_for_class(rows, given.classes, void, {pairs.masks.folder for pairs in self.pairs.values()})

    def read(self, reference: Reference) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Return the image and its labels."""
        from bench.data.decoding import read_pair

        if reference.image is None:
            raise UnreadableImage(self._faults.get(reference.id, f"{reference.id}: no such image"))
        if reference.mask is None:
            raise UnreadableImage(self._faults.get(reference.id, f"{reference.image.name}: it has no mask"))
        colours = self.parameters.colours is not None
        image, values = read_pair(reference.image, reference.mask, self.max_pixels, colours=colours)
        return image, self._labels(values, str(reference.mask))

    def _labels(self, values: "NDArray[np.uint8]", where: str) -> "NDArray[np.uint8]":
        """Return the labels of what a mask holds."""
        from bench.data.mask_coding import from_colours, relabel

        colours, ignore = self.parameters.colours, self.parameters.ignore
        if colours is not None:
            table = {colours[name]: label for label, name in enumerate(self.classes)}
            tolerance = self.parameters.tolerance
            if isinstance(ignore, int):  # none is given
                return from_colours(
                    values, table, where, tolerance, lambda found: f"; where it counts nowhere, ignore: {list(found)}"
                )
            return from_colours(values, table | {ignore: IGNORE}, where, tolerance)
        if values.ndim == 3:
            raise BenchError(f"{where}: the mask is in colours; list them with `colours: {{name: [r, g, b]}}`")
        assert isinstance(ignore, int)
        first = int(self.parameters.reduce_zero_label)
        void = dict.fromkeys((ignore, *((0, IGNORE) if first else ())), IGNORE)
        labels = {k + first: k for k in range(len(self.classes))}
        return relabel(values, labels | void, where, self._label_advice)

    def _label_advice(self, unknown: list[int]) -> str:
        """Return which keys would take values of a mask that are no labels."""
        first = unknown[0]
        void = f"; where {first} counts nowhere, ignore: {first}" if len(unknown) == 1 else ""
        zero = unknown == [len(self.classes)] and not self.parameters.reduce_zero_label
        reduced = "; where 0 counts nowhere and classes begin at 1, reduce_zero_label: true" if zero else ""
        return f"{void}{reduced}; where {first} means a class, colours: {{name: [{first}, {first}, {first}], …}}"


def open_folder(parameters: FolderParameters, root: "Path | None", max_pixels: int) -> "Source":
    """Return the source below `root`.

    Raises:
        MissingData: there is no such folder of images or masks.
        BenchError: the files of two folders do not make pairs; see `paired`. What is known of the images cannot be
            read; see `read_attributes`.
    """
    assert root is not None
    splits: Mapping[str, str | Folders | None] = parameters.splits or {"test": None}  # type: ignore[assignment]
    places = {split: where if isinstance(where, Folders) else parameters for split, where in splits.items()}
    opened = {(one.images, one.masks): _paired(root, one.images, one.masks, parameters) for one in places.values()}
    pairs = {split: opened[one.images, one.masks] for split, one in places.items()}
    names = [name for one in opened.values() for name in one.images.files]
    clash = len(names) > len(set(names))
    about = _about(root / parameters.attributes, pairs, clash) if parameters.attributes else None
    return FolderSource(parameters, root, max_pixels, pairs, clash, about)


def _about(path: "Path", pairs: "Mapping[str, Pairs]", clash: bool) -> "AttributeFile":
    from bench.data.attribute_file import read_attributes

    ids: dict[str, str] = {}
    files: dict[str, str] = {}
    for split, one in pairs.items():
        prefix = f"{split}/" if clash else ""
        for name, file in one.images.files.items():
            below = prefix + normalize("NFC", file.relative_to(one.images.folder).as_posix())
            files |= dict.fromkeys((below, stem(below)), prefix + name)
            ids[prefix + name] = prefix + name
    return read_attributes(path, files | ids)


def _paired(root: "Path", images: str | None, masks: str | None, parameters: FolderParameters) -> "Pairs":
    from bench.data.pairing import paired

    assert images is not None
    assert masks is not None
    for key, folder in (("images", root / images), ("masks", root / masks)):
        if not folder.is_dir():
            raise MissingData(
                f"folder: there is no folder {folder}; fix the key `{key}`, "
                "or name the root with `root`, --data-root or $SEGBENCH_DATA"
            )
    return paired(root / images, root / masks, parameters.suffixes or {})


def _is_list(path: "Path") -> bool:
    """Return whether a split's value is a list of names: a file, or what should be one."""
    return path.suffix.lower() in (".txt", ".lst") or path.is_file()


def _below(where: str) -> str:
    """Return how the names in a sub-folder begin."""
    folder = normpath(normalize("NFC", where).replace("\\", "/").strip("/"))
    return "" if folder == "." else f"{folder}/"


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
    background=lambda parameters: parameters.background,
    own_files=True,
    example=example,
)
