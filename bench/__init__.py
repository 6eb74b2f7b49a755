"""Benchmark segmentation models and how they hold up when pictures get worse."""

__version__ = "0.1.0"
