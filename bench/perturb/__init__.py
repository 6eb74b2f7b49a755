"""Perturbations of pictures: one file per entry; importing this package does not import torch."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any

from bench.perturb._apply import perturb, stream_for
from bench.perturb._presets import PRESETS
from registry.core import Registry
from registry.errors import BenchError
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb._stream import Stream

__all__ = ["PERTURBATIONS", "PRESETS", "Perturbation", "perturb", "stream_for"]


@dataclass(frozen=True)
class Perturbation:
    """One way to make a picture worse, and what its strength means.

    `apply(image, strength, parameters, stream)` takes a uint8 tensor [3, H, W] (RGB, any device) and
    returns a new one of the same shape on the same device; it never writes to its input. All its
    randomness comes from `stream`, which does not depend on the strength, so that one picture gets the
    same noise pattern, the same hit pixels and the same place at every strength.

    `identity` is the strength that changes nothing (None where there is none), `strengths` are the
    defaults with the identity first, `minimum` to `maximum` (both included) is what a suite may ask for,
    and `integer` says that only whole numbers make sense. Raise `version` whenever a pixel changes: it
    is part of every cell's key and of the random stream's.
    """

    version: int
    title: str
    unit: str
    source: str
    identity: float | None
    strengths: tuple[float, ...]
    parameters: type[Parameters]
    apply: Callable[["Tensor", float, Any, "Stream"], "Tensor"]
    minimum: float
    maximum: float
    integer: bool = False

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


PERTURBATIONS: Registry[Perturbation] = Registry("perturbation", __name__, Perturbation)
