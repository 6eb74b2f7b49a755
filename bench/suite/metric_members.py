"""The further metrics of a suite: names alone, or names with parameters."""

from typing import Any

from bench.metrics import METRICS
from bench.metrics.further import AskedMetric
from bench.metrics.image_entry import IMAGE_METRICS
from bench.suite.faults import Faults, KeyPath
from bench.suite.members import typed
from registry.errors import BenchError


def read_metrics(items: object, faults: Faults) -> tuple[AskedMetric, ...]:
    """Return the further metrics that a suite asks for, after noting its faults; `items`: the list of the file."""
    found: dict[str, AskedMetric] = {}
    for i, item in enumerate(items if isinstance(items, list) else []):
        at: KeyPath = ("metrics", i)
        one = _read({"name": item} if isinstance(item, str) else item, at, faults)
        if one is None:
            continue
        if one.name in found:
            faults.add(at, f"'{one.name}' stands twice; keep one")
        found[one.name] = one
    return tuple(found.values())


def _read(item: Any, at: KeyPath, faults: Faults) -> AskedMetric | None:
    if not isinstance(item, dict) or not isinstance(name := item.get("name"), str):
        faults.add(at, f"give the name of a further metric, or {{name: …, its parameters}} (given: {item!r})")
        return None
    try:
        entry = IMAGE_METRICS[name]
    except BenchError as error:
        every_run = f"'{name}' stands in every run; remove it here" if name in METRICS else str(error)
        faults.add((*at, "name") if ("name" in item and len(item) > 1) else at, every_run)
        return None
    if taken := sorted({given.name for given in entry.gives} & set(METRICS.names())):
        faults.add(at, f"'{name}' gives '{taken[0]}', the name of a metric of your own; rename that")
    own = {key: value for key, value in item.items() if key != "name"}
    parameters = typed(entry.parameters, own, at, faults)
    return None if parameters is None else AskedMetric(name, parameters)
