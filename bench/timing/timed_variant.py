"""One variant of a group: its network at its batch size, and what a round of it consists of."""

from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

from bench.plan.timings import Timing
from bench.timing.batch_search import best_batch_size
from bench.timing.clock import Clock
from bench.timing.nvidia import joules_per_image
from bench.timing.rounds import Lane, attempt
from bench.timing.samples import Interval
from bench.timing.stages import Line, Middle
from bench.timing.subject import Subject
from bench.timing.surroundings import Surroundings, Turns
from bench.timing.timed_images import announce, predicted
from bench.timing.traffic import bytes_moved
from bench.timing.variants import arithmetic, compile_network, network_steps
from registry.adapter import Inputs, NetworkStep, TorchSegmenter
from registry.errors import in_one_line

TRIED = 3
"""Calls of each batch size in a search; their median counts."""


class TimedVariant:
    """A timing being measured. cautions: what a reader has to know. rate: of a server, the highest that was kept."""

    def __init__(self, subject: Subject, timing: Timing, clock: Clock, middle: Middle, around: Surroundings) -> None:
        self.subject, self.timing, self.clock, self.middle = subject, timing, clock, middle
        self.lane = Lane(timing.variant, (), around=partial(arithmetic, timing.variant))
        self.cautions: list[str] = []
        self.rate: float | None = None
        self.batch_size = 1 if timing.batch_size == "auto" else timing.batch_size
        self.facts: dict[str, Any] = {}
        self.turns: Turns | None = None
        attempt(self.lane, partial(self._begin, around))

    def _begin(self, around: Surroundings) -> None:
        """Place the network, find its batch size, compile it where it is to be, and learn what needs no clock."""
        timing, subject = self.timing, self.subject
        self.segmenter = subject.placed(timing.variant, timing.size)
        if isinstance(self.segmenter, TorchSegmenter) and timing.variant == "compile":
            several = timing.scenario == "server" or timing.batch_size == "auto"
            one = subject.inputs(self.segmenter, subject.pictures.some(0, 1))
            compile_network(self.segmenter, one, sizes_vary=several)
        if timing.batch_size == "auto":
            found = best_batch_size(self.seconds)
            self.batch_size = found.size
            if found.ran_out:
                self.cautions.append(f"memory ran out at batch size {found.ran_out}")
        self.turns = Turns(around, self.segmenter)
        self.lane.watched = self.turns.watched
        self.facts["macs"] = subject.macs(timing.size)
        if isinstance(self.segmenter, TorchSegmenter):
            self._begin_network(self.segmenter)
        self.facts["agreement"] = subject.agreement(timing.variant, self.segmenter, timing.size)
        self.lane.works = self._works()

    def _begin_network(self, segmenter: TorchSegmenter) -> None:
        server = self.timing.scenario == "server"  # its batches come later, as large as memory allows
        count = 1 if server else self.batch_size
        self._inputs = self.subject.inputs(segmenter, self.subject.pictures.some(0, count))
        if self.timing.variant != "compile" and not server:  # what it moves is the compiler's affair
            self.facts["bytes_per_image"] = bytes_moved(segmenter, self._inputs) / count

    def _works(self) -> tuple[Any, ...]:
        if self.timing.scenario == "stages":
            network: tuple[NetworkStep, ...] = ()
            if isinstance(self.segmenter, TorchSegmenter):
                network = network_steps(self.segmenter, self.timing.variant)
            line = Line(self.segmenter, network, self.subject.pictures, self.middle, self.subject.device, self.clock)
            return line.staged, line.whole
        if self.timing.scenario == "server":
            return (self._alone,)
        if isinstance(self.segmenter, TorchSegmenter):
            return self.predict, partial(self._network, self.segmenter, self._inputs)
        return (self.predict,)

    def predict(self, call: int) -> list[Interval]:
        """Predict the images of a call: from images to labels, both in host memory."""
        return self._predict(call * self.batch_size, self.batch_size)

    def measure_energy(self, joules: Callable[[], float | None]) -> None:
        """Learn the energy of an image; what goes wrong here costs no sample."""
        try:
            with self.lane.around():
                self.facts["joules_per_image"] = joules_per_image(joules, self.predict, self.batch_size)
        except RuntimeError as error:
            self.cautions.append(f"energy could not be measured: {in_one_line(error)}")

    def _alone(self, call: int) -> list[Interval]:
        return self._predict(call, 1)

    def serve(self, first: int, count: int) -> None:
        """Predict so many images from `first` on."""
        self._predict(first, count)

    def seconds(self, size: int, calls: int = TRIED) -> float:
        """Return what a call of a batch size takes: the median of so many after one."""
        times = []
        for call in range(calls + 1):
            (interval,) = self._predict(call * size, size)
            self.clock.settle()
            times.append(self.clock.between(interval.begin, interval.end))
        return max(median(times[1:]), 1) / 1e9

    def _predict(self, first: int, count: int) -> list[Interval]:
        pictures = self.subject.pictures.some(first, count)
        announce(self.segmenter, pictures)
        begin = self.clock.mark()
        predicted(self.segmenter, pictures, self.subject.device)
        return [Interval("predict", begin, self.clock.mark())]

    def _network(self, segmenter: TorchSegmenter, inputs: Inputs, _: int) -> list[Interval]:
        begin = self.clock.mark()
        segmenter.forward(inputs)
        return [Interval("network", begin, self.clock.mark())]
