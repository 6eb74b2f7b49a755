"""What contrast_increase and contrast_decrease share: each value times a factor."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from bench.perturb.operations.rounding import Rounding, to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream


class Contrast(Parameters):
    """Parameters of both; `pivot` is the grey level that stays where it is ("mean": the image's)."""

    rounding: Rounding = "nearest"
    pivot: Literal["mean"] | Annotated[float, Field(ge=0, le=255)] = 0.0


def multiply(images: "Tensor", strength: float, parameters: Contrast, stream: "Stream") -> "Tensor":
    """Return `strength` times each value's distance from the pivot, plus the pivot.

    In float64, so that a tie such as 5 * 1.1 = 5.5 is rounded as the same line of NumPy rounds it.
    """
    import torch

    pivot: Any = parameters.pivot
    if pivot == "mean":
        pivot = images.sum(dtype=torch.int64, dim=(1, 2, 3), keepdim=True).double() / images[0].numel()
    values = images.to(torch.float64).mul_(strength).add_(pivot * (1 - strength))
    return to_uint8(values, parameters.rounding)
