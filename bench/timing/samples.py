"""Samples as they come, and the intervals of time they are made of."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from bench.record.timing_record import Samples
from bench.timing.clock import Clock


class Interval(NamedTuple):
    """What lies between two marks of a clock; path: what took the time, as in `Samples`."""

    path: str
    begin: Any
    end: Any


@dataclass
class Log:
    """The samples of one measurement; `total`: the nanoseconds of each path so far, `calls`: how many there were."""

    total: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _lines: list[tuple[str, int, int, int]] = field(default_factory=list)
    _rates: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """All that was timed."""
        return sum(self.total.values()) / 1e9

    def add(self, intervals: Iterable[Interval], clock: Clock, round_: int, call: int) -> None:
        """Add the intervals of one call; their marks are settled."""
        for path, begin, end in intervals:
            ns = clock.between(begin, end)
            self._lines.append((path, round_, call, ns))
            self.total[path] += ns
            self.calls[path] += 1

    def add_queries(self, latencies: "Iterable[int]", rate: float, round_: int) -> None:
        """Add the latencies, in nanoseconds, of a server's queries that arrived `rate` times a second."""
        for call, ns in enumerate(latencies):
            self._lines.append(("predict", round_, call, ns))
            self._rates.append(rate)

    def samples(self) -> Samples:
        """Return them all."""
        path, round_, call, ns = zip(*self._lines, strict=True) if self._lines else ((), (), (), ())
        return Samples(
            np.array(path, np.str_),
            np.array(round_, np.int32),
            np.array(call, np.int32),
            np.array(ns, np.int64),
            np.array(self._rates, np.float64) if self._rates else None,
        )
