"""The random numbers of images under one perturbation: a function of a key and a position."""

from collections.abc import Callable, Sequence
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING

from bench.perturb.operations.normal import normal_from_words, normal_table
from bench.perturb.operations.philox import fused_blocks, philox_blocks

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray
    from torch import Tensor

# Blocks of four words worked on at a time, so that the wide intermediates stay small beside the result.
_CHUNK = 1 << 20


class Stream:
    """Random numbers of N images: functions of the image's key and the element's index, nothing else.

    Not of the device, the worker, the batch, the order or the number of calls: asking twice gives the
    same numbers twice. Element i (row-major) is word i % 4 of the Philox4x32-10 block i // 4. A key's 16
    bytes are four little-endian words: the first two are Philox's key, the last two the upper half of
    its counter; the other two words of the counter are the block's number and the `lane`. Lanes 0, 1, …
    are independent of each other: a perturbation that needs several fields takes one lane for each.
    """

    def __init__(
        self, keys: Sequence[bytes] | Callable[[], Sequence[bytes]], device: "torch.device | str" = "cpu"
    ) -> None:
        """Take one key of 16 bytes for each image, or what returns them, asked only if numbers are drawn."""
        self._given = keys
        self.device = device
        if not callable(keys):
            _ = self.keys  # a key of another length is refused at once

    @cached_property
    def keys(self) -> tuple[bytes, ...]:
        """The images' keys; ValueError where one has not 16 bytes."""
        keys = tuple(self._given() if callable(self._given) else self._given)
        for key in keys:
            if len(key) != 16:
                raise ValueError(f"a stream's key has 16 bytes, not {len(key)}")
        return keys

    def words(self, shape: tuple[int, ...], lane: int = 0) -> "Tensor":
        """Return int32 [N, *shape] in which all 32 bits are random."""
        import torch

        count = prod(shape)
        out = torch.empty((len(self.keys), -(-count // 4), 4), dtype=torch.int32, device=self.device)
        if out.device.type == "cpu":
            self.fill_by_kernel(out, lane)
        else:
            self.fill_by_definition(out, lane)
        return out.flatten(1)[:, :count].reshape(len(self.keys), *shape)

    def fill_by_kernel(self, out: "Tensor", lane: int) -> None:
        """Fill `out`, int32 [N, blocks, 4] on a CPU, with the same bits many times faster."""
        import numpy as np

        from bench.perturb.kernels.random import philox_words

        for i, blocks in enumerate(out.numpy().view(np.uint32)):
            philox_words(blocks, lane, self.key_words(i), 0)

    def key_words(self, i: int = 0) -> "NDArray[np.uint32]":
        """Return the four words of an image's key, for a kernel that draws its numbers as it goes."""
        import numpy as np

        return np.frombuffer(self.keys[i], "<u4")

    def fill_by_definition(self, out: "Tensor", lane: int) -> None:
        """Fill `out`, int32 [N, blocks, 4] on any device."""
        import torch

        words = [[int.from_bytes(key[i : i + 4], "little") for i in range(0, 16, 4)] for key in self.keys]
        keys = torch.tensor(words, dtype=torch.int64, device=out.device)
        blocks = fused_blocks() if out.device.type == "cuda" else philox_blocks
        step = max(1, _CHUNK // len(self.keys))
        for start in range(0, out.shape[1], step):
            part = out[:, start : start + step]
            part.copy_(blocks(keys, start, part.shape[1], lane))

    def uniform(self, shape: tuple[int, ...], lane: int = 0) -> "Tensor":
        """Return float32 [N, *shape] in [0, 1): multiples of 2^-24, from each word's upper 24 bits."""
        import torch

        return ((self.words(shape, lane) >> 8) & 0xFFFFFF).to(torch.float32).mul_(2.0**-24)

    def normal(self, shape: tuple[int, ...], lane: int = 0) -> "Tensor":
        """Return float32 [N, *shape], mean 0 and standard deviation 1."""
        import torch

        words = self.words(shape, lane).contiguous()  # of several images, not always in one piece
        flat = words.view(-1)
        if flat.device.type == "cpu":
            from bench.perturb.kernels.random import normals_in_place

            starts, slopes, rest_bits, first = normal_table("cpu")
            normals_in_place(flat.numpy(), starts.numpy(), slopes.numpy(), rest_bits, first)
            return words.view(torch.float32)
        for start in range(0, len(flat), _CHUNK):
            part = flat[start : start + _CHUNK]
            part.copy_(normal_from_words(part).view(torch.int32))  # in place: no second copy of the image
        return words.view(torch.float32)
