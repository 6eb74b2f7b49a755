"""What a tracker is, and those that there are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from registry.core import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Tracker(Protocol):
    """Takes numbers of one run. Each method may raise whatever its library raises."""

    def log(self, model: str, values: "Mapping[str, float]", step: int | None = None) -> None:
        """Take numbers of a model by their names; `step`: the epoch (from 1) that gave them, None for final scores."""

    def keep(self, file: "Path") -> None:
        """Take a file of the finished run."""

    def close(self) -> None:
        """End the tracker's own run; nothing more comes."""


@dataclass(frozen=True)
class TrackerEntry:
    """One tracker: what a file of `entries` declares as ``ENTRY``.

    package: the library that is imported, `extra`: how it is installed with this package. start: takes the name of the
    run and its folder, below which files may be written, and opens a run of the tracker.
    """

    title: str
    package: str
    extra: str
    start: "Callable[[str, Path], Tracker]"


TRACKERS: Registry[TrackerEntry] = Registry("tracker", "bench.tracking.entries", TrackerEntry)
"""Every tracker: the files of bench/tracking/entries."""
