"""Open a data set, take a split of it, load its samples."""

import os
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.data.interface import (
    DATASETS,
    DatasetEntry,
    DoubtingSource,
    LeftOut,
    ManifestRow,
    MissingData,
    Reference,
    Sample,
    Source,
)
from bench.data.manifest import verify
from bench.data.remark_words import remark_words
from bench.data.splits import holdout, stratified_sample
from bench.host.files import cache_root, digest
from bench.host.hashing import pixel_hash
from registry.errors import BenchError
from registry.image_files import MAX_PIXELS, READING, UnreadableImage
from registry.regular_files import users_path
from registry.remarks import hearing

if TYPE_CHECKING:
    from bench.data.manifest import Progress
    from registry.parameters import Parameters

Split = Literal["train", "val", "trainval", "test"]
VALIDATION_FRACTION = 0.2


@dataclass(frozen=True)
class Subset:
    """One split, or a sample of it, in a fixed order (by id)."""

    classes: tuple[str, ...]
    split: str
    layout: str
    rows: tuple[ManifestRow, ...]
    left_out: tuple[LeftOut, ...]
    """What the pool this split was taken from could not use, whether or not a limit would have drawn it."""
    manifest: str
    """Digest of the classes, the entry's version and every id with the hashes of its image and mask."""
    background: bool
    """Whether class 0 is the background."""
    source: Source = field(repr=False, compare=False)
    references: tuple[Reference, ...] = field(repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.rows)

    def load(self, index: int) -> Sample:
        """Decode the sample of `rows[index]`; safe to call from several threads and processes.

        Raises:
            BenchError: the file is not what it was when the manifest was made, or not readable any more.
        """
        row = self.rows[index]
        try:
            image, mask = self.source.read(self.references[index])
        except UnreadableImage as error:
            raise BenchError(f"{error}; it was readable when this run began, so run the command again") from error
        if (pixel_hash(image), pixel_hash(mask)) != (row.image_hash, row.mask_hash):
            raise BenchError(
                f"the image '{row.id}' or its mask changed since this run began; give data that are the same at every "
                "look (no random transforms), and run again"
            )
        return Sample(row.id, image, mask, row.image_hash, row.foreground)


@dataclass
class Dataset:
    """An opened data set. Its images are verified when a split is first taken."""

    name: str
    entry: DatasetEntry
    source: Source = field(repr=False)
    pools: dict[str, list[Reference]] = field(repr=False)
    """The references of each of the source's splits."""
    identity: str | None
    max_unreadable: float
    progress: "Progress | None" = field(default=None, repr=False)
    background: bool = True
    """Whether class 0 is the background; False: it is a class like the others."""
    of_the_cache: list[str] = field(default_factory=list, repr=False)
    """What a user should know of the files in the cache: of these, none changes a number."""
    _verified: dict[str, tuple[list[ManifestRow], list[LeftOut]]] = field(default_factory=dict, repr=False)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of their labels."""
        return self.source.classes

    @property
    def layout(self) -> str:
        """How the files lie and how masks are encoded, in words."""
        return self.source.layout

    @property
    def rows(self) -> list[ManifestRow]:
        """What is known of the images of every pool that was looked at so far, for training or for evaluation."""
        return [row for rows, _ in self._verified.values() for row in rows]

    @property
    def remarks(self) -> list[str]:
        """What a user should know, a line each: files that do not count, files read with a doubt, a damaged cache."""
        return [*self.source_remarks, *remark_words(self.rows), *self.of_the_cache]

    @property
    def source_remarks(self) -> tuple[str, ...]:
        """What a user should know of files that do not count, a line each."""
        return self.source.remarks if isinstance(self.source, DoubtingSource) else ()

    def subset(self, split: Split, limit: int | None = None, seed: int = 0) -> Subset:
        """Return a split, or a stratified sample of `limit` of its images drawn by `seed`.

        A "val" pool of the data set's own is used where there is one; else VALIDATION_FRACTION of each class of
        the training pool is held out by `seed`, and "train" and "val" are disjoint and together "trainval".

        Raises:
            BenchError: there is no such split or nothing in it, more than `max_unreadable` of its images
                (or all) cannot be used, a mask does not fit, or the source doubts what they mean.
        """
        rows, left_out, strata, references = self._rows_of(split, seed)
        if limit is not None and limit < len(rows):
            chosen = stratified_sample({row.id: strata[row.id] for row in rows}, limit, seed)
            rows = [row for row in rows if row.id in chosen]
        if not rows:
            raise BenchError(f"{self.name}: split '{split}' is empty; give more images or another split")
        hashes = [(row.id, row.image_hash, row.mask_hash) for row in rows]
        return Subset(
            classes=self.classes,
            split=split,
            layout=self.layout,
            rows=tuple(rows),
            left_out=tuple(left_out),
            manifest=digest(self.classes, self.entry.version, hashes, *([] if self.background else ["no background"])),
            background=self.background,
            source=self.source,
            references=tuple(references[row.id] for row in rows),
        )

    def require(self, split: Split) -> None:
        """Refuse a split that is not there or has no image in it, without decoding any.

        Raises:
            BenchError: that is so.
        """
        if not any(self.pools[pool] for pool in self._pools(split)):
            raise BenchError(f"{self.name}: split '{split}' has no images; check the folders and lists")

    def _rows_of(
        self, split: Split, seed: int
    ) -> tuple[list[ManifestRow], list[LeftOut], dict[str, str], dict[str, Reference]]:
        """Return the rows of a split by id, what its pools left out, every row's stratum and reference."""
        pools = self._pools(split)
        references = {one.id: one for pool in pools for one in self.pools[pool]}
        verified = [self._verify(pool) for pool in pools]
        rows = sorted((row for found, _ in verified for row in found), key=lambda row: row.id)
        left_out = sorted((one for _, gone in verified for one in gone), key=lambda one: one.id)
        strata = {row.id: self._stratum(row, references[row.id]) for row in rows}
        if split in ("train", "val") and "val" not in self.source.splits:
            held = holdout(strata, VALIDATION_FRACTION, seed)
            rows = [row for row in rows if (row.id in held) == (split == "val")]
        return rows, left_out, strata, references

    def _pools(self, split: Split) -> list[str]:
        """Return the source's pools that `split` is made of."""
        there = self.source.splits
        training = ["trainval"] if "trainval" in there else ["train"] if "train" in there else []
        own = ["val"] if "val" in there else []
        pools: dict[str, list[str]] = {
            "test": ["test"] if "test" in there else [],
            "train": training,
            "trainval": training and training + own,
        }
        pools["val"] = own or training
        if split not in pools or not pools[split]:
            hint = (
                ""
                if split == "test"
                else "; a model that is trained needs images of its own: see `splits`, or give checkpoint"
            )
            raise BenchError(f"{self.name}: no split '{split}'; there is: {', '.join(there)}{hint}")
        return pools[split]

    def _stratum(self, row: ManifestRow, reference: Reference) -> str:
        """Return the class of an image: its mask's, or where the mask shows none, the source's."""
        return self.classes[row.foreground] if row.foreground else reference.stratum or self.classes[0]

    def _verify(self, pool: str) -> tuple[list[ManifestRow], list[LeftOut]]:
        if pool not in self._verified:
            identity = None if self.identity is None else f"{self.name}-{digest(self.identity, pool)}"
            with hearing() as heard:
                found = verify(self.source, self.pools[pool], identity, self.progress, background=self.background)
            self.of_the_cache += heard
            self._check_unreadable(pool, *found)
            self._verified[pool] = found
            if isinstance(self.source, DoubtingSource):
                self.source.check(self.rows)
        return self._verified[pool]

    def _check_unreadable(self, pool: str, rows: list[ManifestRow], left_out: list[LeftOut]) -> None:
        total = len(rows) + len(left_out)
        if not total:
            raise BenchError(f"{self.name}: split '{pool}' has no images; check the folders and lists")
        if rows and len(left_out) <= self.max_unreadable * total:
            return
        shown = "; ".join(one.reason for one in left_out[:3])
        more = f"; and {len(left_out) - 3} more" if left_out[3:] else ""
        raise BenchError(
            f"{self.name}: {len(left_out)} of {total} images of '{pool}' cannot be used ({shown}{more}); "
            f"max_unreadable = {self.max_unreadable:g} allows fewer: fix or remove them, or raise it"
        )


def data_root(explicit: Path | None = None) -> Path:
    """Return where data lie: `explicit`, else $SEGBENCH_DATA, else "data" in the cache folder."""
    if explicit is not None:
        return users_path(explicit)
    given = os.environ.get("SEGBENCH_DATA")
    return users_path(given) if given else cache_root() / "data"


def open_dataset(
    name: str,
    parameters: "Parameters",
    root: Path | None,
    *,
    download: bool,
    max_pixels: int = MAX_PIXELS,
    max_unreadable: float = 0.01,
    progress: "Progress | None" = None,
    entry: DatasetEntry | None = None,
) -> Dataset:
    """Return the data set `name`, below `root` (None: see `data_root`), downloaded if allowed and needed.

    Images above `max_pixels` are left out, and a split fails when more than the share `max_unreadable` of
    its images is left out. `progress(done, total)` is called while images are verified. entry: of data that came as
    an object; None: the entry called `name`.

    Raises:
        BenchError: unknown name, missing data, or one image in two splits.
    """
    entry = entry or DATASETS[name]
    where = None if entry.generated else Path(os.path.realpath(data_root(root)))
    with hearing() as heard:
        try:
            source = entry.open(parameters, where, max_pixels)
        except MissingData:
            if not (download and entry.download and where):
                raise
            entry.download(where)
            source = entry.open(parameters, where, max_pixels)
    pools = {split: source.pool(split) for split in source.splits}
    _check_ids(name, pools)
    _check_disjoint(name, pools)
    place = [*library_versions(), *([] if where is None else [str(where), source.layout, max_pixels])]
    version = DATASETS.version(name, entry.version)
    identity = None if entry.in_memory else digest(name, version, parameters.model_dump(mode="json"), place)
    background = entry.background(parameters)
    return Dataset(name, entry, source, pools, identity, max_unreadable, progress, background, heard)


def library_versions() -> list[str]:
    """Return the versions that drawn or decoded pixels may depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = [f"reading {READING}"]
    for package in ("numpy", "opencv-python-headless", "pillow", "tifffile", "imagecodecs"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:  # OpenCV has several packages
            found.append(package)
    return found


def _check_ids(name: str, pools: dict[str, list[Reference]]) -> None:
    """Raise where an id, which becomes a part of file names, leads out of the folder that it is written to."""
    for reference in (one for references in pools.values() for one in references):
        if reference.id.startswith("/") or "\0" in reference.id or {"", ".", ".."} & {*reference.id.split("/")}:
            raise BenchError(
                f"{name}: {reference.id!r} is no id of an image; give a name, or names with / between them, without .."
            )


def _check_disjoint(name: str, pools: dict[str, list[Reference]]) -> None:
    """Raise if an image stands in two splits, or twice in one: scores would rest on training images."""
    real = cache(os.path.realpath)
    seen: dict[object, str] = {}
    for split, references in pools.items():
        for reference in references:
            path = reference.image
            keys = [reference.id, *([] if path is None else [(real(path.parent), path.name)])]
            if other := next((seen[key] for key in keys if key in seen), None):
                where = f"twice in '{split}'" if other == split else f"in both '{other}' and '{split}'"
                raise BenchError(f"{name}: image '{reference.id}' is {where}; name it once")
            seen.update(dict.fromkeys(keys, split))
