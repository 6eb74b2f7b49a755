"""What a model costs: parameters, multiply-accumulates, bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from registry.adapter import TorchSegmenter
from registry.prompts import Prompt
from registry.segmenter import Segmenter


@contextmanager
def _countable_attention() -> Iterator[None]:
    """Keep attention out of the fused kernel that the counter does not know."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def size_facts(segmenter: Segmenter, picture: torch.Tensor, prompt: Prompt | None) -> dict[str, Any]:
    """Return parameters (all, trainable, frozen) and the MACs of one picture; None for what cannot be known.

    MACs are half the operations that torch's flop counter finds (it counts a multiply-accumulate as two) in
    matrix products, convolutions and attention; additions, norms and activations are not in them. The network
    must be in fp32 on the CPU: other precisions can use kernels that the counter does not know.
    """
    if not isinstance(segmenter, TorchSegmenter):
        return {
            "parameters_total": segmenter.parameters_total,
            "parameters_trainable": None,
            "parameters_frozen": None,
            "macs": None,
        }
    sizes = [(p.numel(), p.requires_grad) for p in segmenter.network.parameters()]
    total, trainable = sum(n for n, _ in sizes), sum(n for n, free in sizes if free)
    with _countable_attention(), FlopCounterMode(display=False) as counter:
        segmenter.forward(segmenter.prepare([picture], [prompt]))
    return {
        "parameters_total": total,
        "parameters_trainable": trainable,
        "parameters_frozen": total - trainable,
        "macs": counter.get_total_flops() // 2,
    }
