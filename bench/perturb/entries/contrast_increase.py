"""Contrast raised: each value times a factor of at least 1."""

from bench.perturb import Perturbation
from bench.perturb.operations.contrast_scaling import Contrast, multiply

ENTRY = Perturbation(
    version=1,
    title="Contrast increase",
    family="digital",
    unit="factor",
    source="Edinburgh Computer Vision Mini-Project 2025, item c",
    identity=1.0,
    strengths=(1.0, 1.01, 1.02, 1.03, 1.04, 1.05, 1.1, 1.15, 1.20, 1.25),
    parameters=Contrast,
    apply=multiply,
    minimum=1,
    maximum=255,
)
