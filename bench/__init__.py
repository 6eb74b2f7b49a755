"""Benchmark segmentation models and how they hold up when images get worse.

From Python: `bench.evaluate(model, data, ...)`, `bench.run(suite)` and `bench.open_run(folder)`; see docs/python.md.
Importing this package imports nothing else; the names below load what they need when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.api.door import evaluate, open_run, run
    from bench.api.result import Result
    from registry.errors import BenchError

__version__ = "0.1.0"
__all__ = ["BenchError", "Result", "__version__", "evaluate", "open_run", "run"]

_PLACES = {
    "evaluate": "bench.api.door",
    "run": "bench.api.door",
    "open_run": "bench.api.door",
    "Result": "bench.api.result",
    "BenchError": "registry.errors",
}


def __getattr__(name: str) -> Any:
    """Return one of the public names, importing its module."""
    if name not in _PLACES:
        raise AttributeError(f"module 'bench' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(_PLACES[name]), name)
