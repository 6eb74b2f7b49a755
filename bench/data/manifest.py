"""The manifest: every image decoded and checked once, remembered by path, size and time of change.

Images that were left out are not remembered: a fixed file, or one whose permissions were fixed, counts
at the next opening.
"""

import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

from bench.data.interface import LeftOut, ManifestRow, Reference, Source
from bench.host.cached_json import keep, recall
from bench.host.files import cache_root
from registry.errors import BenchError
from registry.image_files import UnreadableImage
from registry.labels import IGNORE
from registry.remarks import hearing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    Progress = Callable[[int, int], None]

FORMAT = 4
_WHAT = "what is known of the images"


def verify(
    source: Source,
    references: "Sequence[Reference]",
    identity: str | None,
    progress: "Progress | None" = None,
    *,
    background: bool = True,
) -> tuple[list[ManifestRow], list[LeftOut]]:
    """Return the rows of the usable images and what was left out, both by id.

    Images whose files have not changed since the last time come from the cache, under `identity`; None: no cache.
    `progress(done, total)` is called for each image that has to be decoded. background: whether class 0 is one.
    A cache that is damaged or cannot be written is remarked.

    Raises:
        BenchError: masks that do not fit their images or have unknown labels; names the first one.
    """
    path = None if identity is None else cache_root() / "manifests" / f"{identity}.json"
    known = ((path and recall(path, FORMAT, _WHAT)) or {"rows": {}})["rows"]
    stamps = {reference.id: _stamp(reference) for reference in references}
    rows = {name: _row(name, known[name][1]) for name in stamps if known.get(name, (0,))[0] == stamps[name]}
    missing = [reference for reference in references if reference.id not in rows]
    left_out: list[LeftOut] = []
    faults: list[BenchError] = []
    try:
        with closing(_examined(source, missing, background)) as examined:
            for done, found in enumerate(examined, 1):
                if isinstance(found, ManifestRow):
                    rows[found.id] = found
                elif isinstance(found, LeftOut):
                    left_out.append(found)
                else:
                    faults.append(found)
                if progress:
                    progress(done, len(missing))
    finally:  # what was verified before a fault or Ctrl-C is not verified again
        if path and missing and rows:
            _remember(path, rows, stamps)
    if faults:
        more = f" (and {len(faults) - 1} more images have faults)" if faults[1:] else ""
        raise BenchError(f"{faults[0]}{more}")
    return sorted(rows.values(), key=lambda row: row.id), sorted(left_out, key=lambda one: one.id)


def _stamp(reference: Reference) -> list[Any]:
    """Return what a cached row depends on: paths, sizes, times of change, and the stratum."""
    stamp: list[Any] = [reference.stratum]
    for path in (reference.image, reference.mask):
        if path is not None:
            try:
                status = path.stat()
                # The time of change of an archive or a copy may be that of the file it replaces; ctime is the disk's.
                stamp += [str(path), status.st_size, status.st_mtime_ns, status.st_ctime_ns]
            except OSError:
                stamp += [str(path), None]
    return stamp


def _row(name: str, fields: list[Any]) -> ManifestRow:
    image_hash, mask_hash, height, width, foreground, pixels, remarks, box = fields
    more = tuple(pixels), tuple(remarks), tuple(box) if box else None
    return ManifestRow(name, image_hash, mask_hash, height, width, foreground, *more)


def _remember(path: "Path", rows: dict[str, ManifestRow], stamps: dict[str, list[Any]]) -> None:
    def fields(row: ManifestRow) -> list[Any]:
        return [row.image_hash, row.mask_hash, row.height, row.width, row.foreground, row.pixels, row.remarks, row.box]

    content = {name: [stamps[name], fields(row)] for name, row in sorted(rows.items())}
    keep(path, FORMAT, _WHAT, {"rows": content})


def _examined(
    source: Source, references: "Sequence[Reference]", background: bool
) -> "Generator[ManifestRow | LeftOut | BenchError, None, None]":
    """Yield what `_examine` finds, in order, from several threads (decoders and hashes release the lock)."""
    if not references:
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1))
    try:
        yield from pool.map(lambda reference: _examine(source, reference, background), references)
    finally:
        pool.shutdown(cancel_futures=True)


def _examine(source: Source, reference: Reference, background: bool) -> ManifestRow | LeftOut | BenchError:
    """Decode and count one sample."""
    from bench.data.integrity import check_labels, check_size, label_counts, object_box
    from bench.host.hashing import pixel_hash

    try:
        with hearing() as remarks:
            image, mask = source.read(reference)
        check_size(image, mask, str(reference.mask or reference.id))
        check_labels(mask, len(source.classes), str(reference.mask or reference.id))
    except UnreadableImage as error:
        return LeftOut(reference.id, str(error))
    except BenchError as error:
        return error
    counts = label_counts(mask)
    classes = len(source.classes)
    first = 1 if background else 0
    objects = counts[first:classes]
    foreground = int(objects.argmax()) + first if objects.any() else 0
    pixels = (*map(int, counts[:classes]), int(counts[IGNORE]))
    height, width = mask.shape
    hashes = pixel_hash(image), pixel_hash(mask)
    box = object_box(mask) if background else None
    return ManifestRow(reference.id, *hashes, height, width, foreground, pixels, tuple(remarks), box)
