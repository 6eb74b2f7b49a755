"""What a leaderboard's models cost and where they come from: the table beneath it."""

from typing import TYPE_CHECKING

from reports.record.ranking import rank
from reports.tables.scores import name_cells, name_header
from reports.tables.table import NOTHING, SEEN, Table, TableCell, words

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord
    from reports.record.boards import Board
    from reports.record.run import Run

_NOTE = (
    "MACs: multiply-accumulate operations of one forward pass of one image, counted in convolutions, matrix products "
    "and attention. Seen in training: perturbations among the training images"
)
_SIZES = ((10**9, "G"), (10**6, "M"), (10**3, "k"))


def facts_table(run: "Run", board: "Board") -> Table:
    """Return size, cost, weights, input, pre-training and seen perturbations of a board, in the leaderboard's order."""
    models = {model.label: model for model in board.models}
    ranked = [models[row.model] for row in rank(run, board)]
    tested = {name for entry in run.perturbations(board.dataset) for name in entry.names}
    mark = f"; {SEEN} tested here" if any(tested.intersection(model.seen_in_training) for model in ranked) else ""
    return Table(
        board.title("Model facts"),
        f"{_NOTE}{mark}.",
        (*name_header(board), "entry", "parameters", "MACs", "checkpoint", "input", "pre-training", "seen in training"),
        tuple((*name_cells(board, model), *_cells(model, tested)) for model in ranked),
        frozenset({"model", "prompt", "entry", "checkpoint", "input", "pre-training", "seen in training"}),
    )


def _cells(model: "ModelRecord", tested: set[str]) -> tuple[TableCell, ...]:
    return (
        TableCell(entry(model)),
        TableCell(parameters(model)),
        TableCell(count(model.macs)),
        *words(
            checkpoint(model),
            input_size(model),
            pretraining(model),
            ", ".join(f"{name}\u00a0{SEEN}" if name in tested else name for name in model.seen_in_training),
        ),
    )


def count(number: int | None) -> str:
    """Return a count with three digits and the unit k, M or G.

    >>> count(31_037_763), count(1_930), count(0), count(73_800_000_000)
    ('31.0 M', '1.93 k', '0', '73.8 G')
    >>> count(999_500), count(999_499)
    ('1.00 M', '999 k')
    """
    if number is None:
        return NOTHING
    for size, unit in _SIZES:
        value = number / size
        if value >= 0.9995:  # what rounds to 1 of the next unit is written in it
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}\u00a0{unit}"
    return str(number)


def entry(model: "ModelRecord") -> str:
    """Return the entry with its parameters, which a label may leave out."""
    given = ", ".join(f"{key}={value}" for key, value in model.parameters.items())
    return f"{model.name}: {given}" if given else model.name


def parameters(model: "ModelRecord") -> str:
    """Return the number of parameters, apart for those that a training changes and those that it leaves alone.

    Older runs counted all of them together.
    """
    trained, frozen = model.parameters_trainable, model.parameters_frozen
    if trained is None or not frozen:
        return count(model.parameters_total)
    return f"{f'{count(trained)} + ' if trained else ''}{count(frozen)} frozen"


def checkpoint(model: "ModelRecord") -> str:
    """Return size and first digits of the weights' hash, "" where there are no weights."""
    found = model.checkpoint
    if found is None:
        return ""
    size = "" if found.bytes is None else f"{found.bytes / 1e6:.1f}\u00a0MB, "
    return f"{size}{found.state_hash[:12]}"


def input_size(model: "ModelRecord") -> str:
    """Return the network's input, "" where it takes images as they are."""
    geometry = model.geometry
    return "" if geometry is None else "\u00a0×\u00a0".join(map(str, geometry.size)) + f", {geometry.mode}"


def pretraining(model: "ModelRecord") -> str:
    """Return where the first weights come from and under which licence; "" where nobody knows."""
    licence = f" ({model.weights_licence})" if model.weights_licence else ""
    return f"{model.pretraining}{licence}" if model.pretraining else ""
