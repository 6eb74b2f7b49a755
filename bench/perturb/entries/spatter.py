"""Spatter: drops of water, or mud, on the lens."""

from typing import TYPE_CHECKING, Any

from bench.perturb import Perturbation
from bench.perturb.operations.rounding import to_uint8
from bench.perturb.severity import SEVERITY, SOURCE, between
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Of the liquid: mean and standard deviation of the noise, standard deviation of the Gaussian that smooths it
# (pixels), and the least that stays.
_LIQUID = ((0.65, 0.3, 4.0, 0.69), (0.65, 0.3, 3.0, 0.68), (0.65, 0.3, 2.0, 0.68), (0.65, 0.3, 1.0, 0.65))
_CONSTANTS = (*_LIQUID, (0.67, 0.4, 1.0, 0.65))
_OPACITY = (0.6, 0.6, 0.5, 0.5, 0.5)  # of water; the last two go on for severities nearer to 3 than to 4
_MUD_FROM, _MUD_SIGMA, _MUD_LEAST = 3.5, 1.5, 0.8
_WATER, _MUD = (175, 238, 238), (63, 42, 20)  # RGB: pale turquoise, brown


def spatter(images: "Tensor", strength: float, parameters: Parameters, stream: "Stream") -> "Tensor":
    """Return x + m w (water: severities below 3.5) or (1 - m) x + m d (mud), truncated; m the layer, w, d colours.

    The noise is the same at all severities, and the constants lie on the straight line between two; whether it is
    water or mud is what it is at the nearest one (3.5: mud), as is what only one of them has.
    """
    import torch

    height, width = images.shape[-2:]
    layers = torch.from_numpy(_layers(stream, height, width, strength)).to(images.device)[:, None]
    mud = strength >= _MUD_FROM
    colour = torch.tensor(_MUD if mud else _WATER, dtype=torch.float32).to(images.device).view(3, 1, 1)
    values = images * (1 - layers) if mud else images.float()
    return to_uint8(values.add_(layers * colour), "truncate")


def _layers(stream: "Stream", height: int, width: int, strength: float) -> "NDArray[np.float32]":
    """Return how much of each pixel is liquid, 0..1, [N, H, W].

    Made by OpenCV on a CPU whatever device the images are on: it depends on the stream and the size alone.
    """
    import numpy as np
    import torch

    from bench.perturb.kernels.spatter import mud_layer, water_layer
    from bench.perturb.streams import Stream
    from bench.perturb.threads import pool

    liquid = between(_CONSTANTS, strength)

    def layer(key: bytes) -> Any:
        field = Stream([key]).normal((height, width))[0].numpy()
        if strength >= _MUD_FROM:
            return mud_layer(field, liquid, _MUD_SIGMA, _MUD_LEAST)
        return water_layer(field, liquid, between(_OPACITY, strength))

    if len(stream.keys) == 1:
        return np.asarray(layer(stream.keys[0]))[None]
    return np.stack(list(pool(torch.get_num_threads()).map(layer, stream.keys)))


ENTRY = Perturbation(
    version=1,
    title="Spatter",
    family="weather",
    source=SOURCE,
    parameters=Parameters,
    apply=spatter,
    rises=False,  # on dark images mud (4, 5) changes less than water (3) does
    **SEVERITY,
)
