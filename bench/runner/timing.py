"""The last part of a run: the missing measurements of each model's speed. The failure of one costs no other."""

import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.evaluation.readiness import Ready, ready
from bench.host.files import StorageError
from bench.host.screen import Counted, Screen
from bench.plan.jobs import Job
from bench.plan.timings import Timing, TimingGroup, timed_sweep
from bench.record.ledger import Ledger
from bench.timing.measure import measure
from bench.timing.peaks import Peaks, measured_peaks
from registry.errors import in_one_line


@dataclass
class TimingRun:
    """Measures what models lack, one model after the other, group by group.

    A measurement that its model cannot have is a finished one, which says why. What ends with an error is tried again
    by the next run.
    """

    ledger: Ledger
    screen: Screen
    device: str
    batch_size: int | None

    def execute(self, jobs: Sequence[Job]) -> tuple[str, ...]:
        """Measure the models of the jobs; return a line for each error.

        Raises:
            StorageError: nothing can be written any more.
        """
        lines: list[str] = []
        for i, job in enumerate(jobs, 1):
            lines += self._model(job, f"[{i}/{len(jobs)}] speed of {job.spec.label} on {job.name[0]}")
            self.ledger.write(finished=False)
        return tuple(lines)

    @cached_property
    def _peaks(self) -> Peaks:
        return measured_peaks(self.device)

    def _model(self, job: Job, title: str) -> list[str]:
        groups, lines = self.ledger.timings.missing(job.name), list[str]()
        if not (total := sum(len(group.timings) for group in groups)):  # those of the same model under another label
            return lines
        with self.screen.task(title, total, "measurements") as task:
            try:
                prepared = ready(job, self.ledger.suite, self.device, self.batch_size, self.ledger.measurement(job))
            except StorageError:
                raise
            except Exception as error:  # noqa: BLE001 - one model's failure must not cost the others
                lines.append(self._failed(job, groups, error))
                groups = []
            while groups:
                try:
                    self._measure(prepared, groups, task)
                except StorageError:
                    raise
                except Exception as error:  # noqa: BLE001 - the groups that follow are measured all the same
                    failing, groups = self._left(groups)[:1], self._left(groups)[1:]
                    lines.append(self._failed(job, failing, error))
                else:
                    break
        self.screen.line(f"{title}: {task.done} of {total} measurements")
        for line in lines:
            self.screen.line(f"{title}: failed: {line}")
        return lines

    def _measure(self, prepared: Ready, groups: Sequence[TimingGroup], task: Counted) -> None:
        suite, timings = self.ledger.suite, self.ledger.timings
        assert suite.throughput is not None
        sweep = timed_sweep(suite, prepared.job)
        task.advance(0, _words(groups[0]))
        for timing, samples, record in measure(
            prepared, groups, suite.throughput, sweep, self._peaks, self.screen.line
        ):
            self.ledger.folder.write_timing(timing.key, samples, record)
            timings.take(timing.key)
            task.advance(1, next((_words(group) for group in self._left(groups)), ""))

    def _left(self, groups: Sequence[TimingGroup]) -> list[TimingGroup]:
        """Return the groups of which something was not measured."""
        done = self.ledger.timings.written
        return [group for group in groups if any(timing.key not in done for timing in group.timings)]

    def _failed(self, job: Job, groups: Sequence[TimingGroup], error: Exception) -> str:
        """Record why groups could not be measured; return it in a line."""
        message, trace = in_one_line(error), "".join(traceback.format_exception(error))
        for timing in _timings(groups, self.ledger.timings.written):
            facts = {"dataset": job.name[0], "model": job.name[1], "scenario": timing.scenario}
            note = {**facts, "variant": timing.variant, "message": message, "traceback": trace}
            self.ledger.folder.write_timing_failure(timing.key, note)
        what = _words(groups[0]) if len(groups) == 1 else "every measurement"
        return f"{job.spec.label} on {job.name[0]}: {what}: {message}"


def _timings(groups: Sequence[TimingGroup], done: set[str]) -> Iterator[Timing]:
    yield from (timing for group in groups for timing in group.timings if timing.key not in done)


def _words(group: TimingGroup) -> str:
    size = "" if group.size is None else f" at {group.size.height} x {group.size.width}"
    batch = f", batches of {group.batch_size}" if group.scenario == "offline" else ""
    return f"{group.scenario}{size}{batch}"
