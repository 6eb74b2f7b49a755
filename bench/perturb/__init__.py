"""Perturbations of images: one file per entry; importing this package does not import torch."""

from typing import TYPE_CHECKING

from registry.lazy_names import lazy

if TYPE_CHECKING:
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

__getattr__ = lazy(
    __name__,
    apply=("perturb",),
    entry=("PERTURBATIONS", "Effect", "Family", "Perturbation"),
    presets=("PRESETS",),
    steps=("Perturbed", "Step", "run_steps", "step_keys", "stream_of"),
    threads=("single_threaded",),
)
