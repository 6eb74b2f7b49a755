"""The one definition of "the same image": a hash of decoded pixels and their shape."""

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pixel_hash(pixels: "NDArray[Any]") -> str:
    """Return 32 hexadecimal digits: BLAKE2b-128 of the shape and the uint8 values in row-major order.

    `pixels` is an image [H, W, 3] or a mask [H, W]. The shape goes in first, as text ("375x500x3:"),
    so that an image and its reshaping differ. Memory layout, file format and metadata do not matter.

    Raises:
        TypeError: `pixels` is not uint8; a conversion would change what is hashed.
    """
    if str(pixels.dtype) != "uint8":
        raise TypeError(f"pixel_hash needs uint8 pixels, not {pixels.dtype}")
    state = hashlib.blake2b("x".join(map(str, pixels.shape)).encode() + b":", digest_size=16)
    # A contiguous array is hashed where it lies; any other is copied into row-major order first.
    state.update(pixels.data if pixels.flags.c_contiguous else pixels.tobytes())
    return state.hexdigest()
