"""Decoded images, remembered between the cells of a job up to a number of bytes."""

from bench.data import Sample, Subset

CACHE_BYTES = 256 * 2**20


class SampleCache:
    """A subset whose decoded images are remembered up to a number of bytes."""

    def __init__(self, subset: Subset, limit: int = CACHE_BYTES) -> None:
        self.subset, self.limit = subset, limit
        self._kept: dict[int, Sample] = {}
        self._bytes = 0

    def __getitem__(self, index: int) -> Sample:
        """Return the sample, decoding it where it is not remembered."""
        if index in self._kept:
            return self._kept[index]
        sample = self.subset.load(index)
        size = sample.image.nbytes + sample.mask.nbytes
        # Cells go through the images in one order, so what is kept first is what comes again
        # first: dropping the oldest would empty the cache on every pass.
        if self._bytes + size <= self.limit:
            self._kept[index] = sample
            self._bytes += size
        return sample
