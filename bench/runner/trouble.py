"""Models that are certain to fail: known from their trial before a run, told at its beginning."""

from bench.suite import ModelSpec
from registry.errors import in_one_line

Trouble = dict[tuple[str, str], Exception]
"""By data set and model: an error that is no fault of the suite's, with which the model is certain to fail."""


def trouble_words(spec: ModelSpec, error: Exception) -> str:
    """Return what a line says of a model that fails: why, and what may help."""
    size = f" of {spec.geometry.height} x {spec.geometry.width}" if spec.geometry else ""
    return (
        f"fails on one image{size}: {in_one_line(error)}; its parameters may not work together: try another size, "
        "encoder or architecture"
    )
