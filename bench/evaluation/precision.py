"""Which precision is fastest here and still predicts what fp32 predicts, and how fast the bare network is."""

import statistics
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from bench.record.model_record import PrecisionTrial
from registry.adapter import Inputs, TorchSegmenter
from registry.errors import BenchError
from registry.prompts import Prompt

AGREEMENT = 0.998  # share of the calibration pixels whose label must be that of fp32
CANDIDATES = {
    "auto": ("fp32", "fp32_channels_last", "bf16_channels_last"),
    "fp32": ("fp32",),
    "bf16": ("bf16_channels_last",),
    "fp16": ("fp16_channels_last",),
}


@dataclass(frozen=True)
class Calibrated:
    """A segmenter at its resolved precision; ms_per_image is of the network alone, logits from tensors."""

    segmenter: TorchSegmenter
    precision: str
    ms_per_image: float
    trials: tuple[PrecisionTrial, ...]


class Probe(NamedTuple):
    """One batch as the evaluation will have it: images uint8 [3, H, W], and a prompt (or None) for each."""

    images: Sequence[Tensor]
    prompts: Sequence[Prompt | None]


def calibrate(segmenter: TorchSegmenter, names: Sequence[str], device: str, probe: Probe) -> Calibrated:
    """Return `segmenter` at the fastest allowed precision of `names`; nothing else should be running.

    names: precisions to try; with several, the masks at native size are compared with fp32's.
    """
    placed = {name: _placed(segmenter, device, name) for name in names}
    reference = _labels(placed["fp32"], probe) if len(names) > 1 else None
    trials = tuple(_trial(name, placed[name], probe, reference) for name in names)
    allowed = [t for t in trials if t.ms_per_image is not None and (t.agreement is None or t.agreement >= AGREEMENT)]
    if not allowed:
        raise RuntimeError(f"the network runs at none of {list(names)} on {device}")
    best = min(allowed, key=lambda t: t.ms_per_image or 0.0)
    return Calibrated(placed[best.precision], best.precision, best.ms_per_image or 0.0, trials)


def _placed(segmenter: TorchSegmenter, device: str, precision: str) -> TorchSegmenter:
    copy = deepcopy(segmenter)  # casting is not undone by casting back
    copy.place(device, precision)
    return copy


def _labels(segmenter: TorchSegmenter, probe: Probe) -> Tensor:
    return torch.cat([p.labels.flatten() for p in segmenter.predict(*probe)])


def _trial(name: str, segmenter: TorchSegmenter, probe: Probe, reference: Tensor | None) -> PrecisionTrial:
    try:
        same = None if reference is None else (_labels(segmenter, probe) == reference).double().mean().item()
        milliseconds = 1000 * seconds_per_batch(segmenter, probe) / len(probe.images)
        return PrecisionTrial(precision=name, ms_per_image=milliseconds, agreement=same)
    except (RuntimeError, NotImplementedError, BenchError) as error:
        if name == "fp32" or reference is None or isinstance(error, torch.OutOfMemoryError):
            raise
        return PrecisionTrial(precision=name)  # it lacks an operation, or the scores leave its range


def seconds_per_batch(segmenter: TorchSegmenter, probe: Probe, budget: float = 1.5) -> float:
    """Return the median wall seconds of the network alone on one prepared batch: at least 3 rounds after one."""
    batch = segmenter.prepare(*probe)
    _round(segmenter, batch)
    rounds = [_round(segmenter, batch)]
    while len(rounds) < 3 or (sum(rounds) < budget and len(rounds) < 20):
        rounds.append(_round(segmenter, batch))
    return statistics.median(rounds)


def _round(segmenter: TorchSegmenter, inputs: Inputs) -> float:
    begin = time.perf_counter()
    segmenter.forward(inputs)
    if segmenter.device.type == "cuda":
        torch.cuda.synchronize(segmenter.device)
    return time.perf_counter() - begin
