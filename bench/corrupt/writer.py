"""Write what is missing: images on all processors, each file whole or not at all."""

import math
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from bench.corrupt.conditions import CopySettings, Target
from bench.corrupt.copy_manifest import Manifest, Written
from bench.corrupt.source import MASKS, CleanImages
from bench.host.files import refuse_links, remove_torn_files, write_atomic
from bench.host.screen import Screen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.data import Sample


def write_all(
    images: CleanImages,
    missing: Mapping[int, list[Target]],
    settings: CopySettings,
    manifest: Manifest,
    jobs: int | None,
    screen: Screen,
) -> None:
    """Write every missing image with its mask and note it in `manifest`; `jobs` None: one for each processor.

    Raises:
        StorageError: the disk is full; what is finished is kept.
        StorageError: a folder of the copy is a link.
        BenchError: an image that was readable before no longer is.
    """
    from bench.perturb.threads import single_threaded

    files = {file for targets in missing.values() for target in targets for file in target.row[:2] if file}
    refuse_links(*sorted({settings.out / folder for file in files for folder in PurePath(file).parents[:-1]}))
    remove_torn_files(settings.out)  # the caller holds the lock
    lock = threading.Lock()
    with manifest, screen.task("corrupting", sum(map(len, missing.values())), "images") as task:

        def finished(row: Written) -> None:
            with lock:
                manifest.add(row)
                task.advance(note=f"{row.perturbation} {row.strength}")

        work = CopyWriter(images, settings, finished)
        pool = ThreadPoolExecutor(jobs or os.cpu_count(), "corrupt", single_threaded)
        try:
            for done in as_completed([pool.submit(work.write, *item) for item in missing.items()]):
                done.result()
        finally:
            work.stopped.set()
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True)
class CopyWriter:
    """One image after the other, in any thread."""

    images: CleanImages
    settings: CopySettings
    finished: Callable[[Written], None]
    stopped: threading.Event = field(default_factory=threading.Event)

    def write(self, index: int, targets: list[Target]) -> None:
        """Decode an image once and write it under every condition that is missing."""
        sample = self.images.subset.load(index)
        shared = f"{MASKS}/{sample.id}.png"
        if any(target.row.mask == shared for target in targets):
            write_atomic(self.settings.out / shared, _png(sample.mask))
        for target in targets:
            if self.stopped.is_set():
                return
            self.finished(self.condition(sample, target))

    def condition(self, sample: "Sample", target: Target) -> Written:
        """Write an image, and its mask where it moves, under one condition; return its row with what was measured."""
        from bench.host.hashing import pixel_hash
        from bench.perturb.similarity import similarity

        row, out = target.row, self.settings.out
        image, mask = _perturbed(sample, target, self.settings.seed, masked=bool(row.mask))
        if mask is not None and target.chosen.entry.moves:
            write_atomic(out / row.mask, _png(mask))
        image = self._written(out / row.file, image)
        measured = (f"{value:.6g}" if math.isfinite(value) else "" for value in similarity(sample.image, image))
        rmse, psnr, ssim = measured
        mask_hash = "" if mask is None else pixel_hash(mask)
        return row._replace(hash=pixel_hash(image), mask_hash=mask_hash, rmse=rmse, psnr=psnr, ssim=ssim)

    def _written(self, path: Path, image: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
        """Write an image and return the pixels that a reader of the file gets."""
        if self.settings.quality is None:
            write_atomic(path, _png(image))
            return image
        from bench.data import MAX_PIXELS
        from registry.image_files.reading import read_image

        write_atomic(path, _jpeg(image, self.settings.quality))
        return read_image(path, MAX_PIXELS)


def _perturbed(sample: "Sample", target: Target, seed: int, *, masked: bool) -> tuple[Any, Any]:
    """Return the image and, with `masked`, its mask under a condition."""
    from bench.perturb import perturb

    chosen = target.chosen
    common: dict[str, Any] = {"seed": seed, "parameters": chosen.parameters, "image_hash": sample.image_hash}
    if masked and (chosen.entry.moves or chosen.entry.needs_mask):
        result = perturb(sample.image, chosen.name, target.strength, masks=sample.mask, **common)
        return result.image, result.mask
    return perturb(sample.image, chosen.name, target.strength, **common), sample.mask if masked else None


def _png(pixels: "NDArray[np.uint8]") -> bytes:
    """Return a lossless file; run lengths at the lowest level: smaller and faster on photographs than the default."""
    import cv2

    blue_first = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    options = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE]
    content: bytes = cv2.imencode(".png", blue_first, options)[1].tobytes()
    return content


def _jpeg(image: "NDArray[np.uint8]", quality: int) -> bytes:
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    content: bytes = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)[1].tobytes()
    return content
