"""What a shell completes: names of suites and of entries. Reads folders, imports no entry.

Where none fits, the shell completes files, since a suite may be one.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

ENTRIES = {
    "models": "registry/models",
    "datasets": "bench/data/sets",
    "perturbations": "bench/perturb/entries",
    "metrics": "bench/metrics/entries",
    "further_metrics": "bench/metrics/image_entries",
}
"""The folder of each kind's shipped entries."""


def suites(incomplete: str) -> list[str]:
    """Return the shipped suites that begin like this."""
    from bench.suite import shipped_suites

    return [name for name in shipped_suites() if name.startswith(incomplete)]


def entries(kind: str) -> Callable[[str], list[str]]:
    """Return a function of the entries of a kind that begin like this."""

    def names(incomplete: str) -> list[str]:
        from registry.plugin_package import entry_names

        root = Path(__file__).parents[2]
        return sorted(name for name in entry_names(root / ENTRIES[kind]) if name.startswith(incomplete))

    return names


def suites_and_datasets(incomplete: str) -> list[str]:
    """Return the shipped suites and data sets that begin like this."""
    return [*suites(incomplete), *entries("datasets")(incomplete)]


def listed(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the names of the kind that stands before on a line of `bench list`."""
    kind: Any = ctx.params.get("kind")
    if kind == "suites":
        return suites(incomplete)
    return entries(kind)(incomplete) if kind in ENTRIES else []


def presets(incomplete: str) -> list[str]:
    """Return the presets of perturbations that begin like this."""
    from bench.perturb.presets import PRESETS

    return [name for name in PRESETS if name.startswith(incomplete)]
