"""What a number depends on, as short hexadecimal keys: equal keys, equal numbers.

Entries carry a version that is raised when their numbers change; code itself is recorded, not keyed.
"""

from typing import TYPE_CHECKING, Protocol

from bench.host.files import digest
from bench.metrics.counts import FORMAT
from bench.metrics.further import measured_of
from bench.metrics.views import views_of
from bench.perturb import PERTURBATIONS
from bench.suite import prompt_policies as prompting
from registry import MODELS

# Raise when the training loop, or the way from an image to its counts, would give other numbers.
TRAINING_VERSION = 2
EVALUATION_VERSION = 1
# Raise when measuring would give other times.
TIMING_VERSION = 1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bench.perturb import Step
    from bench.suite import ModelSpec, Suite, Sweep
    from registry.recipe import Recipe


def model_identity(spec: "ModelSpec") -> dict[str, object]:
    """Return what decides a model's numbers apart from trained weights."""
    return _described(spec) | spec.entry.identity(spec.parameters)


def fixed_state(spec: "ModelSpec") -> str:
    """Return what stands for the weights of a model that has neither a checkpoint nor a training."""
    return digest("no weights", model_identity(spec))


def _described(spec: "ModelSpec") -> dict[str, object]:
    return {"name": spec.name, "version": spec.version, "parameters": _parameters(spec)}


def _parameters(spec: "ModelSpec", without: "Iterable[str]" = ()) -> dict[str, object]:
    changed = spec.parameters.changed()
    absent = {name for name in spec.entry.later if name not in changed}
    return spec.parameters.model_dump(mode="json", exclude={*without, *absent})


def training_key(spec: "ModelSpec", manifests: tuple[str, str], seed: int, pretext: str | None = None) -> str:
    """Return the key of the checkpoint that training would give.

    manifests: of the training and of the validation images. pretext: the key of the first stage, if there is one.
    """
    assert spec.recipe is not None
    more = {"pretext": pretext, "label_order": spec.label_order}
    extra = {name: value for name, value in more.items() if value}
    identity = model_identity(spec)
    identity |= {"parameters": _parameters(spec, without=spec.entry.prediction_only)}
    recipe = recipe_identity(spec.recipe)
    return digest("training", TRAINING_VERSION, identity, recipe, manifests, seed, *([extra] if extra else []))


def pretext_key(spec: "ModelSpec", manifests: tuple[str, str], seed: int) -> str:
    """Return the key of the first stage's checkpoint: models whose encoders come from the same one share it."""
    pretext = spec.entry.pretext(spec.parameters)
    assert pretext is not None
    assert spec.pretext is not None
    network = [spec.name, MODELS.version(spec.name, pretext.version), dict(pretext.identity(spec.parameters))]
    return digest("pretext", TRAINING_VERSION, network, recipe_identity(spec.pretext), manifests, seed)


def recipe_identity(recipe: "Recipe") -> dict[str, object]:
    """Return what stands of a recipe in a key: a key of it that came later only where it is not the default.

    So checkpoints stay valid when recipes get new keys.
    """
    augmentation = recipe.augmentation.model_dump(mode="json", exclude_defaults=True)
    first = recipe.augmentation.model_dump(mode="json", include=_FIRST_AUGMENTATION)
    kept = recipe.model_dump(mode="json", exclude_defaults=True) | recipe.model_dump(mode="json", include=_FIRST)
    return kept | {"augmentation": first | augmentation}


_FIRST_AUGMENTATION = {"flip", "rotate", "crop", "elastic", "grid"}
_FIRST = {
    *("epochs", "minutes", "batch_size", "optimizer", "learning_rate", "weight_decay", "schedule"),
    *("plateau_patience", "plateau_factor", "class_weights", "early_stopping", "precision"),
}


def cell_key(
    suite: "Suite", spec: "ModelSpec", state: str, precision: str, manifest: str
) -> "Callable[[Sweep | None, float], str]":
    """Return the function from a condition to the key of its cell: these weights, these images, that condition.

    It takes a sweep (None: clean) and a strength. What all cells of a model share is described once.
    """
    model = _predicting(suite, spec, state, precision)
    shared = ("cell", FORMAT, EVALUATION_VERSION, model, manifest, suite.apply_at, *_further_identity(suite, spec))
    return lambda sweep, strength: digest(*shared, condition_identity(suite, sweep, strength))


def _further_identity(suite: "Suite", spec: "ModelSpec") -> list[object]:
    """Return what decides which further numbers a cell has; nothing where no image is measured for them."""
    asked = [one.identity() for one in measured_of(suite.further)]
    return [["metrics", asked, views_of(suite.metric_sets, spec.task)]] if asked else []


def timing_key(
    suite: "Suite", spec: "ModelSpec", state: str, precision: str, manifest: str, facts: "Sequence[object]"
) -> str:
    """Return the key of one measurement of speed: these weights, these images; facts: what is timed, how and where."""
    return digest("timing", TIMING_VERSION, _predicting(suite, spec, state, precision), manifest, suite.seed, facts)


def _predicting(suite: "Suite", spec: "ModelSpec", state: str, precision: str) -> list[object]:
    """Return what decides what a model with these weights predicts for an image."""
    # The weights are not everything: an activation or a normalisation has none.
    prompt = None if spec.prompt == "none" else [spec.prompt, prompting.VERSION, suite.seed]
    more = {"prompt": prompt, "label_order": spec.label_order}
    extra = {name: value for name, value in more.items() if value}
    return [_described(spec), state, spec.geometry, precision, *([extra] if extra else [])]


class Draws(Protocol):
    """By what the random numbers of perturbations are drawn: a suite has both."""

    @property
    def seed(self) -> int:
        """The seed of all of them."""

    @property
    def fresh_per_strength(self) -> bool:
        """Whether each strength has numbers of its own."""


def condition_identity(suite: Draws, sweep: "Sweep | None", strength: float) -> list[object]:
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
    return [step.name, PERTURBATIONS.version(step.name), step.parameters.model_dump(mode="json"), float(step.strength)]
