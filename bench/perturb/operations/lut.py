"""Looking grey levels up: whatever maps a value of 0..255 to another one without seeing its neighbours."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


def look_up(images: "Tensor", table: "Tensor") -> "Tensor":
    """Return the entry of `table`, uint8 [N or 1, 3 or 1, 256], for each value of `images`, uint8 [N, 3, H, W]."""
    import torch

    count = len(images)
    flat = table.to(images.device).expand(count, 3, 256).reshape(-1)
    rows = torch.arange(0, len(flat), 256, dtype=torch.int32, device=images.device).view(count, 3, 1, 1)
    index = (images + rows).flatten()
    return flat.index_select(0, index).view(images.shape)


def look_up_kernel(image: "NDArray[np.uint8]", table: "Tensor") -> "NDArray[np.uint8]":
    """Do the same to one image, uint8 [H, W, 3], with a table [3 or 1, 256]: bit for bit."""
    import cv2
    import numpy as np

    return cast("NDArray[np.uint8]", cv2.LUT(image, np.ascontiguousarray(table.numpy().T)[None]))
