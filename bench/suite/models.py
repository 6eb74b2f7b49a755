"""The models of a suite: entry, parameters, recipes and prompt, each fault with its place."""

from dataclasses import replace
from typing import Any, Literal

from bench.perturb import PERTURBATIONS
from bench.suite.exposure import seen_in_training
from bench.suite.faults import Faults, KeyPath
from bench.suite.labels import MODEL, default_label
from bench.suite.members import Items, member, typed, unique
from bench.suite.prompt_policies import POLICIES
from bench.suite.recipe_rules import images_only, loss_fault
from bench.suite.schema import LABEL_LENGTH, DatasetSpec, ModelKeys, ModelSpec
from registry import MODELS, ModelEntry
from registry.entry_results import recipe_of
from registry.errors import suggestion
from registry.parameters import Parameters
from registry.recipe import RECONSTRUCTION, Recipe


def read_models(items: Items, datasets: tuple[DatasetSpec, ...], faults: Faults) -> tuple[ModelSpec, ...]:
    """Return the suite's models; label: the name with its non-default parameters, shortened, and its given prompt."""
    specs: list[tuple[int, ModelSpec]] = []
    for i, item in items:
        at: KeyPath = ("models", i)
        if found := member(item, MODELS, ModelKeys, at, faults):
            spec = _model(*found, datasets, at, faults)
            specs += [(i, one) for one in _of_seeds(spec, found[0], at, faults)]
        else:  # the faults of its recipes, too
            for key in ("train", "pretrain"):
                if isinstance(given := item.get(key), dict):
                    typed(Recipe, {k: v for k, v in given.items() if k != "dataset"}, (*at, key), faults)
    unique([(i, s.label) for i, s in specs], "models", faults)
    return tuple(s for _, s in specs)


def _of_seeds(spec: ModelSpec, keys: ModelKeys, at: KeyPath, faults: Faults) -> list[ModelSpec]:
    """Return the model once for each of its seeds, "<label> seed 0" and so on; where it has none, as it is."""
    if keys.seeds is None:
        return [spec]
    place = (*at, "seeds")
    if spec.recipe is None:
        why = "a checkpoint is given" if keys.checkpoint else "it has nothing to train"
        faults.add(place, f"'{keys.name}' is never trained: {why}; remove seeds")
    if twice := [seed for i, seed in enumerate(keys.seeds) if seed in keys.seeds[:i]]:
        faults.add(place, f"the seed {twice[0]} stands twice; give each once")
    labels = {f"{spec.label} seed {seed}": seed for seed in keys.seeds}
    if longest := next((label for label in labels if len(label) > LABEL_LENGTH), None):
        faults.add(place, f"the label '{longest}' has more than {LABEL_LENGTH} characters; give a shorter label:")
    return [replace(spec, label=label, seed=seed, group=spec.label) for label, seed in labels.items()]


def _model(
    keys: ModelKeys,
    entry: ModelEntry,
    parameters: Parameters,
    datasets: tuple[DatasetSpec, ...],
    at: KeyPath,
    faults: Faults,
) -> ModelSpec:
    default = recipe_of(entry, parameters)
    trained = default is not None and keys.checkpoint is None
    first = entry.pretext(parameters) if trained else None
    why = "a checkpoint is given, so it is never trained" if keys.checkpoint else "it has nothing to train"
    recipe = _recipe(default if trained else None, keys, "train", why, at, faults)
    why = why if keys.checkpoint else "it has no stage before its training"
    pretext = _recipe(first.recipe(parameters) if first else None, keys, "pretrain", why, at, faults)
    prompt = _prompt(keys, entry, at, faults)
    if keys.checkpoint_key is not None and keys.checkpoint is None:
        faults.add((*at, "checkpoint_key"), "it chooses among the weights in a file; give checkpoint: too")
    named = f" [{prompt}]" if keys.prompt else ""
    return ModelSpec(
        label=keys.label or default_label(keys.name, parameters, MODEL) + named,
        name=keys.name,
        entry=entry,
        parameters=parameters,
        recipe=recipe,
        train_on=_train_on(keys, datasets, at, faults),
        checkpoint=keys.checkpoint,
        checkpoint_key=keys.checkpoint_key,
        pretext=pretext,
        prompt=prompt,
        label_order=keys.label_order,
        seen=_seen(keys, [stage for stage in (recipe, pretext) if stage], at, faults),
        precision=keys.precision,
    )


def _seen(keys: ModelKeys, stages: list[Recipe], at: KeyPath, faults: Faults) -> tuple[str, ...]:
    """Return the perturbations that the suite names as seen in training, else those that the stages show."""
    if keys.seen_in_training is None:
        return tuple(dict.fromkeys(name for stage in stages for name in seen_in_training(stage)))
    for name in keys.seen_in_training:
        if name not in PERTURBATIONS:
            known = suggestion(name, PERTURBATIONS.names())
            faults.add((*at, "seen_in_training"), f"no perturbation named '{name}'; {known}")
    return keys.seen_in_training


def _recipe(
    default: Recipe | None, keys: ModelKeys, key: Literal["train", "pretrain"], why: str, at: KeyPath, faults: Faults
) -> Recipe | None:
    """Return the entry's recipe with the suite's overrides."""
    given: dict[str, Any] | None = getattr(keys, key)
    if given is None:
        return default
    if default is None:
        faults.add((*at, key), f"'{keys.name}' takes no {key}: {why}")
        return None
    overrides = {k: v for k, v in given.items() if (key, k) != ("train", "dataset")}
    if key == "train" and overrides.get("loss") in RECONSTRUCTION:  # noted alone: no other key would fix it
        faults.add((*at, key), images_only(overrides["loss"]))
        return None
    merged = default.model_dump(mode="json") | overrides
    if isinstance(overrides.get("augmentation"), dict):
        merged["augmentation"] = default.augmentation.model_dump(mode="json") | overrides["augmentation"]
    recipe = typed(Recipe, merged, (*at, key), faults)
    if recipe and (fault := loss_fault(recipe, "training" if key == "train" else "pretext", default)):
        faults.add((*at, key), fault)
    return recipe


def _train_on(keys: ModelKeys, datasets: tuple[DatasetSpec, ...], at: KeyPath, faults: Faults) -> str | None:
    """Return the label of the data set to train on; None: each model on the data that it is evaluated on."""
    on: str | None = (keys.train or {}).get("dataset")
    if on is not None and (labels := [d.label for d in datasets]) and on not in labels:
        faults.add(
            (*at, "train", "dataset"),
            f"no data set labelled '{on}' in this suite; {suggestion(str(on), labels)}",
        )
    return on


def _prompt(keys: ModelKeys, entry: ModelEntry, at: KeyPath, faults: Faults) -> str:
    """Return the prompt policy: the suite's, else the entry's own first one, else none."""
    if keys.prompt is None:
        return entry.prompts[0] if entry.prompts else "none"
    if keys.prompt not in POLICIES:
        faults.add((*at, "prompt"), f"no prompt policy named '{keys.prompt}'; {suggestion(keys.prompt, POLICIES)}")
    elif keys.prompt not in entry.prompts and keys.prompt != "none":
        takes = f"it takes {', '.join(entry.prompts)}" if entry.prompts else "it takes no prompt"
        faults.add((*at, "prompt"), f"'{keys.name}' cannot be prompted by {keys.prompt}; {takes}")
    return keys.prompt
