"""Salt and pepper: a share of the values becomes white or black."""

from bench.perturb import Perturbation
from bench.perturb.operations.salt import SaltAndPepper, scatter, scatter_kernel

ENTRY = Perturbation(
    version=1,
    title="Salt and pepper",
    family="noise",
    unit="share of the values hit",
    source="Edinburgh Computer Vision Mini-Project 2025, item h",
    identity=0,
    strengths=(0.00, 0.02, 0.04, 0.06, 0.08, 0.10, 0.12, 0.14, 0.16, 0.18),
    parameters=SaltAndPepper,
    apply=scatter,
    kernel=scatter_kernel,
    minimum=0,
    maximum=1,
)
