"""Which precision a network is evaluated at: by a rule, never by a clock; and how fast the bare network is."""

import statistics
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from bench.host.machine import has_bf16_instructions
from bench.record.model_record import PrecisionTrial
from registry.adapter import Inputs, TorchSegmenter
from registry.errors import BenchError
from registry.prompts import Prompt

AGREEMENT = 0.998  # share of the calibration pixels whose label must be that of fp32
CALIBRATION_IMAGES = 8  # whatever the batch size, so that it decides nothing
NAMED = {"fp32": "fp32", "bf16": "bf16_channels_last", "fp16": "fp16_channels_last"}
"""The precisions that a suite can name, as `TorchSegmenter.place` calls them."""
_AMPERE = (8, 0)  # the first compute capability with bf16 in hardware


@dataclass(frozen=True)
class Calibrated:
    """A segmenter at its resolved precision; ms_per_image is of the network alone, logits from tensors."""

    segmenter: TorchSegmenter
    precision: str
    ms_per_image: float
    trials: tuple[PrecisionTrial, ...]


class Probe(NamedTuple):
    """Images as the evaluation will have them: uint8 [3, H, W], and a prompt (or None) for each."""

    images: Sequence[Tensor]
    prompts: Sequence[Prompt | None]


def candidates(requested: str, device: str, network: nn.Module) -> tuple[str, ...]:
    """Return the precisions to try in this order; it depends on the kind of processor and of network alone.

    requested: a suite's `precision`. What it names is the only one; `auto` ends with fp32, which every network has.
    """
    if requested != "auto":
        return (NAMED[requested],)
    convolves = any(isinstance(module, nn.Conv2d | nn.ConvTranspose2d) for module in network.modules())
    exact = ("fp32_channels_last", "fp32") if convolves else ("fp32",)
    return ("bf16_channels_last", *exact) if _gains_from_bf16(device, network) else exact


def _gains_from_bf16(device: str, network: nn.Module) -> bool:
    if device.startswith("cuda"):
        return torch.cuda.get_device_capability(device) >= _AMPERE
    # On a CPU with these instructions open_clip's ViT, which is made of this module, took 5 times as long in bf16,
    # where timm's ViT took a third.
    attends = any(isinstance(module, nn.MultiheadAttention) for module in network.modules())
    return has_bf16_instructions() and not attends


def calibrate(segmenter: TorchSegmenter, names: Sequence[str], device: str, fixed: Probe, batch: Probe) -> Calibrated:
    """Return `segmenter` at the first of `names` that agrees with fp32, and its speed, which decides nothing.

    names: precisions in the order of `candidates`; one alone is taken as it is.
    fixed: the images whose masks at native size are compared, one at a time. batch: what the speed is measured on.
    """
    reference = _labels(_placed(segmenter, device, "fp32"), fixed) if len(names) > 1 else None
    trials: list[PrecisionTrial] = []
    for name in names:
        placed = _placed(segmenter, device, name)
        trial = _trial(name, placed, reference, fixed, batch)
        trials.append(trial)
        if trial.ms_per_image is not None and (trial.agreement is None or trial.agreement >= AGREEMENT):
            return Calibrated(placed, name, trial.ms_per_image, tuple(trials))
    raise RuntimeError(f"the network agrees with itself in fp32 at none of {list(names)} on {device}")


def _placed(segmenter: TorchSegmenter, device: str, precision: str) -> TorchSegmenter:
    copy = deepcopy(segmenter)  # casting is not undone by casting back
    copy.place(device, precision)
    return copy


def _labels(segmenter: TorchSegmenter, probe: Probe) -> Tensor:
    """Return all labels in one row; each image is predicted alone, so that the size of a batch changes no bit."""
    each = zip(probe.images, probe.prompts, strict=True)
    return torch.cat([segmenter.predict([image], [prompt])[0].labels.flatten() for image, prompt in each])


def _trial(
    name: str, segmenter: TorchSegmenter, reference: Tensor | None, fixed: Probe, batch: Probe
) -> PrecisionTrial:
    try:
        same = None if reference is None else (_labels(segmenter, fixed) == reference).double().mean().item()
        milliseconds = 1000 * seconds_per_batch(segmenter, batch) / len(batch.images)
        return PrecisionTrial(precision=name, ms_per_image=milliseconds, agreement=same)
    except (RuntimeError, NotImplementedError, BenchError) as error:
        if name == "fp32" or reference is None or isinstance(error, torch.OutOfMemoryError):
            raise
        return PrecisionTrial(precision=name)  # it lacks an operation, or the scores leave its range


def seconds_per_batch(segmenter: TorchSegmenter, probe: Probe, budget: float = 1.5) -> float:
    """Return the median wall seconds of the network alone on one prepared batch, after a round that does not count.

    There are 20 rounds, or so many as the budget of seconds has room for: of a slow network one, since its first
    rounds would cost as much as the cells of a small run.
    """
    batch = segmenter.prepare(*probe)
    _round(segmenter, batch)
    rounds = [_round(segmenter, batch)]
    while sum(rounds) < budget and len(rounds) < 20:
        rounds.append(_round(segmenter, batch))
    return statistics.median(rounds)


def _round(segmenter: TorchSegmenter, inputs: Inputs) -> float:
    begin = time.perf_counter()
    segmenter.forward(inputs)
    if segmenter.device.type == "cuda":
        torch.cuda.synchronize(segmenter.device)
    return time.perf_counter() - begin
