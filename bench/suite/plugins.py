"""A user's own models, perturbations, metrics and data sets, from a folder that the command line names.

Each sub-folder of it is one more folder of a registry. No suite can name one: a suite is data.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from bench.data import DATASETS
from bench.metrics import METRICS
from bench.metrics.image_entry import IMAGE_METRICS
from bench.perturb import PERTURBATIONS
from registry import MODELS
from registry.core import Registry
from registry.errors import BenchError, suggestion
from registry.regular_files import users_path

REGISTRIES: dict[str, Registry[Any]] = {
    "models": MODELS,
    "perturbations": PERTURBATIONS,
    "metrics": METRICS,
    "datasets": DATASETS,
    "further_metrics": IMAGE_METRICS,
}
"""The registry behind each sub-folder."""


class Plugin(NamedTuple):
    """One entry of the user's: its sub-folder, its name, and the hash that stands for its version."""

    kind: str
    name: str
    source_hash: str


def load_plugins(folder: Path) -> list[Plugin]:
    """Add every entry of a plug-in folder to its registry, without importing one; return them.

    Raises:
        BenchError: there is no such folder or nothing in it, a sub-folder or a file is out of place, or a name
            is taken already.
    """
    root = users_path(folder)
    if not root.is_dir():
        raise BenchError(f"--plugins {folder}: no folder {root.absolute()}; it holds {_expected()}")
    _check_places(root)
    found = [kind for kind in REGISTRIES if (root / kind).is_dir()]
    if not found:
        raise BenchError(f"--plugins {folder}: nothing in {root.absolute()}; it holds {_expected()}")
    added = {kind: REGISTRIES[kind].add_folder(root / kind) for kind in found}
    return [one for one in plugins() if one.name in added.get(one.kind, ())]


def unload_plugins() -> None:
    """Forget every plug-in: the registries hold what is shipped, and nothing of a user's is imported."""
    for registry in REGISTRIES.values():
        registry.remove_folders()


def plugin_folders() -> dict[str, list[Path]]:
    """Return the user's folders by kind: what a started process hands to `add_plugin_folders`, to know them too."""
    return {kind: registry.added_folders for kind, registry in REGISTRIES.items()}


def add_plugin_folders(folders: Mapping[str, Sequence[Path]]) -> None:
    """Add the folders that `plugin_folders` returned in another process."""
    for kind, added in folders.items():
        for folder in added:
            REGISTRIES[kind].add_folder(folder)


def plugins() -> list[Plugin]:
    """Return every entry of the user's that was added, by kind and name."""
    entries = [(kind, name, known.source_hash(name)) for kind, known in REGISTRIES.items() for name in known.names()]
    return [Plugin(kind, name, source_hash) for kind, name, source_hash in entries if source_hash]


def _expected() -> str:
    return f"sub-folders of Python files: {', '.join(REGISTRIES)}"


def _check_places(root: Path) -> None:
    """Refuse Python files that nobody would read; what begins with an underscore or a dot is passed over."""
    for path in sorted(p for p in root.iterdir() if p.name[0] not in "._"):
        if path.suffix == ".py":
            raise BenchError(f"{path}: a plug-in lies in a sub-folder: {', '.join(REGISTRIES)}; move the file there")
        if path.is_dir() and path.name not in REGISTRIES and any(path.glob("*.py")):
            raise BenchError(f"{path}: no kind of plug-in; {suggestion(path.name, REGISTRIES)}; rename the folder")
