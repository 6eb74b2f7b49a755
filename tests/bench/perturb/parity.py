"""What parity tests share: images, our entry on one of them by either route, and the measure of agreement."""

import numpy as np
import pytest
import torch

from bench.perturb import PERTURBATIONS, Effect, stream_of
from bench.perturb.operations.reference_package import installed

needs_reference = pytest.mark.skipif(not installed(), reason="needs imagecorruptions 1.1.2 (make test installs it)")
KEY = bytes(range(16))


def photo(height=96, width=128, seed=0):
    """A made-up photograph: smooth shapes of several sizes, edges, texture, black, white. uint8 [H, W, 3]."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    image = np.zeros((height, width, 3))
    for size in (64, 32, 16, 8):
        grid = rng.uniform(-1, 1, (height // size + 2, width // size + 2, 3))
        image += grid[rows // size, columns // size] * size
    image = 128 + image + 20 * np.sin(columns / 3)[..., None] + rng.normal(0, 6, image.shape)
    image[: height // 8, : width // 8] = 0
    image[-height // 8 :, -width // 8 :] = 255
    return np.clip(image, 0, 255).astype(np.uint8)


def defined(name, image, strength, key=KEY, **parameters):
    """Return what the torch definition makes of `image` (uint8 [H, W, 3])."""
    entry = PERTURBATIONS[name]
    batch = torch.from_numpy(image).permute(2, 0, 1)[None].contiguous()
    result = entry.apply(batch, strength, entry.parameters(**parameters), stream_of([key]))
    images = result.images if isinstance(result, Effect) else result
    return images[0].permute(1, 2, 0).contiguous().numpy()


def fast(name, image, strength, key=KEY, **parameters):
    """Return what the CPU kernel makes of `image` (uint8 [H, W, 3])."""
    entry = PERTURBATIONS[name]
    return entry.kernel(np.ascontiguousarray(image), strength, entry.parameters(**parameters), stream_of([key]))


def agreement(one, other):
    """Return (the share of values within one grey level, the greatest difference)."""
    difference = np.abs(one.astype(np.int16) - other.astype(np.int16))
    return float((difference <= 1).mean()), int(difference.max())
