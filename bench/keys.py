"""What a number depends on, as short hexadecimal keys: equal keys, equal numbers.

Entries carry a version that is raised when their numbers change; code itself is recorded, not keyed.
"""

from typing import TYPE_CHECKING

from bench.counts import FORMAT
from bench.storage import digest

# Raise when the training loop, or the way from a picture to its counts, would give other numbers.
TRAINING_VERSION = 1
EVALUATION_VERSION = 1

if TYPE_CHECKING:
    from bench.perturb import Step
    from bench.suite import ModelSpec, Suite, Sweep


def model_identity(spec: "ModelSpec") -> dict[str, object]:
    """Return what decides a model's numbers apart from trained weights."""
    return _described(spec) | spec.entry.identity(spec.parameters)


def _described(spec: "ModelSpec") -> dict[str, object]:
    parameters = spec.parameters.model_dump(mode="json")
    return {"name": spec.name, "version": spec.entry.version, "parameters": parameters}


def training_key(spec: "ModelSpec", manifests: tuple[str, str], seed: int) -> str:
    """Return the key of the checkpoint that training would give.

    manifests: of the training and of the validation pictures.
    """
    assert spec.recipe is not None
    return digest(
        "training", TRAINING_VERSION, model_identity(spec), spec.recipe.model_dump(mode="json"), manifests, seed
    )


def cell_key(
    suite: "Suite",
    spec: "ModelSpec",
    state: str,
    precision: str,
    manifest: str,
    sweep: "Sweep | None",
    strength: float,
) -> str:
    """Return the key of one cell: these weights, these pictures, this condition. `sweep` None: clean."""
    geometry = spec.entry.geometry(spec.parameters) if spec.entry.geometry else None
    # The weights do not say everything: an activation or a normalisation has none.
    model = [_described(spec), state, geometry, precision]
    return digest(
        "cell", FORMAT, EVALUATION_VERSION, model, manifest, suite.apply_at, condition_identity(suite, sweep, strength)
    )


def condition_identity(suite: "Suite", sweep: "Sweep | None", strength: float) -> list[object]:
    """Return what decides the pixels and masks of a condition apart from the data. `sweep` None: clean."""
    if sweep is None:
        return ["clean"]
    first, *rest = sweep.steps(strength)
    # Only what is not the default stands in the key, so that a new option leaves old keys alone.
    more: dict[str, object] = {
        "then": [[*_step_identity(step), dict(step.entry.resources(step.parameters))] for step in rest],
        "resources": dict(first.entry.resources(first.parameters)),
        "occluded": sweep.occluded if sweep.occluded != "count" else None,
        "fresh_per_strength": suite.fresh_per_strength,
    }
    extra = {name: value for name, value in more.items() if value}
    return [*_step_identity(first), suite.seed, *([extra] if extra else [])]


def _step_identity(step: "Step") -> list[object]:
    return [step.name, step.entry.version, step.parameters.model_dump(mode="json"), float(step.strength)]
