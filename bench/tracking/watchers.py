"""The trackers of one run together. A tracker that fails is named once and left alone: it never costs a number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from bench.tracking.tracker import TRACKERS, Tracker
from registry.errors import BenchError, in_one_line

Warn = Callable[[str], None]


class Watchers:
    """What trackers are told. `curved`: the models of which a training was followed."""

    def __init__(self, trackers: Mapping[str, Tracker], warn: Warn) -> None:
        self._trackers, self._warn = dict(trackers), warn
        self.curved: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._trackers)

    def epoch(self, model: str, values: Mapping[str, float | None]) -> None:
        """Tell what an epoch measured; `values` has its number as "epoch", and None where nothing was measured."""
        self.curved.add(model)
        known = {f"train/{name}": value for name, value in values.items() if value is not None and name != "epoch"}
        step = int(values["epoch"] or 0)
        self._tell(lambda tracker: tracker.log(model, known, step))

    def scores(self, model: str, values: Mapping[str, float]) -> None:
        """Tell a model's final scores."""
        self._tell(lambda tracker: tracker.log(model, values))

    def keep(self, file: Path) -> None:
        """Hand over a file of the finished run, if it is there."""
        if file.is_file():
            self._tell(lambda tracker: tracker.keep(file))

    def close(self) -> None:
        """End all of them."""
        self._tell(lambda tracker: tracker.close())

    def _tell(self, what: Callable[[Tracker], None]) -> None:
        for name, tracker in list(self._trackers.items()):
            try:
                what(tracker)
            except Exception as error:  # noqa: BLE001 - whatever a tracker does, the run is worth more
                del self._trackers[name]
                self._warn(f"{name} failed ({in_one_line(error)}); the run goes on without it")


def check_installed(names: Sequence[str]) -> None:
    """Make sure that trackers of these names can be started, before anything is computed.

    Raises:
        BenchError: there is no such tracker, or its library is not installed.
    """
    for name in names:
        entry = TRACKERS[name]
        if find_spec(entry.package) is None:
            raise BenchError(
                f"--log {name} needs the package {entry.package}, which is not installed; install it with "
                f"pip install 'segbench[{entry.extra}]'"
            )


@contextmanager
def watching(names: Sequence[str], run: str, folder: Path, warn: Warn) -> Iterator[Watchers]:
    """Start trackers for a run of this name in this folder, and end them with the block.

    Raises:
        BenchError: as `check_installed`.
    """
    check_installed(names)
    started: dict[str, Tracker] = {}
    for name in dict.fromkeys(names):
        try:
            started[name] = TRACKERS[name].start(run, folder)
        except Exception as error:  # noqa: BLE001 - no server, no login: the run is worth more
            warn(f"{name} could not be started ({in_one_line(error)}); the run goes on without it")
    watchers = Watchers(started, warn)
    try:
        yield watchers
    finally:
        watchers.close()
