"""What a data set is made of: entries, sources, references, manifest rows and samples."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from registry.core import Registry
from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from registry.parameters import Parameters


class MissingData(BenchError):  # noqa: N818
    """The files of a data set are not where they are looked for."""


@dataclass(frozen=True)
class Reference:
    """Where one sample lies. Generated data have no paths."""

    id: str
    image: "Path | None"
    mask: "Path | None"
    stratum: str | None = None
    """The class to stratify by where the mask shows none, for instance from a list of species."""


class Source(Protocol):
    """The images and masks behind a data set: what an entry's `open` returns."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of their labels; class 0 is the background, unless the entry says there is none."""

    @property
    def layout(self) -> str:
        """How the files lie and how masks are encoded, in words, for the protocol."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The pools there are, of "trainval", "train", "val" and "test"."""

    def pool(self, split: str) -> list[Reference]:
        """Return the references of one of `splits`, every image of it, readable or not.

        Raises:
            BenchError: its list or folder cannot be read.
        """

    def read(self, reference: Reference) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Return the image [H, W, 3], RGB, uint8, and its mask [H, W], uint8, labels 0..C-1 or 255.

        What a user should know of the files although they can be read is said by `registry.remarks.remark`.

        Raises:
            UnreadableImage: the image or its mask is missing, damaged or too large.
            BenchError: the mask has another size than the image, or a label that is not a class.
        """


@runtime_checkable
class DoubtingSource(Protocol):
    """A source that also looks at its files together; what it sees in a single one, `read` refuses."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a user should know of files that do not count, a line each."""

    def check(self, rows: "Sequence[ManifestRow]") -> None:
        """Look at the rows of all splits that were verified so far.

        Raises:
            BenchError: together they show that the masks are not what they are taken for.
        """


@runtime_checkable
class DescribedSource(Protocol):
    """A source that knows more of its images than their pixels: scores are also given by what it says."""

    def attributes(self, reference: Reference) -> "Mapping[str, str]":
        """Return what is known of one image, by the names of the attributes; "" or none where it is unknown."""


@dataclass(frozen=True)
class DatasetEntry:
    """One data set: what a file of this folder declares as ``ENTRY``."""

    version: int
    title: str
    licence: str
    source: str
    parameters: "type[Parameters]"
    open: "Callable[[Any, Path | None, int], Source]"
    """(parameters, root, max_pixels) -> Source; raises MissingData, and never downloads."""
    download: "Callable[[Path], None] | None" = None
    """Put the data below a root, verified; BenchError names how to get them by hand."""
    megabytes: float | None = None
    """Size of that download in MB (10^6 bytes), None if unknown."""
    generated: bool = False
    """Made from a seed: needs no root."""
    in_memory: bool = False
    """Objects of a running program: nothing of them is remembered on disk."""
    background: "Callable[[Any], bool]" = lambda _: True
    """(parameters) -> whether class 0 is the background; False: it is a class like the others."""
    own_files: bool = False
    """The user's own: such a data set is labelled by the name of its folder."""
    example: "Callable[[Path], tuple[Any, Path | None]] | None" = None
    """Write a few samples below a folder; return the parameters and the root that open them. For tests and trials."""


@dataclass(frozen=True)
class ManifestRow:
    """What the manifest knows of one sample, without decoding it again."""

    id: str
    image_hash: str
    mask_hash: str
    height: int
    width: int
    foreground: int
    """The most frequent class other than the background and 255; 0 where there is none; the lower label on a tie."""
    pixels: tuple[int, ...]
    """Pixels of each class, then of the border (255)."""
    remarks: tuple[str, ...] = ()
    """What a user should know of its files, as sentences that are the same for all files of a kind."""
    box: tuple[int, ...] | None = None
    """First row, first column, last row and last column of the pixels of all classes but the background; None: there
    are none, or the data set has no background."""


@dataclass(frozen=True)
class LeftOut:
    """A sample that is not used, and why."""

    id: str
    reason: str


@dataclass(frozen=True)
class Sample:
    """One decoded image: `image` uint8 [H, W, 3] RGB, `mask` uint8 [H, W] in 0..C-1 or 255."""

    id: str
    image: "NDArray[np.uint8]"
    mask: "NDArray[np.uint8]"
    image_hash: str
    foreground: int


DATASETS: Registry[DatasetEntry] = Registry("dataset", "bench.data.sets", DatasetEntry)
"""Every data set: the files of bench/data/sets."""
