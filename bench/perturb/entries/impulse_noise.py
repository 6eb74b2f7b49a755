"""Impulse noise of the published corruptions: a share of the values becomes white or black."""

from typing import TYPE_CHECKING

from bench.perturb import Perturbation
from bench.perturb.operations.salt import SaltAndPepper, scatter, scatter_kernel
from bench.perturb.severity import SEVERITY, SOURCE, between

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

# Share of the values that is hit, severities 1 to 5.
_SHARE = (0.03, 0.06, 0.09, 0.17, 0.27)


def hit(images: "Tensor", strength: float, parameters: SaltAndPepper, stream: "Stream") -> "Tensor":
    """Return `images` with the severity's share of the values set to 0 or 255, each as likely."""
    return scatter(images, between(_SHARE, strength), parameters, stream)


def hit_kernel(
    image: "NDArray[np.uint8]", strength: float, parameters: SaltAndPepper, stream: "Stream"
) -> "NDArray[np.uint8]":
    """Do the same to one image, bit for bit."""
    return scatter_kernel(image, between(_SHARE, strength), parameters, stream)


ENTRY = Perturbation(
    version=1,
    title="Impulse noise",
    family="noise",
    source=SOURCE,
    parameters=SaltAndPepper,
    apply=hit,
    kernel=hit_kernel,
    **SEVERITY,
)
