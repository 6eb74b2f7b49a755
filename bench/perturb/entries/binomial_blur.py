"""Gaussian blurring: the 3x3 binomial mask applied n times."""

from typing import TYPE_CHECKING, Literal

from bench.perturb import Perturbation
from bench.perturb.operations.borders import Border, extended
from bench.perturb.operations.rounding import Rounding, to_uint8
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

# Passes done before the sums are scaled back: 255 * 16^16 is far below the largest float32.
_PASSES_AT_ONCE = 16


class BinomialBlur(Parameters):
    """Parameters of binomial_blur."""

    rounding: Rounding = "nearest"
    border: Border = "reflect101"
    accumulate: Literal["float", "uint8"] = "float"


def blur(images: "Tensor", strength: float, parameters: BinomialBlur, stream: "Stream") -> "Tensor":
    """Return `images` convolved `strength` times with 1/16 [[1,2,1],[2,4,2],[1,2,1]].

    The variance grows by 1/2 pixel² a pass. With `accumulate="uint8"` each pass is rounded.
    """
    mirrored = parameters.border != "zero"  # a mirrored image stays mirrored under a symmetric mask
    at_once = _PASSES_AT_ONCE if mirrored and parameters.accumulate == "float" else 1
    left, values = int(strength), images.float()
    while left > 0:
        passes = min(left, at_once)
        values = _passes(values, passes, parameters.border)
        if parameters.accumulate == "uint8":
            values = to_uint8(values, parameters.rounding).float()
        left -= passes
    return to_uint8(values, parameters.rounding)


def _passes(values: "Tensor", passes: int, border: Border) -> "Tensor":
    """Return `passes` applications of the mask to the float images `values` [N, 3, H, W].

    [1, 2, 1] is [1, 1] twice, so each pass is two sums of neighbours along each axis. Plain additions
    round the same way on every device; a convolution routine need not.
    """
    values = extended(values, passes, border)
    for _ in range(2 * passes):
        values = values[..., 1:, :] + values[..., :-1, :]
    for _ in range(2 * passes):
        values = values[..., 1:] + values[..., :-1]
    return values.mul_(2.0 ** (-4 * passes))


ENTRY = Perturbation(
    version=1,
    title="Gaussian blurring",
    family="blur",
    unit="passes of the 3x3 binomial mask",
    source="Edinburgh Computer Vision Mini-Project 2025, item b",
    identity=0,
    strengths=(0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    parameters=BinomialBlur,
    apply=blur,
    minimum=0,
    maximum=1000,
    integer=True,
)
