"""`bench list`."""

import json
from collections.abc import Callable
from typing import Any

from bench.cli.perturbation_list import print_perturbations
from bench.data import DATASETS
from bench.metrics import METRIC_SETS, METRICS
from bench.perturb.catalogue import perturbations
from bench.suite import shipped_suites
from bench.suite.yaml_reader import read_yaml
from registry import MODELS

Rows = list[dict[str, Any]]


def _keys(parameters: Any) -> str:
    return ", ".join(parameters.model_fields)


def _models() -> Rows:
    entries = {name: MODELS[name] for name in MODELS.names()}
    return [
        {
            "name": n,
            "summary": e.summary,
            "keys": _keys(e.parameters),
            "prompts": ", ".join(e.prompts),
            "licence": e.licence,
            "plug-in": MODELS.source_hash(n),
        }
        for n, e in entries.items()
    ]


def _datasets() -> Rows:
    entries = {name: DATASETS[name] for name in DATASETS.names()}
    return [
        {
            "name": n,
            "title": e.title,
            "keys": _keys(e.parameters),
            "licence": e.licence,
            "plug-in": DATASETS.source_hash(n),
        }
        for n, e in entries.items()
    ]


def _metrics() -> Rows:
    singles = [
        {"name": n, "kind": "metric", "title": METRICS[n].title, "plug-in": METRICS.source_hash(n)}
        for n in METRICS.names()
    ]
    sets = [
        {"name": s.name, "kind": "metric set", "title": f"{s.title} ({s.policy()})", "plug-in": None}
        for s in METRIC_SETS.values()
    ]
    return singles + sets


def _suites() -> Rows:
    rows: Rows = []
    for name, file in shipped_suites().items():
        content = read_yaml(file)[0]
        kinds = {kind: ", ".join(str(item["name"]) for item in content[kind]) for kind in ("datasets", "models")}
        rows.append({"name": name, **kinds})
    return rows


LISTS: dict[str, Callable[[], Rows]] = {
    "models": _models,
    "datasets": _datasets,
    "perturbations": perturbations,
    "metrics": _metrics,
    "suites": _suites,
}


def show_list(kind: str, *, as_json: bool) -> None:
    """Print the entries of one kind, as a table or as JSON."""
    rows = LISTS[kind]()
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    if kind == "perturbations":
        print_perturbations(rows)
        return
    from bench.cli.terminal_table import print_table

    # At 80 columns there is no room for commas, nor for the licences of models; --json has all.
    empty = [key for key in ("plug-in", "prompts") if not any(row.get(key) for row in rows)]
    left_out = [*empty, "licence"] if kind == "models" else empty
    names = ("keys", "prompts")
    shown = [{k: v.replace(",", "") if v and k in names else v or "" for k, v in row.items()} for row in rows]
    print_table([{key: value for key, value in row.items() if key not in left_out} for row in shown])
