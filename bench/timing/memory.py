"""Peaks of memory: what a model needs of a CUDA device, and the largest size of the process."""

from pathlib import Path

import torch

from bench.host.machine import peak_memory_gib
from registry.adapter import TorchSegmenter
from registry.segmenter import Segmenter

RESET = Path("/proc/self/clear_refs")
STATUS = Path("/proc/self/status")
MIB = 2**20


class PeakMemory:
    """The peaks over the turns of one variant, in MiB.

    allocator: the model's weights, and the most that was allocated beside what was there before its turn; None: not on
    a CUDA device. process: the largest resident size of the process, with everything in it; None: the system cannot
    say it of one turn.
    """

    def __init__(self, device: str, segmenter: Segmenter) -> None:
        self.device = device
        self.allocator: float | None = None
        self.process: float | None = None
        self._weights = _weights(segmenter)
        self._before = 0

    def begin(self) -> None:
        """Forget what was before this turn."""
        self._told = reset_process_peak()
        if self.device.startswith("cuda"):
            torch.cuda.reset_peak_memory_stats(self.device)
            self._before = torch.cuda.memory_allocated(self.device)

    def end(self) -> None:
        """Take the peaks of this turn."""
        if self.device.startswith("cuda"):
            extra = torch.cuda.max_memory_allocated(self.device) - self._before
            self.allocator = max(self.allocator or 0.0, (self._weights + extra) / MIB)
        if self._told and (now := process_peak()) is not None:
            self.process = max(self.process or 0.0, now)


def _weights(segmenter: Segmenter) -> int:
    if not isinstance(segmenter, TorchSegmenter):
        return 0
    tensors = [*segmenter.network.parameters(), *segmenter.network.buffers()]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def reset_process_peak(file: Path = RESET) -> bool:
    """Let the peak of the process begin at its present size; return whether the system can."""
    peak_memory_gib()  # the run's record wants the largest of all
    try:
        file.write_text("5", encoding="ascii")
    except OSError:
        return False
    return True


def process_peak(file: Path = STATUS) -> float | None:
    """Return the largest resident size, in MiB, since it was last reset; None if unknown."""
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    kib = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
    return None if kib is None else int(kib) / 1024
