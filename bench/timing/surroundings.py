"""What is known of a measurement beside its samples: load, clocks, memory, and what a reader has to be told."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from bench.host.machine import machine
from bench.timing import host_load, nvidia
from bench.timing.memory import PeakMemory
from registry.segmenter import Segmenter


class Surroundings:
    """The machine around a group of measurements, from here on."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.gpu = nvidia.nvidia(device)
        self.before = self.gpu.state() if self.gpu else nvidia.NvidiaState()
        self.load = host_load.load()
        self.turns: list[tuple[host_load.Moment, host_load.Moment]] = []
        """The beginnings and ends of turns: a compiler's own processes, before them, are no others."""

    def facts(self) -> dict[str, Any]:
        """Return what all measurements of the group have in common, as keys of `TimingRecord`, until now."""
        about = machine(self.device)
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else about["cores"]
        return {
            "device": self.device,
            "processor": about["gpu"] or about["cpu"],
            "cores": cores,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "load_before": self.load,
            "other_cpu_share": host_load.other_share(self.turns, about["cores"]),
            "clock_mhz_before": self.before.clock,
            "temperature_before": self.before.temperature,
            "power_limit_w": self.before.power_limit,
        }


class Turns:
    """The turns of one variant: its peaks of memory, and the state of the device after each."""

    def __init__(self, around: Surroundings, segmenter: Segmenter) -> None:
        self._gpu, self._turns = around.gpu, around.turns
        self._memory = PeakMemory(around.device, segmenter)
        self._states = [around.before]

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch one turn."""
        self._memory.begin()
        begin = host_load.moment()
        yield
        self._turns.append((begin, host_load.moment()))
        self._memory.end()
        if self._gpu:
            self._states.append(self._gpu.state())

    def facts(self) -> dict[str, Any]:
        """Return them as keys of `TimingRecord`."""
        last = self._states[-1] if len(self._states) > 1 else nvidia.NvidiaState()
        return {
            "allocator_mib": self._memory.allocator,
            "process_mib": self._memory.process,
            "clock_mhz_after": last.clock,
            "temperature_after": last.temperature,
            "throttled": nvidia.throttled(self._states),
        }
