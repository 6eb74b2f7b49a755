"""The suite's data sets, opened: which images, from where, under which manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.data import Dataset, Subset, open_dataset
from bench.host.screen import Screen
from bench.suite import DatasetSpec, Suite
from registry.errors import BenchError


@dataclass(frozen=True)
class OpenDataset:
    """One data set of a suite: its evaluated images, and a way to its training images."""

    spec: DatasetSpec
    dataset: Dataset
    subset: Subset
    limit: int | None


def open_datasets(
    suite: Suite,
    data_root: Path | None = None,
    limit: int | None = None,
    *,
    download: bool = False,
    screen: Screen | None = None,
) -> Mapping[str, OpenDataset]:
    """Open every data set of `suite` by label; `limit` overrides the suite's own.

    Raises:
        BenchError: data are missing, or more of them are unreadable than the suite allows.
    """
    shown = screen or Screen()
    return {spec.label: _open(spec, suite.seed, data_root, limit, download, shown) for spec in suite.datasets}


def existing(root: Path | None) -> Path | None:
    """Return a data root that somebody named, if it is there: a misspelt one must not be filled by a download.

    Raises:
        BenchError: there is no such folder.
    """
    if root is not None and not root.is_dir():
        raise BenchError(
            f"no folder {root.absolute()}; correct --data-root (or root: in the suite), or make the folder first"
        )
    return root


def _open(
    spec: DatasetSpec, seed: int, data_root: Path | None, limit: int | None, download: bool, screen: Screen
) -> OpenDataset:
    root = existing(Path(spec.keys.root).expanduser() if spec.keys.root else data_root)
    dataset = open_dataset(
        spec.keys.name,
        spec.parameters,
        root,
        download=download,
        max_pixels=spec.keys.max_pixels,
        max_unreadable=spec.keys.max_unreadable,
        progress=screen.counter(f"verifying the images of {spec.label}"),
        entry=spec.entry,
    )
    chosen = limit if limit is not None else spec.keys.limit
    return OpenDataset(spec, dataset, dataset.subset(spec.keys.split, chosen, seed), chosen)
