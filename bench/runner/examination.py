"""What `bench check` looks at beyond a suite's own words: data, weights, networks. It trains and decodes nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.data import Dataset, MissingData, open_dataset
from bench.host.devices import resolve_device
from bench.plan.building import built_segmenter, checkpointed
from bench.plan.checkpoints import load_checkpoint
from bench.plan.datasets import existing
from bench.plan.equal_damage import is_open
from bench.plan.given_checkpoints import found_checkpoint
from bench.plan.jobs import given_checkpoint
from bench.runner.checks import Candidate, Hardware, cases, faults_of, untrained
from bench.runner.trouble import trouble_words
from bench.suite import DatasetSpec, ModelSpec, Suite
from registry.errors import BenchError, first_of
from registry.hub import size_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from registry.segmenter import Needed, Segmenter


class SuiteFault(NamedTuple):
    """What is wrong with a data set or a model: its place in the suite (keys and numbers), its label, what to do."""

    place: tuple[str | int, ...]
    label: str
    message: str


@dataclass
class Examination:
    """faults: what the user has to correct. notes: what a run would say or fetch, in lines."""

    faults: list[SuiteFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def examine(suite: Suite, root: Path | None, labels: Collection[str] | None = None) -> Examination:
    """Look at the data sets of a suite and at its models (those called `labels`; None: all) on each of them.

    root: where data sets lie, as for a run. Networks are built and tried on one image, one after the other.
    """
    done = Examination()
    opened = {spec.label: _opened(spec, i, root, done) for i, spec in enumerate(suite.datasets)}
    device = Hardware(resolve_device("auto"))
    for i, spec in enumerate(suite.models):
        if labels is not None and spec.label not in labels:
            continue
        looked_at: set[tuple[str, ...] | None] = set()
        for data in suite.datasets:
            for key, error in faults_of(_candidate(suite, spec, data, opened, looked_at, done), device):
                message = str(error) if isinstance(error, BenchError) else trouble_words(spec, error)
                done.faults.append(SuiteFault(("models", i, key) if key else ("models", i), spec.label, message))
    if is_open(suite):
        labels_of = first_of([sweep.label for sweep in suite.sweeps if sweep.equal])
        done.notes.append(f"{labels_of}: `bench plan` or a run finds the strengths at equal damage")
    _note_missing([spec for spec in suite.models if labels is None or spec.label in labels], done)
    done.notes = list(dict.fromkeys(done.notes))
    return done


def _opened(spec: DatasetSpec, number: int, root: Path | None, done: Examination) -> Dataset | None:
    """Return a data set whose files are here; note what is wrong with it, and a download to come."""
    keys = spec.keys
    try:
        where = existing(root, keys.root)
        dataset = open_dataset(
            keys.name, spec.parameters, where, download=False, max_pixels=keys.max_pixels, entry=spec.entry
        )
        dataset.require(keys.split)
    except MissingData as error:
        if spec.entry.download is None:
            done.faults.append(SuiteFault(("datasets", number), spec.label, str(error)))
        else:
            size = size_words(spec.entry.megabytes)
            done.notes.append(f"{spec.label}: not here; `bench fetch` or a run downloads it ({size})")
    except BenchError as error:
        done.faults.append(SuiteFault(("datasets", number), spec.label, str(error)))
    else:
        return dataset
    return None


def _note_missing(specs: "list[ModelSpec]", done: Examination) -> None:
    """Note each file of weights that a run would fetch, with the models that want it."""
    wanted: dict[str, list[str]] = {}
    for spec in specs:
        for one in [] if spec.checkpoint else _needs(spec):
            words = f"{one.what}, {size_words(one.megabytes)}, is not here; a run gets it from {one.source}"
            wanted.setdefault(words, []).append(spec.label)
    for words, labels in wanted.items():
        done.notes.append(f"{', '.join(labels)}: {words} (`bench fetch SUITE --dry-run` says how to get it by hand)")


def _needs(spec: ModelSpec) -> "list[Needed]":
    try:
        return [one for one in spec.entry.needs(spec.parameters) if not one.present]
    except BenchError:  # the entry's own check says what is wrong
        return []


def _candidate(
    suite: Suite,
    spec: ModelSpec,
    data: DatasetSpec,
    opened: Mapping[str, Dataset | None],
    looked_at: set[tuple[str, ...] | None],
    done: Examination,
) -> Candidate:
    """Return a model on a data set, as a run would have it. `looked_at`: the classes that it was tried with already."""
    dataset, source = opened[data.label], opened.get(spec.train_on or data.label)
    classes = dataset.classes if dataset else None
    again = classes in looked_at
    looked_at.add(classes)
    training = spec.recipe is not None
    first: list[tuple[str, Callable[[], object]]] = []
    if training and spec.learns and source:
        first = [("train", partial(_require_training_images, source))]
    if given := spec.checkpoint:
        first = [("checkpoint", lambda: given_checkpoint(spec, classes) if classes else found_checkpoint(given))]

    def build(classes: tuple[str, ...]) -> "Segmenter | None":
        return None if again else _built(spec, classes, done)

    return Candidate(spec, classes, cases(suite, data), training, first, build)


def _require_training_images(source: Dataset) -> None:
    source.require("train")
    source.require("val")


def _built(spec: ModelSpec, classes: tuple[str, ...], done: Examination) -> "Segmenter | None":
    """Return the model with the weights that are here; None where they are not."""
    if spec.checkpoint:
        given = given_checkpoint(spec, classes)
        if given.note:
            done.notes.append(f"{spec.label}: the checkpoint: {given.note}")
        segmenter = built_segmenter(spec, classes, initialise=False)
        load_checkpoint(checkpointed(spec, segmenter).network, given.path, spec.checkpoint, given.state)
        return segmenter
    return None if spec.recipe is None and _needs(spec) else untrained(spec, classes)
