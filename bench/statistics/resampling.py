"""Resamples of the images: one matrix of weights per number of images, the same for all models and conditions."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from bench.statistics.intervals import Bounds, Method, bounds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bench.metrics.quantities import Quantity
    from bench.statistics.intervals import Floats

SEED = 20_190_328
"""Of all resamples and swaps. No suite changes it, so that two runs on the same images have the same resamples."""
VERSION = 1
"""Raise it when the numbers of the same counts change."""
RESAMPLES = 2_000
BLOCK = 2**23
"""Weights that are float64 at a time: 64 MB."""
KEPT = 2**27
"""Weights that stay float64 between two uses: 1 GB; more are kept as bytes."""


@dataclass(frozen=True)
class Resampling:
    """The weights of `images` images: as they are, then `resamples` draws of as many with replacement.

    method "bca" adds each image left out once. A score under all of them is a *draw*: float64 [R], with
    R = 1 + resamples (+ images); its first value is that of the images as they are.
    """

    images: int
    resamples: int = RESAMPLES
    method: Method = "percentile"

    @property
    def rows(self) -> int:
        """The length R of a draw."""
        return 1 + self.resamples + (self.images if self.method == "bca" else 0)

    @cached_property
    def _counts(self) -> "NDArray[np.uint8]":
        """How often each image is in each resample, uint8 [resamples, images]: Multinomial(images, 1 / images)."""
        import numpy as np

        random = np.random.Generator(np.random.Philox(SEED))
        drawn = np.empty((self.resamples, self.images), np.uint8)
        for row in drawn:
            row[:] = np.minimum(np.bincount(random.integers(self.images, size=self.images), minlength=self.images), 255)
        return drawn

    @cached_property
    def _whole(self) -> "list[Floats]":
        return list(self._made())

    def blocks(self) -> "Iterator[Floats]":
        """Yield the weights in their order, float64 [rows of the block, images], an image's weights side by side."""
        yield from self._whole if self.rows * self.images <= KEPT else self._made()

    def _made(self) -> "Iterator[Floats]":
        import numpy as np

        step = max(1, BLOCK // self.images)
        yield np.ones((1, self.images))
        for start in range(0, self.resamples, step):
            yield np.array(self._counts[start : start + step], np.float64, order="F")
        for start in range(0, self.images if self.method == "bca" else 0, step):
            left_out = np.arange(start, min(start + step, self.images))
            block = np.ones((len(left_out), self.images), order="F")
            block[np.arange(len(left_out)), left_out] = 0
            yield block

    def draws(self, quantities: "Sequence[Quantity]") -> "Floats":
        """Return scores under all weights, float64 [R, Q]; the first row holds their values."""
        import numpy as np

        found, start = np.empty((self.rows, len(quantities))), 0
        for weights in self.blocks():
            end = start + len(weights)
            for column, one in enumerate(quantities):
                found[start:end, column] = one.resampled(weights)
            start = end
        found[0] = [one.value for one in quantities]
        return found

    def bounds(self, draws: "Floats") -> Bounds:
        """Return the 95 % interval of each column of draws, float64 [R, Q]."""
        return bounds(draws, self.resamples, self.method)


@lru_cache(maxsize=1)
def resampling_of(images: int, resamples: int, method: Method) -> Resampling:
    """Return the resamples of so many images; the last one is kept, since drawing them takes a second."""
    return Resampling(images, resamples, method)
