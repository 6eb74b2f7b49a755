"""The members of a suite's lists: common keys by us, the rest by the entry that the name looks up."""

import json
from collections import Counter
from collections.abc import Sequence
from itertools import chain, count
from os.path import normpath
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bench.data import DATASETS, DatasetEntry
from bench.suite.faults import Faults, KeyPath
from bench.suite.schema import DatasetKeys, DatasetSpec
from registry.core import Registry
from registry.errors import BenchError
from registry.parameters import Parameters
from registry.safe_text import as_label

M = TypeVar("M", bound=BaseModel)
E_ = TypeVar("E_")
Items = list[tuple[int, dict[str, Any]]]  # each with its place in the file's list


def typed(model: type[M], data: Any, at: KeyPath, faults: Faults, others: Sequence[type[BaseModel]] = ()) -> M | None:
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
    item: dict[str, Any], registry: Registry[E_], common: type[M], at: KeyPath, faults: Faults
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


def unique(labels: list[tuple[int, str]], kind: str, faults: Faults) -> None:
    """Note a fault at each of `labels` (with its place in the list) that another one shares."""
    twice = {label for label, n in Counter(label for _, label in labels).items() if n > 1}
    for i, label in labels:
        if label in twice:
            faults.add((kind, i), f"two {kind} are labelled '{label}'; give each a label: of its own")


def read_datasets(items: Items, faults: Faults) -> tuple[DatasetSpec, ...]:
    """Return the suite's data sets, each with its label or a short one of its own."""
    specs: list[tuple[int, DatasetSpec]] = []
    taken = {item["label"] for _, item in items if isinstance(item.get("label"), str)}
    for i, item in items:
        if found := member(item, DATASETS, DatasetKeys, ("datasets", i), faults):
            keys, entry, parameters = found
            label = keys.label or _default_label(keys, entry, parameters, taken)
            specs.append((i, DatasetSpec(label, keys, entry, parameters)))
    unique([(i, s.label) for i, s in specs], "datasets", faults)
    return tuple(s for _, s in specs)


def _default_label(keys: DatasetKeys, entry: DatasetEntry, parameters: Parameters, taken: set[str]) -> str:
    """Return the name, non-default parameters and a split other than test; of a user's own files the folder's name.

    That one gets a number where an earlier data set has it.
    """
    split = "" if keys.split == "test" else f" {keys.split}"
    if not entry.own_files:
        return f"{keys.name}{split}{parameters.suffix()}"
    folder = as_label(Path(normpath(keys.root or "")).name)[:60]
    plain = f"{keys.name if folder in ('', '..') else folder}{split}"
    label = next(one for one in chain([plain], (f"{plain} {n}" for n in count(2))) if one not in taken)
    taken.add(label)
    return label
