"""Pictures and masks that belong together by their names."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.data.image_listing import is_picture, stem
from bench.data.interface import Reference, UnreadablePicture
from registry.errors import BenchError
from registry.labels import IGNORE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from bench.data.sets.folder import FolderParameters


@dataclass(frozen=True)
class Pairs:
    """The source of `folder`: ids are names below the picture folder, without extension."""

    parameters: "FolderParameters"
    root: "Path"
    max_pixels: int
    pictures: "Mapping[str, Path]" = field(repr=False)
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
        """Return a split's pictures by its list, its sub-folder, or all of them.

        Raises:
            BenchError: the list cannot be read, or there is no such sub-folder.
        """
        names = self._names(self.parameters.splits[split]) if self.parameters.splits else self.pictures  # type: ignore[index]
        return [Reference(name, self.pictures.get(name), self.masks.get(name)) for name in names]

    def _names(self, where: str) -> "Iterable[str]":
        if where.endswith(".txt"):
            return self._listed(self.root / where)
        folder = where.strip("/") + "/"
        if not (self.root / self.parameters.images / folder).is_dir():
            raise BenchError(
                f"folder: splits names '{where}', which is neither a .txt list below {self.root} "
                f"nor a sub-folder of '{self.parameters.images}'"
            )
        return [name for name in self.pictures if name.startswith(folder)]

    def _listed(self, path: "Path") -> list[str]:
        """Return the names of a list: one a line, with or without extension; # begins a comment line."""
        try:
            lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise BenchError(f"folder: cannot read the list {path} (key `splits`); mend its path") from error
        return [stem(line) if is_picture(line) else line for line in lines if line and not line.startswith("#")]

    def read(self, reference: Reference) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Return the picture and its labels."""
        from bench.data.decoding import read_image

        if reference.image is None:
            raise UnreadablePicture(f"{reference.id}: no such picture")
        if reference.mask is None:
            raise UnreadablePicture(f"{reference.image.name}: it has no mask")
        return read_image(reference.image, self.max_pixels), self._labels(reference.mask)

    def _labels(self, path: "Path") -> "NDArray[np.uint8]":
        from bench.data.decoding import read_mask
        from bench.data.mask_coding import from_colours, relabel

        colours, ignore = self.parameters.colours, self.parameters.ignore
        values = read_mask(path, self.max_pixels, colours=colours is not None)
        if colours is not None:
            table = {colours[name]: label for label, name in enumerate(self.classes)}
            return from_colours(values, table | ({} if isinstance(ignore, int) else {ignore: IGNORE}), str(path))
        if values.ndim == 3:
            raise BenchError(f"{path}: the mask is in colours; say which with `colours: {{name: [r, g, b]}}`")
        assert isinstance(ignore, int)
        return relabel(values, {k: k for k in range(len(self.classes))} | {ignore: IGNORE}, str(path))
