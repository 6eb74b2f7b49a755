"""What a suite needs from elsewhere, data and weights, and how to get it before a run. Perturbs and trains nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from os.path import realpath
from pathlib import Path
from typing import Literal

from bench.data import MissingData, data_root
from bench.host.screen import Screen
from bench.plan.datasets import existing
from bench.suite import DatasetSpec, ModelSpec, Suite
from registry.errors import BenchError
from registry.hub import size_words
from registry.regular_files import users_path
from registry.segmenter import Needed

State = Literal["there", "fetched", "missing", "failed"]


@dataclass(frozen=True)
class Found:
    """One thing that a suite needs, how it stands, and where it is not there: why, and what to do."""

    needed: Needed
    state: State
    reason: str = ""


def needed(suite: Suite, root: Path | None) -> list[Needed]:
    """Return everything that `suite` needs from elsewhere, each thing once: data sets, checkpoints, weights.

    root: where data sets lie, as for a run. Initial weights count even where a trained checkpoint would do
    without them: the suite names them, and another machine may have to train.
    """
    data = [one for spec in suite.datasets for one in _data(spec, root)]
    models = [one for spec in suite.models for one in _weights(spec)]
    return list({(one.source, one.what, one.place): one for one in [*data, *models]}.values())


def fetch(
    files: Sequence[Needed],
    *,
    dry_run: bool = False,
    announce: Callable[[Needed], None] = lambda _: None,
) -> Iterator[Found]:
    """Get each of `files` that is missing and yield how it stands then; `announce` is called before each fetch.

    dry_run: get nothing.
    """
    for one in files:
        if one.present:
            yield Found(one, "there")
        elif dry_run:
            yield Found(one, "missing", f"missing: {one.what}; {one.by_hand}")
        else:
            announce(one)
            yield _fetched(one)


def fetch_weights(models: Iterable[ModelSpec], screen: Screen) -> None:
    """Get what is missing of the models that are taken as they are: their files stand in the keys of their cells.

    What cannot be had is no fault here: it costs its model alone, in its turn.
    """
    for model in models:
        if model.recipe is not None or model.checkpoint:
            continue
        try:
            files = model.entry.needs(model.parameters)
        except BenchError:  # the check before the first job names what is wrong
            continue
        for _ in fetch(files, announce=lambda one: screen.line(fetching_words(one))):
            pass


def fetching_words(needed: Needed) -> str:
    """Return the line that announces a file."""
    return f"fetching {needed.what}, {size_words(needed.megabytes)}, from {needed.source}"


def _fetched(one: Needed) -> Found:
    try:
        one.fetch()
    except BenchError as error:
        return Found(one, "failed", str(error))
    return Found(one, "fetched")


def _data(spec: DatasetSpec, root: Path | None) -> Iterator[Needed]:
    """Yield a data set's files; a generated one has none."""
    entry, keys = spec.entry, spec.keys
    if entry.generated:
        return
    named = users_path(keys.root) if keys.root else root
    where = Path(realpath(data_root(named)))
    fault: BenchError | None = None
    try:
        existing(root, keys.root)
        entry.open(spec.parameters, where, keys.max_pixels)
    except BenchError as error:
        fault = error

    def get() -> None:
        if entry.download is None or not isinstance(fault, MissingData):  # else it would hide what is wrong
            raise fault or MissingData(f"{spec.label}: no data in {where}")
        entry.download(where)

    size = entry.megabytes if entry.download else None
    # Two members of a suite that share a download are one thing to fetch.
    what = f"the data set {entry.title if entry.download else spec.label}"
    yield Needed(what, entry.source, size, str(where), fault is None, get, str(fault or ""))


def _weights(spec: ModelSpec) -> Iterator[Needed]:
    """Yield a model's files, and what else this machine lacks for it."""
    if spec.checkpoint:
        yield _checkpoint(spec.checkpoint)
    files: list[Needed] = []
    fault: BenchError | None = None
    try:
        spec.entry.check(spec.parameters)
    except BenchError as error:  # a misspelt name is known here by its suggestion
        fault = error
    try:
        files = list(spec.entry.needs(spec.parameters))
    except BenchError as error:
        fault = fault or error
    if fault and all(one.present for one in files):  # else what is missing is named already
        yield _lacking(spec, fault)
    yield from files


def _checkpoint(given: str) -> Needed:
    path = users_path(given).absolute()
    by_hand = f"put your file at {path}, or correct checkpoint: in the suite"

    def get() -> None:
        raise BenchError(f"no checkpoint {path}; {by_hand}")

    return Needed(f"the checkpoint {path.name}", "your own", None, str(path), path.is_file(), get, by_hand)


def _lacking(spec: ModelSpec, error: BenchError) -> Needed:
    def get() -> None:
        raise error

    return Needed(f"what {spec.label} asks for", "this machine", None, "", False, get, str(error))
