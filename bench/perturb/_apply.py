"""Perturb one picture: the entry, its parameters and its random stream brought together."""

from typing import TYPE_CHECKING, Any, overload

from bench.hashing import pixel_hash
from bench.storage import digest

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb._stream import Stream
    from registry.parameters import Parameters


def stream_for(seed: int, image_hash: str, name: str, version: int, device: "torch.device | str" = "cpu") -> "Stream":
    """Return the random stream of one picture under one perturbation.

    The key is BLAKE2b-128 of the suite's seed, the hash of the decoded native RGB pixels and their
    shape, the perturbation's name and its entry's version. The strength is not in it.
    """
    from bench.perturb._stream import Stream

    return Stream(bytes.fromhex(digest(seed, image_hash, name, version)), device)


@overload
def perturb(
    image: "NDArray[np.uint8]",
    name: str,
    strength: float,
    *,
    seed: int = ...,
    parameters: "Parameters | None" = ...,
    image_hash: str | None = ...,
) -> "NDArray[np.uint8]": ...


@overload
def perturb(
    image: "Tensor",
    name: str,
    strength: float,
    *,
    seed: int = ...,
    parameters: "Parameters | None" = ...,
    image_hash: str | None = ...,
) -> "Tensor": ...


def perturb(
    image: Any,
    name: str,
    strength: float,
    *,
    seed: int = 0,
    parameters: "Parameters | None" = None,
    image_hash: str | None = None,
) -> Any:
    """Return a perturbed copy of `image`: NumPy uint8 [H, W, 3] or torch uint8 [3, H, W], RGB.

    The result has the type, shape and device of what was given, and the same picture, name, strength and
    seed give the same pixels in either form, on any device. `parameters` is an instance of the entry's
    `parameters` class (None: its defaults). `image_hash` is `bench.hashing.pixel_hash` of the native
    picture where the caller has it already, or where `image` is a resized copy that has to share the
    native picture's random numbers; None computes it from `image`.

    Raises:
        BenchError: no perturbation has that name, or the strength is not one it takes.
        TypeError, ValueError: the picture is not uint8 of one of the two shapes.
    """
    from bench.perturb import PERTURBATIONS

    entry = PERTURBATIONS[name]
    checked = entry.check_strength(strength)
    if parameters is None:
        parameters = entry.parameters()
    pixels = _as_tensor(image)
    key = image_hash or pixel_hash(pixels.permute(1, 2, 0).cpu().numpy())
    stream = stream_for(seed, key, name, entry.version, pixels.device)
    result = entry.apply(pixels, checked, parameters, stream)
    return result if pixels is image else result.permute(1, 2, 0).contiguous().numpy()


def _as_tensor(image: Any) -> "Tensor":
    """Return `image` itself where it is a tensor, else a tensor [3, H, W] of the NumPy picture."""
    import numpy as np
    import torch

    if str(image.dtype).removeprefix("torch.") != "uint8":
        raise TypeError(f"a picture to perturb is uint8, not {image.dtype}")
    given = isinstance(image, torch.Tensor)
    if image.ndim != 3 or image.shape[0 if given else 2] != 3 or 0 in image.shape:
        form = "[3, H, W]" if given else "[H, W, 3]"
        raise ValueError(f"a picture to perturb has the shape {form}, not {list(image.shape)}")
    if isinstance(image, torch.Tensor):
        return image
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
