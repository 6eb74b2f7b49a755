"""Frost: a photograph of frost mixed into the image."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from bench.perturb import Perturbation
from bench.perturb.operations.frost_textures import FILES, Textures, chosen, described, rescaled
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# The shares of the image and of the texture.
_CONSTANTS = ((1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75))
_AT_ONCE = 16  # images: float64 takes twice the memory


class Frost(Parameters):
    """Parameters of frost.

    textures: "imagecorruptions" are the five photographs of that package, "procedural" five made-up ones,
    "auto" the package's where version 1.1.2 is installed. The record of a run names those used.
    """

    textures: Textures = "auto"


class Crop(NamedTuple):
    """Which part of which texture one image gets: fractions of what there is to choose from, in [0, 1)."""

    texture: float
    down: float
    right: float


def add_frost(images: "Tensor", strength: float, parameters: Frost, stream: "Stream") -> "Tensor":
    """Return a x + b t, truncated: t a random crop of a random texture, a and b the severity's shares.

    Between two severities the shares lie on the straight line; texture and crop are the same at all. In float64,
    so that a sum such as 0.8 * 100 + 0.6 * 200 is the whole number that it is in the published code.
    """
    import numpy as np
    import torch

    of_image, of_texture = between(_CONSTANTS, strength)
    height, width = images.shape[-2:]
    crops = [_cropped(Crop(*row), height, width, parameters) for row in stream.uniform((3,)).tolist()]
    textures = torch.from_numpy(np.stack(crops)).to(images.device).permute(0, 3, 1, 2)
    out = torch.empty_like(images)
    for start in range(0, len(images), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        mixture = images[part].double().mul_(of_image).add_(textures[part].double().mul_(of_texture))
        out[part] = to_uint8(mixture, "truncate")
    return out


def _cropped(crop: Crop, height: int, width: int, parameters: Frost) -> "NDArray[np.uint8]":
    """Return the part of the texture, RGB [height, width, 3]; a view."""
    number = int(crop.texture * len(FILES))
    texture = rescaled(chosen(parameters.textures), number, height, width)
    top = int(crop.down * (texture.shape[0] - height))
    left = int(crop.right * (texture.shape[1] - width))
    return texture[top : top + height, left : left + width]


def add_frost_fast(
    image: "NDArray[np.uint8]", strength: float, parameters: Frost, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do what `add_frost` does to one image on a CPU."""
    from bench.perturb.kernels.frost import mixed

    height, width = image.shape[:2]
    texture = _cropped(Crop(*stream.uniform((3,))[0].tolist()), height, width, parameters)
    return mixed(image, texture, *between(_CONSTANTS, strength))


def which_textures(parameters: Frost) -> Mapping[str, str]:
    """Return the record of the textures in use."""
    return {"textures": described(chosen(parameters.textures))}


ENTRY = Perturbation(
    version=1,
    title="Frost",
    family="weather",
    source=SOURCE,
    parameters=Frost,
    apply=add_frost,
    kernel=add_frost_fast,
    resources=which_textures,
    rises=False,
    **SEVERITY,
)
