"""What is known of a data set's images beside their masks' classes, so that scores can be given by it.

Area, aspect and place of the object and the size of the image follow from the ground truth; a source may know more.
"""

from typing import TYPE_CHECKING, NamedTuple

from bench.data.interface import DescribedSource
from registry.errors import first_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.data.dataset import Subset
    from bench.data.interface import ManifestRow

AREA = "object area in %"
"""Of the image: pixels of all classes but the background; those of label 255 are of no object."""
ASPECT = "object width / height"
"""Of the smallest upright box round the object."""
EDGE = "object touches the edge"
"""Whether a pixel of the object is in the first or last row or column of the image."""
SIZE = "image size in megapixels"
OF_MASKS = (AREA, ASPECT, EDGE, SIZE)
"""The attributes that every data set has; without a background class there is only the size."""
MOST = 50
"""More different words than these are no groups of images."""


class Described(NamedTuple):
    """The attributes of images by name: a value for each image in order, "" where there is none.

    remarks: a line for each thing of them that a user should know.
    """

    attributes: "Mapping[str, tuple[str, ...]]"
    remarks: tuple[str, ...]


def described(subset: "Subset") -> Described:
    """Return what is known of the images of a subset.

    An attribute of more than 50 different values that are not all numbers is left out, and a remark says so.
    """
    of_masks = [_of_mask(row, subset.classes) for row in subset.rows]
    found = {name: tuple(one.get(name, "") for one in of_masks) for name in OF_MASKS}
    remarks = []
    for name, values in _own(subset).items():
        different = set(values) - {""}
        if len(different) > MOST and not is_numeric(values):
            remarks.append(
                f"the attribute '{name}' has {len(different)} different values, which are not all numbers, and at most "
                f"{MOST} make groups of images: no scores are given by it"
            )
            continue
        found[name] = values
        if lost := [row.id for row, value in zip(subset.rows, values, strict=True) if not value]:
            remarks.append(f"the attribute '{name}' is not given of {len(lost)} images: {first_of(lost)}")
    return Described({name: values for name, values in found.items() if any(values)}, tuple(remarks))


def is_numeric(values: "Sequence[str]") -> bool:
    """Return whether all values that are given are finite numbers."""
    return all(number(value) is not None for value in values if value)


def number(text: str) -> float | None:
    """Return the finite number that a text is; None: it is none.

    >>> number("1e3"), number("nan"), number("1_000")
    (1000.0, None, None)
    """
    try:
        value = float(text)
    except ValueError:
        return None
    return None if "_" in text or value - value != 0 else value


def _own(subset: "Subset") -> "dict[str, tuple[str, ...]]":
    """Return what the source knows."""
    if not isinstance(subset.source, DescribedSource):
        return {}
    images = [subset.source.attributes(reference) for reference in subset.references]
    names = dict.fromkeys(name for image in images for name in image)
    return {name: tuple(image.get(name, "") for image in images) for name in names}


def _of_mask(row: "ManifestRow", classes: "Sequence[str]") -> dict[str, str]:
    found = {SIZE: f"{row.height * row.width / 1e6:.4g}"}
    if row.box is None:
        return found
    top, left, bottom, right = row.box
    touches = top == 0 or left == 0 or bottom == row.height - 1 or right == row.width - 1
    return found | {
        AREA: f"{100 * sum(row.pixels[1 : len(classes)]) / (row.height * row.width):.4g}",
        ASPECT: f"{(right - left + 1) / (bottom - top + 1):.4g}",
        EDGE: "yes" if touches else "no",
    }
