"""`bench list`."""

import json as json_format
from collections.abc import Callable
from typing import Annotated, Any, Literal

import typer

from bench.cli import completion
from bench.cli.options import Json, Plugins

Rows = list[dict[str, Any]]
Kind = Literal["models", "datasets", "perturbations", "metrics", "suites"]


def command(
    kind: Annotated[Kind, typer.Argument(help="What to list.")],
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="One of them, with its parameters.", autocompletion=completion.listed),
    ] = None,
    json: Json = False,
    plugins: Plugins = None,
) -> None:
    """List what a suite can name; with a NAME, show its parameters: defaults, allowed values, meaning.

    \b
    Examples:
      bench list perturbations
      bench list models unet
      bench list models --json
    """
    rows = LISTS[kind]()
    if name is not None:
        rows = [_named(rows, name, kind)]
    if json:
        print(json_format.dumps(rows, indent=1, ensure_ascii=False))
    elif name is not None:
        from bench.cli.entry_details import print_details

        print_details(rows[0], _common(kind))
    elif kind == "perturbations":
        from bench.cli.perturbation_list import print_perturbations

        print_perturbations(rows)
    else:
        _print(rows, kind)


def _named(rows: Rows, name: str, kind: str) -> dict[str, Any]:
    found = next((row for row in rows if row["name"] == name), None)
    if found is None:
        from bench.suite.plugins import REGISTRIES
        from registry.errors import BenchError, suggestion

        names = [row["name"] for row in rows]  # of metrics, sets too
        known = REGISTRIES[kind].suggestion(name, names) if kind in REGISTRIES else suggestion(name, names)
        raise BenchError(f"list {kind}: there is no '{name}'; {known}")
    return found


def _print(rows: Rows, kind: str) -> None:
    from bench.cli.entry_details import defaults
    from bench.host.terminal_table import print_table

    empty = [key for key in ("plug-in", "prompts") if not any(row.get(key) for row in rows)]
    left_out = [*empty, *_DETAILS.get(kind, ())]
    shown = []
    for row in rows:
        words = {k: " ".join(v) if isinstance(v, tuple) else v or "" for k, v in row.items() if k not in left_out}
        told = "parameters" in row and "parameters" not in left_out
        shown.append(words | ({"parameters": defaults(row["parameters"])} if told else {}))
    print_table(shown)
    if kind in COMMON:
        print(f"\nbench list {kind} NAME shows the parameters of one: allowed values and meaning")


def _common(kind: str) -> tuple[str, ...]:
    """Return the keys that every entry of a kind takes in a suite besides its own."""
    from bench.suite import schema

    return tuple(key for key in getattr(schema, COMMON[kind]).model_fields if key != "name") if kind in COMMON else ()


def _models() -> Rows:
    from registry import MODELS
    from registry.allowed import parameter_rows

    entries = {name: MODELS[name] for name in MODELS.names()}
    return [
        {
            "name": n,
            "summary": e.summary,
            "parameters": parameter_rows(e.parameters),
            "prompts": e.prompts,
            "licence": e.licence,
            "plug-in": MODELS.source_hash(n),
        }
        for n, e in entries.items()
    ]


def _datasets() -> Rows:
    from bench.data import DATASETS
    from registry.allowed import parameter_rows

    entries = {name: DATASETS[name] for name in DATASETS.names()}
    return [
        {
            "name": n,
            "title": e.title,
            "parameters": parameter_rows(e.parameters),
            "licence": e.licence,
            "plug-in": DATASETS.source_hash(n),
        }
        for n, e in entries.items()
    ]


def _metrics() -> Rows:
    from bench.metrics import METRIC_SETS, METRICS
    from bench.metrics.image_entry import IMAGE_METRICS
    from registry.allowed import parameter_rows

    singles = [
        {"name": n, "kind": "metric", "title": METRICS[n].title, "reads": "counts", "plug-in": METRICS.source_hash(n)}
        for n in METRICS.names()
    ]
    further = [
        {
            "name": n,
            "kind": "further metric",
            "title": e.title,
            "reads": e.reads,
            "gives": tuple(given.name for given in e.gives),
            "parameters": parameter_rows(e.parameters),
            "source": e.source,
            "plug-in": IMAGE_METRICS.source_hash(n),
        }
        for n, e in ((n, IMAGE_METRICS[n]) for n in IMAGE_METRICS.names())
    ]
    sets = [
        {"name": s.name, "kind": "metric set", "title": f"{s.title} ({s.policy()})", "reads": "", "plug-in": None}
        for s in METRIC_SETS.values()
    ]
    return singles + further + sets


def _suites() -> Rows:
    from bench.suite import shipped_suites
    from bench.suite.yaml_reader import read_yaml

    rows: Rows = []
    for name, file in shipped_suites().items():
        content = read_yaml(file)[0]
        kinds = {kind: tuple(str(item["name"]) for item in content[kind]) for kind in ("datasets", "models")}
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
_DETAILS = {"models": ("licence",), "metrics": ("gives", "parameters", "source")}
"""What has no room at 80 columns; with a NAME or --json all is shown."""
COMMON = {"models": "ModelKeys", "datasets": "DatasetKeys", "perturbations": "SweepKeys"}
"""The class of the keys that every entry of a kind takes."""
