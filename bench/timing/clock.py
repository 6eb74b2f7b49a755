"""Points in time, as a processor passes them: of the host, or of the stream of a CUDA device."""

import time
from typing import Any, Protocol


class Clock(Protocol):
    """Marks points in time without waiting for anything; what lies between two of them is known once it is settled."""

    def mark(self) -> Any:
        """Return this point in time."""

    def settle(self) -> None:
        """Wait until all marks are passed."""

    def between(self, begin: Any, end: Any) -> int:
        """Return the nanoseconds between two settled marks."""


class HostClock:
    """The monotonic clock of the host: on a CPU, every call has done its work when it returns."""

    def mark(self) -> int:
        """See `Clock`."""
        return time.perf_counter_ns()

    def settle(self) -> None:
        """See `Clock`."""

    def between(self, begin: int, end: int) -> int:
        """See `Clock`."""
        return end - begin


class CudaClock:
    """CUDA events in the current stream of a device.

    An event is passed when all work before it is done. So nothing waits between the calls of a round, and what a call
    takes is the device's time, with the gaps in which the device waits for the host. Work of the host alone is in it as
    well where the stream is empty when it begins: `predict` leaves it so, since its labels are on the host.
    """

    def __init__(self, device: str) -> None:
        self.device = device

    def mark(self) -> Any:
        """See `Clock`."""
        import torch

        event: Any = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record(torch.cuda.current_stream(self.device))
        return event

    def settle(self) -> None:
        """See `Clock`."""
        import torch

        torch.cuda.synchronize(self.device)

    def between(self, begin: Any, end: Any) -> int:
        """See `Clock`; events resolve about half a microsecond."""
        return int(begin.elapsed_time(end) * 1e6)


def clock_of(device: str) -> Clock:
    """Return the clock of a torch device."""
    return CudaClock(device) if device.startswith("cuda") else HostClock()
