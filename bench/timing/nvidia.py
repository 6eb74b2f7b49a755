"""The state of an NVIDIA device: clock, temperature, limit of power, what holds it back, and the energy it has used.

It is read through NVML, by the package nvidia-ml-py (`pip install 'segbench[nvml]'`); without it all this is unknown.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

WINDOW = 2.0
"""Seconds, at least, over which energy is taken: devices count it in steps of up to a tenth of a second."""

REASONS = {
    0x4: "limit of power",
    0x8: "slowed by the hardware",
    0x20: "too hot",
    0x40: "too hot",
    0x80: "power brake",
}
"""Bits of NVML's clocks event reasons that hold a device back; the others (idle, a user's setting) do not."""


class NvidiaState(NamedTuple):
    """clock: of the multiprocessors, MHz. temperature: degrees Celsius. power_limit: W. reasons: what holds it back.

    None: unknown.
    """

    clock: float | None = None
    temperature: float | None = None
    power_limit: float | None = None
    reasons: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Nvidia:
    """A device as NVML knows it; nvml: the module, handle: the device in it."""

    nvml: Any
    handle: Any

    def state(self) -> NvidiaState:
        """Return the state now."""
        nvml, handle = self.nvml, self.handle
        limit = self._known(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000)
        bits = self._known(lambda: int(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)))
        return NvidiaState(
            self._known(lambda: float(nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM))),
            self._known(lambda: float(nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU))),
            limit,
            None if bits is None else tuple(dict.fromkeys(word for bit, word in REASONS.items() if bits & bit)),
        )

    def joules(self) -> float | None:
        """Return the energy used since the driver was loaded; None: the device does not count it (before Volta)."""
        return self._known(lambda: self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.handle) / 1000)

    def _known(self, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except self.nvml.NVMLError:
            return None


def nvidia(device: str) -> Nvidia | None:
    """Return the NVIDIA device behind a torch device; None: there is none, or no NVML."""
    if not device.startswith("cuda"):
        return None
    try:
        import pynvml
    except ImportError:
        return None
    import torch

    try:
        pynvml.nvmlInit()
        # By its number torch and NVML can mean two devices: CUDA_VISIBLE_DEVICES hides some from torch.
        return Nvidia(pynvml, pynvml.nvmlDeviceGetHandleByUUID(f"GPU-{torch.cuda.get_device_properties(device).uuid}"))
    except pynvml.NVMLError:
        return None


def joules_per_image(
    joules: Callable[[], float | None], predict: Callable[[int], object], images: int, window: float = WINDOW
) -> float | None:
    """Return the energy that an image takes over a window of calls one after the other; None: it is not counted.

    joules: the energy used so far. predict: (call) -> labels on the host. images: in each call.
    """
    before, begin, calls = joules(), time.monotonic(), 0
    if before is None:
        return None
    while time.monotonic() - begin < window:
        predict(calls)
        calls += 1
    after = joules()
    return None if after is None else (after - before) / (calls * images)


def throttled(states: "list[NvidiaState]") -> str | None:
    """Return what held the device back in any of these states; "no": nothing; None: unknown.

    >>> throttled([NvidiaState(reasons=()), NvidiaState(reasons=("too hot",))]), throttled([NvidiaState(reasons=())])
    ('too hot', 'no')
    """
    known = [state.reasons for state in states if state.reasons is not None]
    if not known:
        return None
    return ", ".join(dict.fromkeys(word for reasons in known for word in reasons)) or "no"
