"""Suite files: strict YAML in, a checked and frozen `Suite` out, every fault at once."""

from typing import TYPE_CHECKING

from registry.lazy_names import lazy

if TYPE_CHECKING:
    from bench.suite.loading import find_suite, load_suite, suite_from
    from bench.suite.schema import DatasetSpec, ModelSpec, Suite, Sweep
    from bench.suite.shipped import shipped_suites

__all__ = ["DatasetSpec", "ModelSpec", "Suite", "Sweep", "find_suite", "load_suite", "shipped_suites", "suite_from"]

__getattr__ = lazy(
    __name__,
    loading=("find_suite", "load_suite", "suite_from"),
    schema=("DatasetSpec", "ModelSpec", "Suite", "Sweep"),
    shipped=("shipped_suites",),
)
