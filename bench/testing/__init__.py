"""Latency checks of models for a pytest suite; pytest and pytest-benchmark bring the fixture `benchmark`."""

from bench.testing.latency import latency_check, record

__all__ = ["latency_check", "record"]
