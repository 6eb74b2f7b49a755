"""Perturbations of images: one file per entry; importing this package does not import torch."""

from bench.perturb.apply import perturb
from bench.perturb.entry import PERTURBATIONS, Effect, Family, Perturbation
from bench.perturb.presets import PRESETS
from bench.perturb.steps import Perturbed, Step, run_steps, step_keys, stream_of
from bench.perturb.threads import single_threaded

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
