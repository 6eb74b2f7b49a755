"""The exchanges of glass_blur one after another, as they are defined."""

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def exchange(pixels: "NDArray[Any]", words: "NDArray[np.int32]", reach: int, swap: bool) -> None:
    """Go through `pixels` [H, W] from the bottom right once; each is overwritten by one near it.

    words: int32 [H, W], the upper half of a word is how far to the right the other pixel lies, the lower how far
    down. swap: the other pixel gets this one's value.
    """
    height, width = words.shape
    span, half = np.int32(2 * reach), np.int32(0xFFFF)
    ahead = np.empty(width, np.int32)
    flat = pixels.reshape(height * width)
    for y in range(height - reach, reach, -1):
        line = words[y]
        for x in range(width):
            right = np.int32(np.int32((line[x] >> 16) & half) * span) >> 16
            down = np.int32(np.int32(line[x] & half) * span) >> 16
            ahead[x] = (down - reach) * width + right - reach
        for x in range(width - reach, reach, -1):
            here = y * width + x
            other = here + ahead[x]
            value = flat[here]
            flat[here] = flat[other]
            if swap:
                flat[other] = value
