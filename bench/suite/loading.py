"""From a suite file to a `Suite`: names looked up, parameters typed, every fault reported at once."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.metrics import METRIC_SETS, MetricSet
from bench.suite.background_rules import check_background
from bench.suite.faults import Faults
from bench.suite.members import read_datasets, typed
from bench.suite.metric_members import read_metrics
from bench.suite.models import read_models
from bench.suite.schema import DatasetSpec, ModelSpec, Suite, SuiteKeys
from bench.suite.shipped import shipped_suites
from bench.suite.statistics_rules import StatisticsRules
from bench.suite.sweeps import read_sweeps
from bench.suite.throughput_rules import ThroughputRules
from bench.suite.yaml_reader import read_yaml
from registry.errors import BenchError, suggestion
from registry.labels import can_score
from registry.regular_files import users_path


def find_suite(name: str) -> Path:
    """Return the file behind a path or the name of a shipped suite; a path wins.

    Raises:
        BenchError: there is neither; the message suggests a name.
    """
    path = users_path(name)
    if path.is_file():
        return path
    shipped = shipped_suites()
    if name in shipped:
        return shipped[name]
    if path.is_dir():
        raise BenchError(f"'{name}' is a folder; give a suite file (.yaml)")
    raise BenchError(f"no suite '{name}': no such file, {_other_names(path, shipped)}")


def _other_names(path: Path, shipped: Mapping[str, Path]) -> str:
    """Return words on what may be meant: a file beside `path`, else a shipped suite."""
    for ending in (".yaml", ".yml"):
        if (near := path.parent / f"{path.stem}{ending}").is_file():
            return f"but there is {near}; give that"
    return f"and no shipped suite has this name; {suggestion(path.stem, shipped)}"


def load_suite(file: Path) -> Suite:
    """Read and check a suite file.

    Raises:
        SuiteError: one line per fault, each with its line number, key path and a suggestion.
        BenchError: the file cannot be read or is not plain YAML.
    """
    data, faults = read_yaml(file)
    if not isinstance(data, dict):
        what = "empty" if data is None else "no keys and values"
        raise BenchError(f"{file}: {what}; a suite needs name, datasets and models (see `bench list suites`)")
    return _suite(data, faults)


def suite_from(
    data: Mapping[str, Any],
    name: str,
    *,
    datasets: tuple[DatasetSpec, ...] | None = None,
    models: tuple[ModelSpec, ...] | None = None,
) -> Suite:
    """Check a suite that a program gives as plain data, under the rules of a file.

    Args:
        data: what a file would hold.
        name: what messages call it.
        datasets, models: objects of the program in place of what `data` names; None: as `data` says.

    Raises:
        SuiteError: one line per fault, each with its key path and a suggestion.
        BenchError: `data` holds something that a file could not hold.
    """
    try:
        plain = json.loads(json.dumps(dict(data)))
    except (TypeError, ValueError) as error:
        raise BenchError(f"{name} holds more than plain data ({error}); give text, numbers, lists and dicts") from error
    return _suite(plain, Faults(name, {}), datasets, models)


def _suite(
    data: dict[str, Any],
    faults: Faults,
    datasets: tuple[DatasetSpec, ...] | None = None,
    models: tuple[ModelSpec, ...] | None = None,
) -> Suite:
    keys = typed(SuiteKeys, data, (), faults)
    # A fault at the top must not hide those in the lists below it.
    if datasets is None:
        datasets = read_datasets(_items(data.get("datasets")), faults)
    if models is None:
        models = read_models(_items(data.get("models")), datasets, faults)
    sweeps = read_sweeps(_items(data.get("perturbations")), data.get("apply_at", "native"), faults)
    sets = data.get("metric_sets", ["standard"])
    metric_sets = _metric_sets(sets if isinstance(sets, list) else [], faults)
    _check_scored(models, metric_sets, faults)
    check_background(datasets, models, sweeps, metric_sets, faults)
    further = read_metrics(data.get("metrics"), faults)
    rules, statistics = _throughput(data, faults), _statistics(data, faults)
    _check_reference(data.get("reference"), models, faults)
    faults.raise_if_any()
    assert keys is not None
    return Suite(
        keys.name,
        keys.seed,
        datasets,
        models,
        sweeps,
        metric_sets,
        keys.apply_at,
        keys.fresh_per_strength,
        keys.precision,
        data,
        0 if keys.examples == "none" else keys.examples,
        rules,
        statistics or StatisticsRules(),
        keys.reference,
        further,
    )


def _throughput(data: dict[str, Any], faults: Faults) -> ThroughputRules | None:
    if "throughput" not in data:
        return None
    if data["throughput"] is None:
        faults.add(("throughput",), "it is empty; write `throughput: {}` for the defaults, or leave it out")
        return None
    return typed(ThroughputRules, data["throughput"], ("throughput",), faults)


def _statistics(data: dict[str, Any], faults: Faults) -> StatisticsRules | None:
    if "statistics" not in data:
        return None
    if data["statistics"] is None:
        faults.add(("statistics",), "it is empty; write `statistics: {resamples: 2000}`, or leave it out")
        return None
    return typed(StatisticsRules, data["statistics"], ("statistics",), faults)


def _check_reference(label: object, models: tuple[ModelSpec, ...], faults: Faults) -> None:
    known = [model.label for model in models]
    if isinstance(label, str) and models and label not in known:
        faults.add(("reference",), f"no model of this suite is labelled '{label}'; {suggestion(label, known)}")


def _items(value: object) -> list[tuple[int, dict[str, Any]]]:
    return [(i, v) for i, v in enumerate(value) if isinstance(v, dict)] if isinstance(value, list) else []


def _check_scored(models: tuple[ModelSpec, ...], metric_sets: tuple[MetricSet, ...], faults: Faults) -> None:
    unscored = [m.label for m in models if metric_sets and not any(can_score(s.task, m.task) for s in metric_sets)]
    if unscored:
        binary = ", ".join(name for name, s in METRIC_SETS.items() if s.task == "binary")
        faults.add(
            ("metric_sets",),
            f"{', '.join(unscored)} only predicts object or not; add a metric set of the binary task ({binary})",
        )


def _metric_sets(names: list[object], faults: Faults) -> tuple[MetricSet, ...]:
    for i, name in enumerate(names):
        if isinstance(name, str) and name not in METRIC_SETS:
            faults.add(("metric_sets", i), f"no metric set named '{name}'; {suggestion(name, METRIC_SETS)}")
        if name in names[:i]:
            faults.add(("metric_sets", i), f"'{name}' stands twice; keep one")
    return tuple(METRIC_SETS[n] for n in names if isinstance(n, str) and n in METRIC_SETS)
