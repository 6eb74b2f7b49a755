"""Contrast lowered: each value times a factor of at most 1."""

from bench.perturb import Perturbation
from bench.perturb.operations.contrast_scaling import Contrast, multiply

ENTRY = Perturbation(
    version=1,
    title="Contrast decrease",
    family="digital",
    unit="factor",
    source="Edinburgh Computer Vision Mini-Project 2025, item d",
    identity=1.0,
    strengths=(1.0, 0.95, 0.90, 0.85, 0.80, 0.60, 0.40, 0.30, 0.20, 0.10),
    parameters=Contrast,
    apply=multiply,
    minimum=0,
    maximum=1,
)
