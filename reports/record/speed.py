"""Which rows of ``throughput.csv`` stand together, which one is the best, and what they are called."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.record.run import Run
    from reports.record.speed_rows import SpeedRow, StageRow

PREDICT, NETWORK = "predict", "network"
PATHS = {
    PREDICT: "predict: from the decoded image in memory to labels of its own size in memory",
    NETWORK: "network: tensor to logits alone",
}
"""What is timed, in words. Numbers of the two never stand in one column."""

Input = tuple[str, int | None, int | None]
"""A model and the height and width of its input."""

SINGLE_STREAM, OFFLINE, SERVER = "single_stream", "offline", "server"


def device_remark(run: "Run") -> str:
    """Return what a heading adds where a CPU was measured: nobody may take its speed for a GPU's."""
    rows: list[SpeedRow | StageRow] = [*run.speed, *run.stages]
    devices = {row.device for row in rows if row.device}
    on_cpu = {device for device in devices if not device.startswith("cuda")}
    return "" if not on_cpu else ", on a CPU" if on_cpu == devices else ", partly on a CPU"


def measured(run: "Run", dataset: str, scenario: str | None = None, path: str = PREDICT) -> "list[SpeedRow]":
    """Return the rows of a data set that were measured, of one scenario and path, in the order of the models."""
    order = {model.label: i for i, model in enumerate(run.models(dataset))}
    rows = [
        row
        for row in run.speed
        if row.dataset == dataset and row.path == path and not row.failed and scenario in (None, row.scenario)
    ]
    return sorted(rows, key=lambda row: order.get(row.model, len(order)))


def best(rows: "Iterable[SpeedRow]") -> "list[SpeedRow]":
    """Return of each model, variant and size the row with the most images per second."""
    found: dict[tuple[object, ...], SpeedRow] = {}
    for row in rows:
        known = found.setdefault(place(row), row)
        if (row.images_per_second or 0) > (known.images_per_second or 0):
            found[place(row)] = row
    return list(found.values())


def fastest(run: "Run", dataset: str, path: str = PREDICT) -> "list[SpeedRow]":
    """Return each model's, variant's and size's best offline row; its single-stream row where it has none."""
    offline = best(measured(run, dataset, OFFLINE, path))
    known = {place(row) for row in offline}
    single = measured(run, dataset, SINGLE_STREAM, path)
    return [*offline, *(row for row in best(single) if place(row) not in known)]


def smallest(run: "Run", dataset: str, row: "SpeedRow") -> "SpeedRow":
    """Return the row of the smallest batch of the same model, variant and size: what it needs at least."""
    same = [one for one in measured(run, dataset, path=row.path) if place(one) == place(row) and one.scenario != SERVER]
    return min(same, key=lambda one: one.batch_size or 1, default=row)


def memory_mib(row: "SpeedRow") -> float | None:
    """Return the peak memory: of CUDA's allocator where there is one, else of the process."""
    return row.process_mib if row.allocator_mib is None else row.allocator_mib


def place(row: "SpeedRow | StageRow") -> tuple[object, ...]:
    """Return what a row is of, beside scenario, path and batch size."""
    return row.model, row.variant, row.height, row.width


def size_words(row: "SpeedRow | StageRow") -> str:
    """Return the size of the network's input."""
    return f"{row.height}\u00a0×\u00a0{row.width}" if row.height and row.width else "as it is"


def variant_words(row: "SpeedRow") -> str:
    """Return the variant, with the precision where its name does not begin with it."""
    known = not row.precision or row.variant.split("_")[0] == row.precision.replace(" ", "_").split("_")[0]
    return row.variant if known else f"{row.variant} ({row.precision})"


def names(rows: "Sequence[SpeedRow | StageRow]") -> dict[Input, str]:
    """Return what to call each row's model and size, by those: with the size where a model has several."""
    sizes: dict[str, set[str]] = {}
    for row in rows:
        sizes.setdefault(row.model, set()).add(size_words(row))
    return {
        (row.model, row.height, row.width): f"{row.model}, {size_words(row)}"
        if len(sizes[row.model]) > 1
        else row.model
        for row in rows
    }
