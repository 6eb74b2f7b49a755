"""Checks of models for a pytest suite: how fast they are (with pytest-benchmark), and how they bear perturbations."""

from bench.testing.latency import latency_check, record
from bench.testing.robust import assert_robust

__all__ = ["assert_robust", "latency_check", "record"]
