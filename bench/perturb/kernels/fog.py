"""The plasma fractal on a CPU."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def grow(grid: "NDArray[np.float32]", words: "NDArray[np.int32]", amplitude: float) -> "NDArray[np.float32]":
    """Return the next level of the diamond-square map, [2n, 2n], of `grid` [n, n].

    words: [3, n, n], the random bits of the centres, of the horizontal edges and of the vertical ones.
    """
    n = len(grid)
    out = np.empty((2 * n, 2 * n), np.float32)
    quarter, unit, scale = np.float32(0.25), np.float32(2.0**-23), np.float32(amplitude)
    here, before = np.empty(n, np.float32), np.empty(n, np.float32)
    corners, below = np.empty(n + 1, np.float32), np.empty(n + 1, np.float32)
    for step in range(-1, n):  # the last row of centres comes first: it is the one before row 0
        i = step % n
        for j in range(n):
            corners[j] = grid[i, j]
            below[j] = grid[i, j] + grid[(i + 1) % n, j]
        corners[n], below[n] = corners[0], below[0]
        here, before = before, here
        for j in range(n):
            noise = (np.float32((words[0, i, j] >> 8) & 0xFFFFFF) * unit - np.float32(1)) * scale
            here[j] = (below[j] + below[j + 1]) * quarter + noise
        if step < 0:
            continue
        for j in range(n):
            noise = (np.float32((words[1, i, j] >> 8) & 0xFFFFFF) * unit - np.float32(1)) * scale
            out[2 * i, 2 * j] = corners[j]
            out[2 * i, 2 * j + 1] = ((corners[j] + corners[j + 1]) + (here[j] + before[j])) * quarter + noise
        left = here[n - 1]
        for j in range(n):
            noise = (np.float32((words[2, i, j] >> 8) & 0xFFFFFF) * unit - np.float32(1)) * scale
            out[2 * i + 1, 2 * j] = (below[j] + (here[j] + left)) * quarter + noise
            out[2 * i + 1, 2 * j + 1] = here[j]
            left = here[j]
    return out


@compiled
def limits(values: "NDArray[np.float32]") -> tuple[float, float]:
    """Return the least and the greatest of `values` [n, n]; column by column, which fills vector registers."""
    low, high = values[0].copy(), values[0].copy()
    for i in range(len(values)):
        for j in range(len(low)):
            low[j] = min(low[j], values[i, j])
            high[j] = max(high[j], values[i, j])
    return low.min(), high.max()


@compiled
def blend(
    planes: "NDArray[np.uint8]", grid: "NDArray[np.float32]", lowest: float, highest: float, gain: float, share: float
) -> None:
    """Make of `planes` [3, H, W] `gain` times them plus `share` times the map (normalised to 0..1), in place.

    Clipped and truncated. Plane by plane: flat loops, which fill vector registers.
    """
    low, span = np.float32(lowest), np.float32(highest) - np.float32(lowest)
    first, second, white = np.float32(gain), np.float32(share), np.float32(255)
    height, width = planes.shape[1:]
    fog = np.empty(width, np.float32)
    for i in range(height):
        line = grid[i]
        for j in range(width):
            fog[j] = ((line[j] - low) / span) * second
        for c in range(3):
            values = planes[c, i]
            for j in range(width):
                values[j] = np.uint8(np.int32(min(np.float32(values[j]) * first + fog[j], white)))
