"""`bench list`."""

import json as json_format
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from bench.cli.options import Json, Plugins

Rows = list[dict[str, Any]]
Kind = Literal["models", "datasets", "perturbations", "metrics", "suites"]


def command(
    kind: Annotated[Kind, typer.Argument(help="What to list.")], json: Json = False, plugins: Plugins = None
) -> None:
    """List what a suite can name.

    \b
    Examples:
      bench list perturbations
      bench list models --json
    """
    rows = LISTS[kind]()
    if json:
        print(json_format.dumps(rows, indent=1, ensure_ascii=False))
        return
    if kind == "perturbations":
        from bench.cli.perturbation_list import print_perturbations

        print_perturbations(rows)
        return
    from bench.host.terminal_table import print_table

    # At 80 columns there is no room for commas, nor for the licences of models; --json has all.
    empty = [key for key in ("plug-in", "prompts") if not any(row.get(key) for row in rows)]
    left_out = [*empty, "licence"] if kind == "models" else empty
    names = ("keys", "prompts")
    shown = [{k: v.replace(",", "") if v and k in names else v or "" for k, v in row.items()} for row in rows]
    print_table([{key: value for key, value in row.items() if key not in left_out} for row in shown])


def _keys(parameters: Any) -> str:
    return ", ".join(parameters.model_fields)


def _models() -> Rows:
    from registry import MODELS

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
    from bench.data import DATASETS

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
    from bench.metrics import METRIC_SETS, METRICS

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
    from bench.suite import shipped_suites
    from bench.suite.yaml_reader import read_yaml

    rows: Rows = []
    for name, file in shipped_suites().items():
        content = read_yaml(file)[0]
        kinds = {kind: ", ".join(str(item["name"]) for item in content[kind]) for kind in ("datasets", "models")}
        rows.append({"name": name, **kinds})
    return rows


def _perturbations() -> Rows:
    from bench.perturb.catalogue import perturbations

    return perturbations()


LISTS: dict[str, Callable[[], Rows]] = {
    "models": _models,
    "datasets": _datasets,
    "perturbations": _perturbations,
    "metrics": _metrics,
    "suites": _suites,
}
