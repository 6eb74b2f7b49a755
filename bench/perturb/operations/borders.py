"""What a filter sees beyond the image's edge."""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Border = Literal["reflect101", "reflect", "zero"]


def extended(values: "Tensor", width: int, border: Border) -> "Tensor":
    """Return `values` [..., H, W] with `width` more pixels on each side: [..., H + 2 width, W + 2 width].

    "reflect101" mirrors about the edge pixel (dcb|abcd|cba), "reflect" about the edge (cba|abcd|dcb),
    "zero" is black. Images smaller than `width` are mirrored again and again.
    """
    if border == "zero":
        from torch.nn.functional import pad

        return pad(values, (width, width, width, width))
    rows = mirrored(values.shape[-2], width, border, values.device)
    columns = mirrored(values.shape[-1], width, border, values.device)
    return values.index_select(-2, rows).index_select(-1, columns)


def mirrored(size: int, width: int, border: Border, device: "torch.device") -> "Tensor":
    """Return the index within 0..size - 1 of each position from -width to size + width - 1."""
    import torch

    once = 1 if border == "reflect101" else 0  # the edge pixels are not repeated
    period = max(1, 2 * (size - once))
    position = torch.arange(-width, size + width, device=device) % period
    return torch.minimum(position, period - position - (1 - once)).clamp_(min=0)
