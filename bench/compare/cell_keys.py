"""The keys of a run's cells, computed again from what `run.json` says decided their counts."""

from collections.abc import Iterator

from bench.compare.stored_run import CellPlace, StoredRun
from bench.plan.keys import cell_key
from bench.record.model_record import ModelRecord
from bench.suite import ModelSpec, Suite, suite_from
from registry.errors import BenchError, fault_lines


class UnknownKeys(BenchError):  # noqa: N818
    """Keys cannot be computed from a run's record alone."""


def recomputed_keys(run: StoredRun) -> dict[CellPlace, str]:
    """Return the key of each cell of the run, from its suite, weights, precision and the manifest of its images.

    A model that was not evaluated has none: its precision is not known.

    Raises:
        UnknownKeys: the suite holds what this installation does not know, or objects of a Python program.
    """
    try:
        suite = suite_from(run.record.suite, "the suite")
    except BenchError as error:
        raise UnknownKeys(f"the suite in run.json cannot be read here ({fault_lines(error)[0]})") from error
    specs = {spec.label: spec for spec in suite.models}
    found: dict[CellPlace, str] = {}
    for model in run.record.models:
        if (spec := specs.get(model.label)) is None:
            raise UnknownKeys(f"the suite in run.json has no model labelled {model.label}")
        if model.precision is not None and model.cell_keys:
            found |= _keys_of(run, suite, spec, model)
    return found


def _keys_of(run: StoredRun, suite: Suite, spec: ModelSpec, model: ModelRecord) -> Iterator[tuple[CellPlace, str]]:
    assert model.precision is not None
    key = cell_key(suite, spec, model.state, model.precision, run.record.dataset(model.dataset).manifest)
    sweeps = {sweep.label: sweep for sweep in suite.sweeps}
    for (label, strength), _ in run.record.planned(model):
        if label != "clean" and label not in sweeps:
            raise UnknownKeys(f"the suite in run.json has no perturbation labelled {label}")
        place = CellPlace(model.dataset, model.label, label, strength)
        yield place, key(sweeps.get(label), strength)
