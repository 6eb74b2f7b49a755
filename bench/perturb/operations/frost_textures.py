"""Images of frost: imagecorruptions' own five where that package is installed, five made-up ones otherwise."""

import math
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bench.perturb.operations.reference_package import VERSION, installed, package_folder
from registry.errors import BenchError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Textures = Literal["auto", "imagecorruptions", "procedural"]

# The package carries a sixth, frost6.jpg, which its `randint(5)` never picks.
FILES = ("frost1.png", "frost2.png", "frost3.png", "frost4.jpg", "frost5.jpg")
# Rescaled textures kept: all five at one or two image sizes, of at most this many bytes each.
_KEPT, _KEPT_BYTES = 10, 16 << 20
# Of the made-up textures: about the real ones' mean colours (RGB) and standard deviations.
_HEIGHT, _WIDTH = 400, 600
_COLOURS = ((78, 149, 166), (201, 205, 214), (190, 200, 212), (138, 153, 165), (112, 123, 135))
_DEVIATIONS = (18, 21, 21, 27, 41)
_CRYSTALS = 700


def chosen(textures: Textures) -> Path | None:
    """Return the folder of the textures to use; None for the made-up ones.

    Raises:
        BenchError: the package's were asked for and are not there.
    """
    if textures == "procedural":
        return None
    folder = packaged()
    if folder is not None or textures == "auto":
        return folder
    raise BenchError(
        f"frost: textures: imagecorruptions needs that package: pip install --no-deps imagecorruptions=={VERSION}, "
        "or set textures: procedural"
    )


@cache
def packaged() -> Path | None:
    """Return the folder of the installed package's textures, None where they are not there."""
    package = package_folder() if installed() else None
    folder = package / "frost" if package else None
    return folder if folder is not None and all((folder / name).is_file() for name in FILES) else None


@cache
def described(folder: Path | None) -> str:
    """Return which textures these are, for records: the package's with a hash of the files."""
    if folder is None:
        return "procedural"
    from hashlib import blake2b

    content = b"".join((folder / name).read_bytes() for name in FILES)
    return f"imagecorruptions {VERSION} {blake2b(content, digest_size=16).hexdigest()}"


def rescaled(folder: Path | None, number: int, height: int, width: int) -> "NDArray[np.uint8]":
    """Return a texture as RGB uint8 [H', W', 3] that has room for an image of height x width: 1.1 times the texture.

    A texture smaller than the image along an axis is magnified first until it fills the image.
    """
    rows, columns = _texture(folder, number).shape[:2]
    scale = max(1.0, height / rows, width / columns) * 1.1
    to_rows, to_columns = math.ceil(rows * scale), math.ceil(columns * scale)
    small = to_rows * to_columns * 3 <= _KEPT_BYTES
    return (_resized if small else _resized.__wrapped__)(folder, number, to_rows, to_columns)


@lru_cache(maxsize=_KEPT)
def _resized(folder: Path | None, number: int, rows: int, columns: int) -> "NDArray[np.uint8]":
    import cv2
    import numpy as np

    resized = cv2.resize(_texture(folder, number), dsize=(columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8)


@cache
def _texture(folder: Path | None, number: int) -> "NDArray[np.uint8]":
    import cv2
    import numpy as np

    if folder is None:
        return grown(number)
    texture: Any = cv2.imread(str(folder / FILES[number]))
    if texture is None:
        raise BenchError(f"frost: cannot read {FILES[number]} of the installed imagecorruptions; reinstall it")
    return np.ascontiguousarray(texture[..., ::-1])


def grown(number: int) -> "NDArray[np.uint8]":
    """Return made-up frost, RGB uint8: fern-like crystals of many sizes over each other, under a thin cloud."""
    import numpy as np

    from bench.perturb.streams import Stream

    stream = Stream([bytes([number]) * 16])
    relief = np.zeros((_HEIGHT, _WIDTH))
    for down, right, turn, size, bright in stream.uniform((_CRYSTALS, 5))[0].double().numpy():
        length, turn = 20 + 70 * size**2, 2 * np.pi * turn
        cosine, sine = np.cos(turn), np.sin(turn)
        top, left = down * _HEIGHT, right * _WIDTH  # of the crystal's middle
        rows = slice(max(0, int(top - length / 2)), int(top + length / 2) + 1)
        columns = slice(max(0, int(left - length / 2)), int(left + length / 2) + 1)
        part = relief[rows, columns]
        y, x = np.mgrid[rows, columns][:, : part.shape[0], : part.shape[1]] - np.array([[[top]], [[left]]])
        crystal = _crystal((x * cosine + y * sine) / length + 0.5, (y * cosine - x * sine) / length)
        np.maximum(part, (0.3 + 0.7 * bright) * crystal, out=part)
    relief = 90 * relief + 15 * _cloud(stream, 1, 100) + 10 * _cloud(stream, 2, 30)
    relief = (relief - relief.mean()) * (_DEVIATIONS[number] / relief.std())
    values: NDArray[np.float64] = np.array(_COLOURS[number]) + relief[..., None]
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _crystal(along: "NDArray[np.float64]", across: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Return the brightness, 0..1, of a feather of length 1 with its root at 0: a stem and needles at 60° to it."""
    import numpy as np

    side = np.abs(across)
    reach = np.clip(1 - along, 0, 1) * np.clip(8 * along, 0, 1) * 0.35  # how far the needles go on each side
    within = np.clip(1 - side / np.maximum(reach, 1e-9), 0, 1)
    needles = np.abs(2 * ((14 * (along - side / 3**0.5)) % 1) - 1)
    crystal: NDArray[np.float64] = np.sqrt(within) * (0.3 + 0.5 * needles + 0.2 * within**8)
    return crystal


def _cloud(stream: Any, lane: int, size: int) -> "NDArray[np.float32]":
    """Return smooth noise of about -1..1, [_HEIGHT, _WIDTH], with one independent value every `size` pixels."""
    import cv2

    grid = stream.uniform((_HEIGHT // size + 2, _WIDTH // size + 2), lane=lane)[0].numpy() * 2 - 1
    cloud: NDArray[np.float32] = cv2.resize(grid, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_CUBIC)
    return cloud
