"""Suite files: strict YAML in, a checked and frozen `Suite` out, every fault at once."""

from bench.suite.loading import find_suite, load_suite, shipped_suites, suite_from
from bench.suite.schema import DatasetSpec, ModelSpec, Suite, Sweep

__all__ = ["DatasetSpec", "ModelSpec", "Suite", "Sweep", "find_suite", "load_suite", "shipped_suites", "suite_from"]
