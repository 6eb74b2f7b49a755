"""The ways in which a network is run, and how many labels each of them changes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy

import torch
from torch import Tensor

from bench.evaluation.precision import CALIBRATION_IMAGES
from bench.timing.timed_images import TimedImage, announce, predicted
from registry.adapter import Inputs, NetworkStep, TorchSegmenter
from registry.errors import BenchError
from registry.segmenter import Geometry, Segmenter, Size

AMPERE = (8, 0)
"""The first compute capability with TF32."""


def precision_of(variant: str, resolved: str) -> str:
    """Return the precision that a variant runs at; resolved: the one that the suite's `precision` led to."""
    return {"tf32": "fp32", "compile": resolved}.get(variant, variant)


def placed(fresh: Segmenter, variant: str, resolved: str, device: str, size: Size | None) -> Segmenter:
    """Return a copy of a segmenter, which is in fp32 on the CPU, as the variant runs it.

    size: of the network's input; None: its own.

    Raises:
        BenchError: the model or this machine has no such variant or size.
    """
    if not isinstance(fresh, TorchSegmenter):
        _check_plain(variant, resolved, size)
        return fresh
    if variant == "tf32":
        _check_tf32(device)
    copy = deepcopy(fresh)  # casting is not undone by casting back
    if size is not None:
        copy.geometry = Geometry(*size, copy.geometry.mode)
    copy.place(device, precision_of(variant, resolved))
    return copy


def _check_plain(variant: str, resolved: str, size: Size | None) -> None:
    if variant != resolved:
        raise BenchError(f"the model has no torch network, so it cannot run in {variant}")
    if size is not None:
        raise BenchError("the model has no torch network, so the size of its input is its own")


def _check_tf32(device: str) -> None:
    if not device.startswith("cuda") or torch.cuda.get_device_capability(device) < AMPERE:
        raise BenchError(f"tf32 is an arithmetic of NVIDIA GPUs from Ampere on; {device} has none")


def compile_network(segmenter: TorchSegmenter, inputs: Inputs, *, sizes_vary: bool) -> None:
    """Let the next call of the network compile it.

    sizes_vary: whether batches of several sizes come; then one compiled network is for all of them.

    Raises:
        BenchError: the network is not called as a whole, so that nothing would be compiled.
    """
    whole: list[bool] = []
    hook = segmenter.network.register_forward_pre_hook(lambda *_: whole.append(True))
    segmenter.forward(inputs)
    hook.remove()
    if not whole:
        raise BenchError("torch.compile takes a network that is called as a whole; this one is called in parts")
    torch.compiler.reset()  # what was compiled for other shapes counts towards a limit
    segmenter.network = torch.compile(segmenter.network, dynamic=sizes_vary)  # type: ignore[assignment]


def network_steps(segmenter: TorchSegmenter, variant: str) -> tuple[NetworkStep, ...]:
    """Return the network's steps; a compiled network is one."""
    return (NetworkStep("network", segmenter.forward),) if variant == "compile" else segmenter.network_steps()


@contextmanager
def arithmetic(variant: str) -> Iterator[None]:
    """Let float32 be multiplied as the variant does; torch's switch is one for the whole program.

    torch lets convolutions of float32 use TF32 unless it is told not to: only the variant `tf32` may.
    """
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if variant == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = variant == "tf32"
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def labels_of(segmenter: Segmenter, pictures: Sequence[TimedImage], device: str) -> Tensor:
    """Return the labels of the first images at their native sizes, in one row; each image is predicted alone."""
    rows: list[Tensor] = []
    for picture in pictures[:CALIBRATION_IMAGES]:
        announce(segmenter, [picture])
        rows += [labels.flatten() for labels in predicted(segmenter, [picture], device)]
    return torch.cat(rows)


def agreement(labels: Tensor, reference: Tensor) -> float:
    """Return the share of pixels with equal labels."""
    return (labels == reference).double().mean().item()
