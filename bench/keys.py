"""What a number depends on, as short hexadecimal keys: equal keys, equal numbers.

Entries carry a version that is raised when their numbers change; code itself is recorded, not keyed.
"""

from typing import TYPE_CHECKING

from bench.counts import FORMAT
from bench.storage import digest

if TYPE_CHECKING:
    from bench.suite import ModelSpec, Suite, Sweep


def model_identity(spec: "ModelSpec") -> dict[str, object]:
    """Return what names a model apart from its weights."""
    parameters = spec.parameters.model_dump(mode="json")
    return {"name": spec.name, "version": spec.entry.version, "parameters": parameters} | spec.entry.identity(
        spec.parameters
    )


def training_key(spec: "ModelSpec", manifests: tuple[str, str], seed: int) -> str:
    """Return the key of the checkpoint that training would give.

    manifests: of the training and of the validation pictures.
    """
    assert spec.recipe is not None
    return digest("training", model_identity(spec), spec.recipe.model_dump(mode="json"), manifests, seed)


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
    condition = (
        ["clean"]
        if sweep is None
        else [
            sweep.name,
            sweep.entry.version,
            sweep.parameters.model_dump(mode="json"),
            float(strength),
            suite.seed,
        ]
    )
    return digest("cell", FORMAT, state, geometry, precision, manifest, suite.apply_at, condition)
