"""What this machine can do at most: a product of matrices in each arithmetic, and a copy of memory."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch

from bench.timing.clock import Clock, clock_of
from bench.timing.variants import AMPERE, arithmetic
from registry.adapter import DTYPES

LONG_NS = 40_000_000
"""Matrices grow until a product takes so long, or until their sides are LARGEST."""
SIDE, LARGEST = 256, 8192
COPY_BYTES = 256 * 2**20
"""Twice that is read and written, more than most caches hold."""
REPEATS = 5


@dataclass(frozen=True)
class Peaks:
    """The two lines of a roofline.

    gflop_per_second: 10^9 operations in fp32, bf16, fp16 and (on a GPU) tf32, a multiplication and an addition being
    two; what the processor lacks is left out. gb_per_second: 10^9 bytes that are read and written; None: unknown.
    """

    gflop_per_second: dict[str, float]
    gb_per_second: float | None


def measured_peaks(device: str, *, largest: int = LARGEST, copied: int = COPY_BYTES) -> Peaks:
    """Measure a device for a few seconds; largest, copied: sides of the matrices, bytes of the copy."""
    clock = clock_of(device)
    kinds = [*DTYPES, *(["tf32"] if _has_tf32(device) else [])]
    found = {kind: _product(kind, device, clock, largest) for kind in kinds}
    return Peaks({kind: rate for kind, rate in found.items() if rate is not None}, _copy(device, clock, copied))


def _has_tf32(device: str) -> bool:
    return device.startswith("cuda") and torch.cuda.get_device_capability(device) >= AMPERE


def _product(kind: str, device: str, clock: Clock, largest: int) -> float | None:
    """Return 10^9 operations a second: 2 n^3 of them are a product of n x n matrices."""
    n = SIDE
    try:
        with arithmetic(kind), torch.no_grad():
            while True:
                a, b = (torch.rand(n, n, device=device).to(DTYPES.get(kind, torch.float32)) for _ in range(2))
                ns = _fastest(partial(torch.mm, a, b), clock)
                if ns >= LONG_NS or 2 * n > largest:
                    return 2 * n**3 / ns
                n *= 2
    except (RuntimeError, NotImplementedError):
        return None


def _copy(device: str, clock: Clock, size: int) -> float | None:
    try:
        source = torch.ones(size // 4, device=device)
        target = torch.empty_like(source)
        return 2 * source.nbytes / _fastest(partial(target.copy_, source), clock)
    except (RuntimeError, MemoryError):
        return None


def _fastest(do: Callable[[], object], clock: Clock) -> float:
    """Return the least nanoseconds of a few calls after one: a limit is what is possible."""
    do()
    times = []
    for _ in range(REPEATS):
        begin = clock.mark()
        do()
        end = clock.mark()
        clock.settle()
        times.append(clock.between(begin, end))
    return max(min(times), 1)
