"""The suite's data sets, opened: which images, from where, under which manifest."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.data import Dataset, Subset, open_dataset
from bench.host.screen import Screen
from bench.suite import DatasetSpec, Suite
from registry.errors import BenchError
from registry.regular_files import users_path


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


def existing(data_root: Path | None, root: str | None = None) -> Path | None:
    """Return the folder that `root` of a suite names, else `data_root`: no download may fill a misspelt one.

    Raises:
        BenchError: there is no such folder; the line names the one of the two that counts.
    """
    where = users_path(root) if root else data_root
    if where is not None and not where.is_dir():
        given = "root: in the suite (paths start in this folder)" if root else "--data-root"
        raise BenchError(f"no folder {where.absolute()}; correct {given}, or make the folder first")
    return where


def _open(
    spec: DatasetSpec, seed: int, data_root: Path | None, limit: int | None, download: bool, screen: Screen
) -> OpenDataset:
    root = existing(data_root, spec.keys.root)
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
