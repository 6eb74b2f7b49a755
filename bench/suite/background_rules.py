"""What a data set without a background class rules out: whatever tells an object from a background."""

from collections.abc import Iterator, Mapping, Sequence

from bench.metrics import METRIC_SETS, MetricSet
from bench.suite.faults import Faults
from bench.suite.prompt_policies import POLICIES
from bench.suite.schema import DatasetSpec, ModelSpec, Sweep
from registry.entry_results import recipe_of
from registry.labels import NO_GROUND_TRUTH


def check_background(
    datasets: Sequence[DatasetSpec],
    models: Sequence[ModelSpec],
    sweeps: Sequence[Sweep],
    metric_sets: Sequence[MetricSet],
    faults: Faults,
) -> None:
    """Note a fault for all that would take class 0 of a data set for the background where it is a class like others."""
    without = [spec.label for spec in datasets if not spec.entry.background(spec.parameters)]
    if not without:
        return
    why = f"but '{without[0]}' has no background (background: false)"
    for metric_set in metric_sets:
        if metric_set.needs_background:
            others = ", ".join(name for name, one in METRIC_SETS.items() if not one.needs_background)
            faults.add(("metric_sets",), f"{metric_set.name} asks what is background, {why}; give {others}")
    for model in models:
        for reason in _reasons(model):
            faults.add(("models",), f"{model.label}: {reason[0]}, {why}; {reason[1]}")
    for sweep in sweeps:
        if sweep.any("needs_mask"):
            faults.add(("perturbations",), f"{sweep.label} looks for the object in the mask, {why}; remove it")


def _reasons(model: ModelSpec) -> Iterator[tuple[str, str]]:
    """Yield what of a model needs a background, and the way out."""
    if model.task == "binary":
        yield "it tells an object from the background", "remove it"
    elif model.name == "background":
        yield "it predicts the background", "remove it"
    elif POLICIES[model.prompt].supervision != NO_GROUND_TRUTH:
        yield f"its prompt {model.prompt} points at the object", "give another prompt or remove it"
    if getattr(model.parameters, "clicks", None) == "objects":
        yield "its training clicks on no background (clicks: objects)", "give clicks: any_class"
    if getattr(model.parameters, "target", None) == "prompted_class":
        yield "its training takes other classes for background (target: prompted_class)", "give target: full_mask"
    if isinstance(getattr(model.parameters, "label_map", None), Mapping):
        yield "a label that its label_map does not name means background", "list a class for each label, in order"
    if model.recipe is None or not model.recipe.epochs:
        return
    if model.recipe.border == "background":
        yield "its training takes the border for background", "give train: {border: ignore}"
    weights, default = model.recipe.class_weights, recipe_of(model.entry, model.parameters)
    if isinstance(weights, tuple) and len(set(weights)) > 1 and default and weights == default.class_weights:
        yield (
            f"its class_weights {list(weights)} are of the background and the others",
            ("give train: {class_weights: [1.0]}, or one weight for each class"),
        )
