"""Decoded images, remembered between the cells of a data set: in memory up to a number of bytes, then on disk."""

from typing import TYPE_CHECKING

from bench.data import Sample, Subset

if TYPE_CHECKING:
    from bench.host.scratch import Scratch, Span

CACHE_BYTES = 256 * 2**20


class SampleCache:
    """A subset whose decoded images are remembered up to a number of bytes.

    scratch: takes those beyond it, which is many times faster than to decode them again; None: nobody does.
    """

    def __init__(self, subset: Subset, limit: int = CACHE_BYTES, scratch: "Scratch | None" = None) -> None:
        self.subset, self.limit, self.scratch = subset, limit, scratch
        self._kept: dict[int, Sample] = {}
        self._on_disk: dict[int, tuple[Span, Span]] = {}
        self._bytes = 0

    def __getitem__(self, index: int) -> Sample:
        """Return the sample, decoding it where it is not remembered."""
        if index in self._kept:
            return self._kept[index]
        if self.scratch and index in self._on_disk:
            row, (image, mask) = self.subset.rows[index], map(self.scratch.read, self._on_disk[index])
            return Sample(row.id, image, mask, row.image_hash, row.foreground)
        sample = self.subset.load(index)
        size = sample.image.nbytes + sample.mask.nbytes
        # Cells go through the images in one order, so what is kept first is what comes again
        # first: dropping the oldest would empty the cache on every pass.
        if self._bytes + size <= self.limit:
            self._kept[index] = sample
            self._bytes += size
        elif (
            self.scratch and (pixels := self.scratch.keep(sample.image)) and (labels := self.scratch.keep(sample.mask))
        ):
            self._on_disk[index] = pixels, labels
        return sample
