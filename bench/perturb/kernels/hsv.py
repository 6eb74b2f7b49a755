"""Changes of value, saturation and hue in one pass over the pixels."""

from typing import TYPE_CHECKING

import numpy as np

from bench.host.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


_BLOCK = 256
"""Pixels worked on side by side."""


@compiled
def value_saturation(
    image: "NDArray[np.uint8]", top: "NDArray[np.float32]", gain: "NDArray[np.float32]", out: "NDArray[np.uint8]"
) -> None:
    """Write `image` [P, 3] with V and S changed by the tables of `ValueSaturation`."""
    for i in range(len(image)):
        r, g, b = np.int32(image[i, 0]), np.int32(image[i, 1]), np.int32(image[i, 2])
        high, low = max(r, g, b), min(r, g, b)
        grey = np.int32(high == low)
        factor, start = gain[high * 256 + high - low], top[high]
        out[i, 0] = _level(start - np.float32(high - r) * factor)
        out[i, 1] = _level(start - np.float32(high - g + grey) * factor)
        out[i, 2] = _level(start - np.float32(high - b + grey) * factor)


@compiled
def turn_hue(image: "NDArray[np.uint8]", turn: np.float32, out: "NDArray[np.uint8]") -> None:
    """Write `image` [P, 3] with its hue further by `turn` (0 to 6, sixths of a turn)."""
    planes = np.empty((3, _BLOCK), np.float32)
    for start in range(0, len(image), _BLOCK):
        count = min(_BLOCK, len(image) - start)
        for c in range(3):
            for i in range(count):
                planes[c, i] = image[start + i, c]
        _turn_block(planes[0, :count], planes[1, :count], planes[2, :count], turn)
        for c in range(3):
            for i in range(count):
                out[start + i, c] = np.uint8(planes[c, i])


@compiled
def _turn_block(
    red: "NDArray[np.float32]", green: "NDArray[np.float32]", blue: "NDArray[np.float32]", turn: np.float32
) -> None:
    """Turn the hue in place, rounded. Choices instead of branches: vector registers take several pixels at a time."""
    zero, one, two = np.float32(0), np.float32(1), np.float32(2)
    three, four, six = np.float32(3), np.float32(4), np.float32(6)
    for i in range(len(red)):
        r, g, b = red[i], green[i], blue[i]
        high = r if r > g else g
        high = high if high > b else b
        low = r if r < g else g
        low = low if low < b else b
        spread = high - low
        whole = spread if spread > one else one  # grey has no hue, and needs none
        offset = zero if r == high else two if g == high else four
        difference = g - b if r == high else b - r if g == high else r - g
        hue = difference / whole + offset + turn
        hue = hue - (six if hue >= six else zero)
        hue = hue + (six if hue < zero else zero)
        red[i] = np.rint(_share(abs(hue - three) - one) * spread + low)
        green[i] = np.rint(_share(two - abs(hue - two)) * spread + low)
        blue[i] = np.rint(_share(two - abs(hue - four)) * spread + low)


@compiled
def _share(value: np.float32) -> np.float32:
    value = value if value > np.float32(0) else np.float32(0)
    return value if value < np.float32(1) else np.float32(1)


@compiled
def _level(value: np.float32) -> np.uint8:
    return np.uint8(min(max(value, np.float32(0)), np.float32(255)))
