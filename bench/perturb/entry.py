"""What a perturbation's file declares about itself and returns, and the registry of those files."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from registry.core import Registry
from registry.errors import BenchError
from registry.parameters import Parameters

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from bench.perturb.streams import Stream

Family = Literal["noise", "blur", "weather", "digital", "colour", "geometric", "occlusion", "reference"]


class Effect(NamedTuple):
    """What a perturbation that moves or hides pixels gives back.

    images: uint8 [N, 3, H, W].
    source: int64 [N, H, W], which pixel of the clean image (row-major index, the nearest one) now lies
    here, -1 where none does; None: nothing moved.
    covered: bool [N, H, W], pixels that hide what was there; None: nothing is hidden.
    """

    images: "Tensor"
    source: "Tensor | None" = None
    covered: "Tensor | None" = None


def _nothing(_: Any) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Perturbation:
    """One way to make an image worse, and what its strength means.

    `apply(images, strength, parameters, stream)` is the definition: it takes a uint8 tensor [N, 3, H, W]
    (RGB, any device) and returns a new one of the same shape on the same device, or an `Effect`; it never
    writes to its input. An entry with `needs_mask` is called with `masks=` too, uint8 [N, H, W]. All its
    randomness comes from `stream`, which does not depend on the strength, so that one image gets the
    same noise pattern, the same hit pixels and the same place at every strength.

    `kernel`, where there is one, gives the same pixels (within one grey level on 99.9 % of the values)
    faster on a CPU: one image, uint8 [H, W, 3] in row-major order, with the stream of that one image.

    `identity` is the strength that changes nothing (None where there is none, as for a severity),
    `strengths` are the defaults, the identity first where there is one, then from mild to strong;
    `minimum` to `maximum` (both included) is what a suite may ask for, and with `integer` only whole
    numbers make sense. `moves`: pixels change places and the mask goes with them. `covers`: pixels are
    hidden. `rises`: on ordinary images the root mean square difference grows with every default strength.
    `least`: the smallest side of an image. `draws_as`: the entry whose random numbers this one shares. `device` "cpu":
    computed there, whatever device the image is on. `resources(parameters)` names what the pixels depend
    on besides code and parameters (texture files); it is part of the cells' keys. Raise `version` whenever a
    pixel changes: it is part of every cell's key and of the random stream's.
    """

    version: int
    title: str
    family: Family
    unit: str
    source: str
    identity: float | None
    strengths: tuple[float, ...]
    parameters: type[Parameters]
    apply: Callable[..., "Tensor | Effect"]
    minimum: float
    maximum: float
    integer: bool = False
    kernel: "Callable[[NDArray[np.uint8], float, Any, Stream], NDArray[np.uint8]] | None" = None
    moves: bool = False
    covers: bool = False
    needs_mask: bool = False
    rises: bool = True
    least: int = 1
    draws_as: str | None = None
    device: Literal["any", "cpu"] = "any"
    resources: Callable[[Any], Mapping[str, str]] = _nothing

    def check_strength(self, strength: Any) -> float:
        """Return `strength` as a float.

        Raises:
            BenchError: it is not a number, not whole where it has to be, or out of range.
        """
        kind = "whole numbers" if self.integer else "numbers"
        allowed = f"{self.title} takes {kind} from {self.minimum:g} to {self.maximum:g} ({self.unit})"
        if isinstance(strength, bool) or not isinstance(strength, Real) or math.isnan(strength):
            raise BenchError(f"strength {strength!r} is not a number; {allowed}")
        value = float(strength)
        if not self.minimum <= value <= self.maximum:
            raise BenchError(f"strength {value:g} is out of range; {allowed}")
        if self.integer and not value.is_integer():
            raise BenchError(f"strength {value:g} is not whole; {allowed}")
        return value


PERTURBATIONS: Registry[Perturbation] = Registry("perturbation", "bench.perturb.entries", Perturbation)
