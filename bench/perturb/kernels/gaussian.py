"""The Gaussian filter on a CPU: the sums of `operations/gaussian.py` in the same order."""

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.host.jit import compiled
from bench.perturb.operations.gaussian import Mode, gaussian_taps

if TYPE_CHECKING:
    from numpy.typing import NDArray


def gaussian_filtered(
    values: "NDArray[Any]", sigma_y: float, sigma_x: float, mode: Mode = "nearest", truncate: float = 4.0
) -> "NDArray[Any]":
    """Return float32 or float64 `values` [H, W] or [H, W, C] filtered.

    Bit for bit as `operations.gaussian.gaussian_filtered` does it.
    """
    height, width = values.shape[:2]
    down, right = (np.array(gaussian_taps(sigma, truncate), values.dtype) for sigma in (sigma_y, sigma_x))
    channels = values[0, 0].size
    columns = positions(width, len(right) - 1, mode)
    across = (columns[:, None] * channels + np.arange(channels)).ravel()  # of single values
    out = np.empty_like(values)
    rows = positions(height, len(down) - 1, mode)
    _filter(values.reshape(height, -1), rows, across, down, right, channels, out.reshape(height, -1))
    return out


def positions(size: int, radius: int, mode: Mode) -> "NDArray[np.int64]":
    """Return the index within 0..size - 1 of each position from -radius to size + radius - 1."""
    position = np.arange(-radius, size + radius)
    if mode == "nearest":
        return position.clip(0, size - 1)
    position %= 2 * size
    return np.minimum(position, 2 * size - 1 - position)


@compiled
def _filter(
    values: "NDArray[Any]",
    rows: "NDArray[np.int64]",
    across: "NDArray[np.int64]",
    down: "NDArray[Any]",
    right: "NDArray[Any]",
    channels: int,
    out: "NDArray[Any]",
) -> None:
    """Filter `values` [H, W * channels] down and across; `rows` and `across` index what lies beyond the edges."""
    height, size = values.shape
    reach, margin = len(down) - 1, (len(right) - 1) * channels
    wide, line = np.empty(size + 2 * margin, values.dtype), np.empty(size, values.dtype)
    for y in range(height):
        centre = values[rows[y + reach]]
        for j in range(size):
            line[j] = centre[j] * down[0]
        t = reach
        while t > 1:  # two pairs at a time: the sum stays in registers
            a, b = values[rows[y + reach - t]], values[rows[y + reach + t]]
            c, d = values[rows[y + reach - t + 1]], values[rows[y + reach + t - 1]]
            v, w = down[t], down[t - 1]
            for j in range(size):
                line[j] = line[j] + (a[j] + b[j]) * v + (c[j] + d[j]) * w
            t -= 2
        if t == 1:
            a, b, v = values[rows[y + reach - t]], values[rows[y + reach + t]], down[t]
            for j in range(size):
                line[j] += (a[j] + b[j]) * v
        wide[margin : margin + size] = line
        for j in range(margin):
            wide[j], wide[margin + size + j] = line[across[j]], line[across[margin + size + j]]
        _filter_line(wide, right, channels, out[y])


@compiled
def _filter_line(wide: "NDArray[Any]", taps: "NDArray[Any]", channels: int, out: "NDArray[Any]") -> None:
    """Filter one row, which has its margins already."""
    size, reach = len(out), len(taps) - 1
    centre = wide[reach * channels :]
    for j in range(size):
        out[j] = centre[j] * taps[0]
    t = reach
    while t > 1:
        a, b = wide[(reach - t) * channels :], wide[(reach + t) * channels :]
        c, d = wide[(reach - t + 1) * channels :], wide[(reach + t - 1) * channels :]
        v, w = taps[t], taps[t - 1]
        for j in range(size):
            out[j] = out[j] + (a[j] + b[j]) * v + (c[j] + d[j]) * w
        t -= 2
    if t == 1:
        a, b, v = wide[(reach - t) * channels :], wide[(reach + t) * channels :], taps[t]
        for j in range(size):
            out[j] += (a[j] + b[j]) * v
