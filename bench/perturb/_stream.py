"""The random numbers of one picture and one perturbation: a function of a key and a position."""

from math import prod
from typing import TYPE_CHECKING

from bench.perturb._normal import normal_from_words
from bench.perturb._philox import WORD, philox4x32

if TYPE_CHECKING:
    import torch
    from torch import Tensor

# Elements worked on at a time. On a CPU the intermediates then fit a core's cache and each step is too
# small for torch to split: a picture takes some 5 ms on one core, also while the others are busy.
_CHUNK_CPU, _CHUNK_GPU = 1 << 15, 1 << 20


class Stream:
    """Random numbers that depend on the key and on the element's index (row-major), on nothing else.

    Not on the device, the worker, the order or the number of calls: asking twice gives the same numbers
    twice. Element i is word i % 4 of the Philox4x32-10 block i // 4. The key's 16 bytes are four
    little-endian words: the first two are Philox's key, the last two the upper half of its counter.
    """

    def __init__(self, key: bytes, device: "torch.device | str" = "cpu") -> None:
        """Take a `key` of 16 bytes; ValueError otherwise."""
        if len(key) != 16:
            raise ValueError(f"a stream's key has 16 bytes, not {len(key)}")
        words = [int.from_bytes(key[i : i + 4], "little") for i in range(0, 16, 4)]
        self._key, self._upper = (words[0], words[1]), (words[2], words[3])
        self.device = device
        self._chunk = _CHUNK_CPU if str(device) == "cpu" else _CHUNK_GPU

    def words(self, shape: tuple[int, ...]) -> "Tensor":
        """Return int32 of `shape` in which all 32 bits are random."""
        import torch

        count = prod(shape)
        out = torch.empty((-(-count // 4), 4), dtype=torch.int32, device=self.device)
        fill = self._fill_numpy if out.device.type == "cpu" else self._fill_torch
        for start in range(0, len(out), self._chunk):
            fill(out[start : start + self._chunk], start)
        return out.view(-1)[:count].view(shape)

    def _fill_numpy(self, out: "Tensor", start: int) -> None:
        """Write the blocks from number `start` on into `out` [n, 4] in the CPU's memory."""
        import numpy as np

        block = np.arange(start, start + len(out), dtype=np.int64)
        c2, c3 = (np.full_like(block, word) for word in self._upper)
        lanes = out.numpy()
        for lane, words in enumerate(philox4x32((block & WORD, block >> 32, c2, c3), self._key)):
            lanes[:, lane] = words  # int64 to int32 keeps the low 32 bits

    def _fill_torch(self, out: "Tensor", start: int) -> None:
        """Write the blocks from number `start` on into `out` [n, 4] on any device."""
        import torch

        block = torch.arange(start, start + len(out), device=out.device)
        c2, c3 = (torch.full_like(block, word) for word in self._upper)
        for lane, words in enumerate(philox4x32((block & WORD, block >> 32, c2, c3), self._key)):
            out[:, lane] = words

    def uniform(self, shape: tuple[int, ...]) -> "Tensor":
        """Return float32 of `shape` in [0, 1): multiples of 2^-24, from each word's upper 24 bits."""
        import torch

        return ((self.words(shape) >> 8) & 0xFFFFFF).to(torch.float32).mul_(2.0**-24)

    def normal(self, shape: tuple[int, ...]) -> "Tensor":
        """Return float32 of `shape`, mean 0 and standard deviation 1."""
        import torch

        words = self.words(shape)
        flat = words.view(-1)
        for start in range(0, len(flat), self._chunk):
            part = flat[start : start + self._chunk]
            part.copy_(normal_from_words(part).view(torch.int32))  # in place: no second copy of the picture
        return words.view(torch.float32)
