"""The members of a suite's lists: common keys by us, the rest by the entry that the name looks up."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bench.data import DATASETS
from bench.suite.faults import Faults, Path
from bench.suite.schema import DatasetKeys, DatasetSpec, ModelKeys, ModelSpec
from registry import MODELS
from registry.core import Registry
from registry.errors import BenchError, suggestion
from registry.parameters import Parameters
from registry.recipe import Recipe

M = TypeVar("M", bound=BaseModel)
E_ = TypeVar("E_")
Items = list[tuple[int, dict[str, Any]]]  # each with its place in the file's list


def typed(model: type[M], data: Any, at: Path, faults: Faults, others: Iterable[type[BaseModel]] = ()) -> M | None:
    """Return `data` as `model`, or None after noting its faults.

    Validation goes by JSON in strict mode: 32 is no string, "32" no number, but a list is a tuple.
    """
    try:
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        faults.add_validation(error, at, (model, *others))
        return None


def _split(item: dict[str, Any], common: type[BaseModel]) -> tuple[dict[str, Any], dict[str, Any]]:
    shared = {k: v for k, v in item.items() if k in common.model_fields}
    return shared, {k: v for k, v in item.items() if k not in shared}


def member(
    item: dict[str, Any], registry: Registry[E_], common: type[M], at: Path, faults: Faults
) -> tuple[M, E_, Parameters] | None:
    """Look the entry up by `name` and type both halves of the item; None after noting faults."""
    shared, own = _split(item, common)
    keys = typed(common, shared, at, faults)
    if "name" not in item or not isinstance(item["name"], str):
        return None
    try:
        entry = registry[item["name"]]
    except BenchError as error:
        faults.add((*at, "name"), str(error))
        return None
    parameters = typed(entry.parameters, own, at, faults, (common,))  # type: ignore[attr-defined]
    return None if keys is None or parameters is None else (keys, entry, parameters)


def _unique(labels: list[tuple[int, str]], kind: str, faults: Faults) -> None:
    twice = {label for label, n in Counter(label for _, label in labels).items() if n > 1}
    for i, label in labels:
        if label in twice:
            faults.add((kind, i), f"two {kind} are labelled '{label}'; give each a label: of its own")


def read_datasets(items: Items, faults: Faults) -> tuple[DatasetSpec, ...]:
    """Return the suite's data sets; label: the name, its non-default parameters and a split other than test."""
    specs: list[tuple[int, DatasetSpec]] = []
    for i, item in items:
        if found := member(item, DATASETS, DatasetKeys, ("datasets", i), faults):
            keys, entry, parameters = found
            split = "" if keys.split == "test" else f" {keys.split}"
            label = keys.label or f"{keys.name}{split}{parameters.suffix()}"
            specs.append((i, DatasetSpec(label, keys, entry, parameters)))
    _unique([(i, s.label) for i, s in specs], "datasets", faults)
    return tuple(s for _, s in specs)


def read_models(items: Items, datasets: tuple[DatasetSpec, ...], faults: Faults) -> tuple[ModelSpec, ...]:
    """Return the suite's models; label: the name with its non-default parameters."""
    specs: list[tuple[int, ModelSpec]] = []
    for i, item in items:
        at: Path = ("models", i)
        if found := member(item, MODELS, ModelKeys, at, faults):
            keys, entry, parameters = found
            default = entry.recipe(parameters) if entry.recipe and not keys.checkpoint else None
            recipe, train_on = _recipe(keys, default, datasets, at, faults)
            label = keys.label or keys.name + parameters.suffix()
            spec = ModelSpec(label, keys.name, entry, parameters, recipe, train_on, keys.checkpoint)
            specs.append((i, spec))
    _unique([(i, s.label) for i, s in specs], "models", faults)
    return tuple(s for _, s in specs)


def _recipe(
    keys: ModelKeys, default: Recipe | None, datasets: tuple[DatasetSpec, ...], at: Path, faults: Faults
) -> tuple[Recipe | None, str | None]:
    """Return the entry's recipe with the suite's overrides, and the label of the data set to train on."""
    if keys.train is None:
        return default, None
    if default is None:
        why = "a checkpoint is given, so it is never trained" if keys.checkpoint else "it has nothing to train"
        faults.add((*at, "train"), f"'{keys.name}' takes no train: {why}")
        return None, None
    overrides = {k: v for k, v in keys.train.items() if k != "dataset"}
    merged = default.model_dump(mode="json") | overrides
    if isinstance(overrides.get("augmentation"), dict):
        merged["augmentation"] = default.augmentation.model_dump(mode="json") | overrides["augmentation"]
    on = keys.train.get("dataset")
    if on is not None and (labels := [d.label for d in datasets]) and on not in labels:
        faults.add(
            (*at, "train", "dataset"),
            f"no data set labelled '{on}' in this suite; {suggestion(str(on), labels)}",
        )
    return typed(Recipe, merged, (*at, "train"), faults), on
