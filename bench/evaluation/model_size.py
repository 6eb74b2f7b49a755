"""What a model costs: parameters, multiply-accumulates, bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook
from torch.utils.flop_counter import FlopCounterMode

from bench.evaluation.precision import Probe
from registry.adapter import TorchSegmenter
from registry.segmenter import Segmenter


class NetworkSize(NamedTuple):
    """Numbers of parameters, and multiply-accumulates of one image; None for what cannot be known.

    widest: bytes of the largest output of a layer for one image, in float32; 0 where there is no network.
    """

    total: int | None
    trainable: int | None = None
    frozen: int | None = None
    macs: int | None = None
    widest: int = 0


def _one(probe: Probe) -> Probe:
    prompted = [i for i, prompt in enumerate(probe.prompts) if prompt is not None]
    i = prompted[0] if prompted else 0
    return Probe([probe.images[i]], [probe.prompts[i]])


@contextmanager
def _countable_attention() -> Iterator[None]:
    """Keep attention out of the fused kernel that the counter does not know."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


@contextmanager
def _without_gradients(network: nn.Module) -> Iterator[None]:
    """Let no weight ask for a gradient: the counter's hooks fail where a module returns a view of one."""
    free = [weight for weight in network.parameters() if weight.requires_grad]
    network.requires_grad_(False)
    try:
        yield
    finally:
        for weight in free:
            weight.requires_grad_(True)


@contextmanager
def _widths() -> Iterator[list[int]]:
    """Give a list that gets the bytes of each layer's output, in float32, behind a 0."""
    found = [0]

    def note(_: nn.Module, __: Any, output: Any) -> None:
        if isinstance(output, Tensor):
            found.append(4 * output.numel())

    hook = register_module_forward_hook(note)
    try:
        yield found
    finally:
        hook.remove()


def measured_size(segmenter: Segmenter, probe: Probe, *, trained: bool) -> NetworkSize:
    """Return parameters (all, trainable, frozen) and the MACs of one image; None for what cannot be known.

    trained: whether the suite trains the model; where it does not, all its weights are taken as they are: frozen.
    The image is the first of `probe` that has a prompt, else the first.

    MACs are half the operations that torch's flop counter finds (it counts a multiply-accumulate as two) in
    matrix products, convolutions and attention; additions, norms and activations are not in them. The network
    must be in fp32 on the CPU: other precisions can use kernels that the counter does not know.
    """
    if not isinstance(segmenter, TorchSegmenter):
        return NetworkSize(segmenter.parameters_total)
    sizes = [(p.numel(), p.requires_grad) for p in segmenter.network.parameters()]
    total, trainable = sum(n for n, _ in sizes), sum(n for n, free in sizes if free and trained)
    quiet = _without_gradients(segmenter.network)
    with _countable_attention(), quiet, _widths() as widths, FlopCounterMode(display=False) as counter:
        segmenter.forward(segmenter.prepare(*_one(probe)))
    return NetworkSize(total, trainable, total - trainable, counter.get_total_flops() // 2, max(widths))
