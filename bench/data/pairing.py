"""Which mask belongs to which image: the same name, after suffixes are taken off."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.data.image_listing import Listing, by_name, images_below, is_image, stem
from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


Kind = Literal["images", "masks"]


@dataclass(frozen=True)
class Named:
    """The files of one folder that count, by name: the path below it, without suffix and extension."""

    folder: Path
    suffix: str
    files: "Mapping[str, Path]" = field(repr=False)


@dataclass(frozen=True)
class Pairs:
    """Images, and the mask of each that has one."""

    images: Named
    masks: Named
    mask_of: "Mapping[str, Path]" = field(repr=False)
    """The masks by the names of their images."""
    remarks: tuple[str, ...] = ()
    """What a user should know of files that do not count."""

    def unpaired(self, below: str = "") -> list[str]:
        """Return the masks that belong to no image, as paths; `below`: of one sub-folder of the masks."""
        used = set(self.mask_of.values())
        found = (path for name, path in self.masks.files.items() if name.startswith(below) and path not in used)
        return [path.relative_to(self.masks.folder).as_posix() for path in found]


def paired(images: Path, masks: Path, suffixes: "Mapping[Kind, str]") -> Pairs:
    """Return the images and masks of two folders; `suffixes`: the ends of names of "images" and "masks".

    The mask of "a.jpg" is "a" or "a.jpg" with any extension.

    Raises:
        BenchError: a folder cannot be read or has no images, a name is there twice, an image has two masks,
            or no image has a mask.
    """
    here, there = suffixes.get("images", ""), suffixes.get("masks", "")
    same = os.path.realpath(images) == os.path.realpath(masks)
    if same and here == there:
        raise BenchError(f"folder: images and masks are both in {images}; tell them apart with `suffixes`")
    listings = images_below(images, None if same else masks), images_below(masks, None if same else images)
    first = _named(listings[0], here, there if same else "")
    second = _named(listings[1], there, here if same else "")
    for named, listing in ((first, listings[0]), (second, listings[1])):
        if not named.files:
            raise BenchError(_none_in(listing, named.suffix))
    mask_of = dict(_matches(first, second))
    if not mask_of:
        raise BenchError(_no_match(first, second))
    remarks = dict.fromkeys(line for listing in listings for line in listing.remarks())
    return Pairs(first, second, mask_of, tuple(remarks))


def without_suffix(name: str, suffix: str) -> str | None:
    """Return a file's name without suffix and extension; None where it does not end in the suffix.

    A suffix may hold the extension, whose letters may be large or small.

    >>> without_suffix("a/b_mask.png", "_mask"), without_suffix("a.left.JPG", ".left.jpg"), without_suffix("b", "_x")
    ('a/b', 'a', None)
    """
    whole = is_image(f"x{suffix}")
    found, suffix = (_in_small_letters(name), _in_small_letters(suffix)) if whole else (stem(name), suffix)
    return found.removesuffix(suffix) if found.endswith(suffix) and os.path.basename(found) != suffix else None  # noqa: PTH119


def _in_small_letters(name: str) -> str:
    """Return a name with its extension in small letters.

    >>> _in_small_letters("A.JPG"), _in_small_letters(".JPG")
    ('A.jpg', '.jpg')
    """
    root, dot, extension = name.rpartition(".")
    return f"{root}{dot}{extension.lower()}"


def _named(listing: Listing, suffix: str, others: str) -> Named:
    """Return the files that end in `suffix`, and where it is "", not in `others`."""
    found = ((without_suffix(name, suffix), name) for name in listing.names if not _is_other(name, suffix, others))
    return Named(listing.folder, suffix, by_name(listing.folder, ((n, path) for n, path in found if n is not None)))


def _is_other(name: str, suffix: str, others: str) -> bool:
    """Return whether a file of a common folder is of the other kind: the longer of two suffixes that fit decides."""
    return len(others) > len(suffix) and without_suffix(name, others) is not None


def _matches(images: Named, masks: Named) -> "Iterator[tuple[str, Path]]":
    for name, path in images.files.items():
        whole = f"{name}{path.suffix}"
        mask = masks.files.get(name)
        double = masks.files.get(whole) if whole not in images.files else None
        if mask and double:
            raise BenchError(f"{masks.folder}: {mask.name} and {double.name} are both masks of {path.name}; keep one")
        if found := mask or double:
            yield name, found


def _none_in(listing: Listing, suffix: str) -> str:
    if listing.names:
        return f"folder: no image in {listing.folder} ends in '{suffix}', such as {listing.names[0]}; see `suffixes`"
    return f"folder: no images in {listing.folder}: {listing.contents()}"


def _no_match(images: Named, masks: Named) -> str:
    one, other = (next(iter(named.files.values())) for named in (images, masks))
    return (
        f"folder: no image in {images.folder} has a mask of its name in {masks.folder}, such as {one.name} and "
        f"{other.name}; {_likely_suffixes(images, masks) or 'see `suffixes`, or rename the masks'}"
    )


def _likely_suffixes(images: Named, masks: Named) -> str:
    """Return the `suffixes` that would pair the files, in words; "" if there are none."""
    stems = [[path.stem for path in named.files.values()] for named in (images, masks)]
    ends = [_common_start([name[::-1] for name in names])[::-1] for names in stems]
    shared = len(_common_start(ends).rstrip("_-. "))
    one, other = (end[shared:] for end in ends)
    if not {name.removesuffix(one) for name in stems[0]} & {name.removesuffix(other) for name in stems[1]} - {""}:
        return ""
    shown = ", ".join(f"{key}: {end}" for key, end in (("images", one), ("masks", other)) if end)
    return f"suffixes: {{{shown}}} fits"


def _common_start(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    return first[: next((i for i, signs in enumerate(zip(first, last, strict=False)) if len({*signs}) > 1), len(first))]
