"""Pairs of image and mask from a Python program as a data set: any sequence, or a torch Dataset."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from bench.api.model_objects import PYTHON
from bench.data import DATASETS, DatasetEntry, ManifestRow, Reference
from bench.data.absence import disagreement, void_alone
from bench.suite import DatasetSpec
from bench.suite.schema import DatasetKeys
from registry.errors import BenchError, suggestion
from registry.labels import IGNORE
from registry.parameters import Parameters
from registry.regular_files import users_path
from registry.safe_text import CLASS_NAME, NOT_FIRST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LAYOUT = {"images": "images", "masks": "masks"}
"""The folders below a folder of data that is given by its path alone."""


@dataclass(frozen=True)
class PairSource:
    """The source of a sequence of pairs; see `bench.data.Source`. The images' ids are their places."""

    pairs: Sequence[Any]
    classes: tuple[str, ...]
    layout: str = "pairs of image and mask from a Python program"
    splits: tuple[str, ...] = ("test",)
    remarks: tuple[str, ...] = ()
    _lock: Lock = field(default_factory=Lock, repr=False)
    """One reader at a time: many Datasets hold a file that two threads must not read at once."""

    def pool(self, split: str) -> list[Reference]:
        """Return a reference for each pair."""
        digits = len(str(max(len(self.pairs) - 1, 0)))
        return [Reference(f"{i:0{digits}}", None, None) for i in range(len(self.pairs))]

    def check(self, rows: "Sequence[ManifestRow]") -> None:
        """Look at all masks together.

        Raises:
            BenchError: 255 stands where an object is meant, in all or in some of them.
        """
        words = f"no mask has a label but {IGNORE} and 0" if void_alone(rows) else disagreement(rows, IGNORE)
        if words:
            raise BenchError(
                f"{words}, and {IGNORE} counts nowhere; give labels 0, 1, 2 … (mask > 0 makes them from 0 and {IGNORE})"
            )

    def read(self, reference: Reference) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
        """Return image and mask of a pair.

        Raises:
            BenchError: it is no pair of a uint8 RGB image and an integer mask.
        """
        place = int(reference.id)
        with self._lock:
            return _pair(self.pairs[place], f"item {place}")


def data_item(data: Any, classes: Sequence[str] | None, background: bool = True) -> dict[str, Any]:
    """Return the suite's item of some data: of a data set its name, of a folder its root, of an object a name."""
    is_folder = isinstance(data, str | Path) and users_path(data).is_dir()
    if not background and isinstance(data, str | Path | Mapping) and not is_folder:
        raise BenchError("background=False is for pairs and folders; write `background: false` into a folder's item")
    if isinstance(data, Mapping):
        if classes is not None:
            raise BenchError("the data set's item has classes of its own; write them into it and leave classes= out")
        return dict(data)
    if isinstance(data, str | Path):
        return _folder_item(data, classes, background) if is_folder else _named_item(data, classes)
    return {"name": PYTHON, "label": type(data).__name__}


def _folder_item(data: str | Path, classes: Sequence[str] | None, background: bool) -> dict[str, Any]:
    if classes is None:
        raise BenchError(f"{data}: give classes=[...], the names in the order of the masks' labels, background first")
    return {
        "name": "folder",
        "label": Path(data).name or "folder",
        "root": str(data),
        **_LAYOUT,
        "classes": list(classes),
        **({} if background else {"background": False}),
    }


def _named_item(data: str | Path, classes: Sequence[str] | None) -> dict[str, Any]:
    if str(data) not in DATASETS:
        known = suggestion(str(data), DATASETS.names())
        raise BenchError(f"no folder {Path(data).absolute()} and no data set '{data}'; {known}")
    if classes is not None:
        raise BenchError(f"the data set '{data}' has classes of its own; leave classes= out")
    return {"name": str(data)}


def data_spec(data: Any, classes: Sequence[str] | None, background: bool = True) -> DatasetSpec | None:
    """Return a sequence of pairs as a suite's data set; None for a folder, a name or a suite's item.

    classes: names in the order of their labels; None: made from the largest label of all masks, since the data's own
    `classes` may be of something else (torchvision's pets: breeds). background: whether class 0 is one.

    Raises:
        BenchError: it is no sequence of pairs, or it is empty.
    """
    if isinstance(data, str | Path | Mapping):
        return None
    if not (hasattr(data, "__len__") and hasattr(data, "__getitem__")):
        hint = "; list(...) makes a list of what can be iterated" if isinstance(data, Iterable) else ""
        raise BenchError(
            f"a {type(data).__name__} is no data: give a folder, a data set's name, or pairs of (image, mask) with a "
            f"length and places, like a list or a torch Dataset{hint}"
        )
    if not len(data):
        raise BenchError("no data: the sequence of (image, mask) is empty")
    names = tuple(classes or _made_up_classes(data, "background" if background else "class 0"))
    if bad := [one for one in names if not re.fullmatch(CLASS_NAME, str(one))]:
        raise BenchError(f"classes={bad[0]!r}: give names {NOT_FIRST}, without control characters")
    source = PairSource(data, names)
    entry = DatasetEntry(
        version=1,
        title=f"a {type(data).__name__}, given from Python",
        licence="unknown",
        source="the user's own",
        parameters=Parameters,
        open=lambda _parameters, _root, _max_pixels: source,
        generated=True,
        in_memory=True,
        background=lambda _: background,
    )
    return DatasetSpec(type(data).__name__, DatasetKeys(name=PYTHON), entry, Parameters())


def _made_up_classes(pairs: Sequence[Any], first: str) -> list[str]:
    """Return names for all labels up to the largest one of the masks; `first` is that of label 0."""
    labels = {int(label) for i in range(len(pairs)) for label in _labels_of(_pair(pairs[i], f"item {i}")[1])}
    largest = max(labels - {IGNORE}, default=0)
    return [first, *(f"class {label}" for label in range(1, max(largest, 1) + 1))]


def _labels_of(mask: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    import numpy as np

    return np.unique(mask)


def _pair(item: Any, place: str) -> "tuple[NDArray[np.uint8], NDArray[np.uint8]]":
    if not isinstance(item, Sequence) or len(item) != 2:
        raise BenchError(f"{place} of the data is a {type(item).__name__}; give pairs of (image, mask)")
    return rgb_image(item[0], f"the image of {place}"), _mask(item[1], place)


def _array(value: Any) -> "NDArray[Any]":
    import numpy as np

    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu().numpy()
    return np.asarray(value)


def rgb_image(value: Any, called: str) -> "NDArray[np.uint8]":
    """Return uint8 [H, W, 3] from an array [H, W, 3], a tensor [3, H, W] or a PIL image.

    Raises:
        BenchError: it is something else; `called` names it.
    """
    import numpy as np

    if isinstance(value, tuple | list):
        raise BenchError(f"{called} is a {type(value).__name__} of {len(value)}; give the image alone")
    pixels = _array(value)
    if hasattr(value, "detach") and pixels.ndim == 3 and pixels.shape[0] == 3:
        pixels = pixels.transpose(1, 2, 0)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise BenchError(
            f"{called} is {pixels.dtype} {pixels.shape}; give RGB as uint8: an array (H, W, 3), a tensor "
            "(3, H, W) or a PIL image, before any normalisation"
        )
    return np.require(pixels, requirements=("C", "W"))  # torch warns about what it could not write


def _mask(value: Any, place: str) -> "NDArray[np.uint8]":
    """Return uint8 [H, W] from an array, a tensor or a PIL image of whole numbers or of bool."""
    import numpy as np

    labels = _array(value)
    whole = labels.dtype == np.bool_ or np.issubdtype(labels.dtype, np.integer)
    if not whole or labels.ndim != 2:
        raise BenchError(
            f"the mask of {place} is {labels.dtype} {labels.shape}; give whole numbers (H, W), 255 for none"
        )
    if labels.size and (int(labels.min()) < 0 or int(labels.max()) > IGNORE):
        raise BenchError(f"the mask of {place} has labels from {labels.min()} to {labels.max()}; allowed are 0 to 255")
    return np.require(labels.astype(np.uint8), requirements=("C", "W"))
