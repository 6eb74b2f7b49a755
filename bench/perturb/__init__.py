"""Perturbations of pictures: one file per entry; importing this package does not import torch."""

from bench.perturb._apply import perturb
from bench.perturb._entry import Effect, Family, Perturbation
from bench.perturb._presets import PRESETS
from bench.perturb._steps import Perturbed, Step, run_steps, step_keys, stream_of
from bench.perturb._threads import single_threaded
from registry.core import Registry

__all__ = [
    "PERTURBATIONS",
    "PRESETS",
    "Effect",
    "Family",
    "Perturbation",
    "Perturbed",
    "Step",
    "perturb",
    "run_steps",
    "single_threaded",
    "step_keys",
    "stream_of",
]


PERTURBATIONS: Registry[Perturbation] = Registry("perturbation", __name__, Perturbation)
