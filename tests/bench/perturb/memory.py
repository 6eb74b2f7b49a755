"""How much memory a perturbation takes beside its batch."""

import ctypes
import json
import sys
from pathlib import Path

import numpy as np
import torch
from parity import photo

from bench.perturb import PERTURBATIONS, perturb, stream_of

measurable = Path("/proc/self/clear_refs").exists()
"""Linux alone lets a process set its peak back."""


def peak_shares(name, size, count):
    """Return the peak growth of `perturb` and of the definition on a batch, each as a multiple of its float32 size.

    The batch has `count` images of `size` (height, width); the strength is the strongest default.
    """
    entry = PERTURBATIONS[name]
    images = np.stack([photo(*size, seed % 2) for seed in range(count)])
    masks = np.zeros(images.shape[:3], np.uint8)
    masks[:, size[0] // 4 : size[0] // 2, size[1] // 4 : size[1] // 2] = 1
    batch = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous()
    stream = stream_of([bytes([i] * 16) for i in range(count)])
    more = {"masks": torch.from_numpy(masks)} if entry.needs_mask else {}
    strength, unit = entry.strengths[-1], 4 * images.size

    def public():
        return perturb(images, name, strength, masks=masks)

    def defined():
        return entry.apply(batch, strength, entry.parameters(), stream, **more)

    return [peak_growth(call) / unit for call in (public, defined)]


def peak_growth(call):
    """Return by how many bytes the process grew while `call` ran the second time: the first loads and compiles."""
    call()
    ctypes.CDLL(None).malloc_trim(0)  # freed memory that the allocator keeps would hide new memory
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    result = call()
    peak = _status("VmHWM")
    del result
    return peak - before


def _status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


if __name__ == "__main__":
    print(json.dumps({name: peak_shares(name, (375, 500), 8) for name in sys.argv[1:]}))
