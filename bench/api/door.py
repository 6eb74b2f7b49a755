"""What `import bench` offers: evaluate a model, run a suite, open a finished run."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal
from warnings import warn
from weakref import finalize

from bench.api.model_objects import NetworkInput, Output, model_item, model_spec
from bench.api.result import Result
from bench.api.sequences import data_item, data_spec
from bench.host.files import StorageError
from bench.host.screen import Screen
from bench.record.run_folder import RunFolder
from bench.runner.loop import Options, Outcome
from bench.runner.loop import run as run_suite
from bench.suite import Suite, find_suite, load_suite, suite_from
from registry.errors import BenchError
from registry.regular_files import users_path
from registry.segmenter import Mode

Perturbations = str | Mapping[str, Any] | Sequence[str | Mapping[str, Any]] | None


def evaluate(
    model: Any,
    data: Any,
    *,
    perturbations: Perturbations = None,
    metric_sets: Sequence[str] = ("standard",),
    metrics: Sequence[str | Mapping[str, Any]] = (),
    classes: Sequence[str] | None = None,
    background: bool = True,
    size: int | tuple[int, int] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    mode: Mode = "stretch",
    output: Output = "logits",
    label: str | None = None,
    data_root: str | Path | None = None,
    limit: int | None = None,
    seed: int = 0,
    apply_at: Literal["native", "model_input"] = "native",
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "fp32",
    device: str = "auto",
    batch_size: int | None = None,
    progress: bool = True,
) -> Result:
    """Evaluate a model on data, clean and under perturbations.

    Cells, tables and examples go to a temporary folder, which goes with the result; `save` and `report` keep them.
    What else is written goes to the cache: checkpoints, facts on files, speeds.

    Args:
        model: a torch `nn.Module` that turns normalised images [N, 3, h, w] into scores [N, C, h', w'] (with size,
            mean and std); a function of one image, uint8 RGB [H, W, 3], to labels [H, W], or to logits or
            probabilities [C, h, w]; a `registry.Segmenter`; the name of an entry, or a suite's item like
            {"name": "unet", "width": 16, "checkpoint": "mine.safetensors"}.
        data: a folder of images/ and masks/ (with `classes`); the name of a data set, or a suite's item; a torch
            Dataset or any sequence of (image, mask), uint8 RGB and whole numbers, 255 for pixels without a class.
        perturbations: a preset or a perturbation by its name, a suite's item like {"name": "fog", "strengths": [1, 3]},
            or several of these; None: the clean images alone.
        metric_sets: names, the first one ranks (see `bench list metrics`).
        metrics: further ones that are measured only when asked for, like "boundary_iou", or a suite's item like
            {"name": "surface_dice", "tolerance": 2}.
        classes: names in the order of their labels, class 0 the background; None: "background", "class 1" and so on,
            up to the largest label of all masks. An attribute `classes` of the data is not read: it may name others.
        background: whether class 0 is the background; False: a class like the others, so all metrics count it.
        size: height and width of a network's input in pixels; one number for a square.
        mean, std: of RGB scaled to 0..1, which a network was trained with.
        mode: how an image gets to the input: stretched, or scaled and padded (letterbox).
        output: what a network's scores are.
        label: what to call the model.
        data_root: where a data set lies that is given by its name.
        limit: a stratified sample of so many images.
        seed: of the perturbations' random numbers.
        apply_at: perturb the image as it is, or at the size of the network's input.
        precision: of a network; "auto" takes by a rule one that agrees with fp32.
        device: auto, cpu, cuda or cuda:N.
        batch_size: images at a time; it changes no number.
        progress: show bars on a terminal and in a notebook.

    Raises:
        BenchError: something of that does not fit, in one line; also where no cell could be evaluated.
    """
    network_input = NetworkInput(size, mean, std, mode, output)
    spec, pairs = model_spec(model, network_input, label), data_spec(data, classes, background)
    source = {
        "name": "evaluate",
        "seed": seed,
        "datasets": [data_item(data, classes, background)],
        "models": [model_item(model, label)],
        "perturbations": _items(perturbations),
        "metric_sets": [metric_sets] if isinstance(metric_sets, str) else list(metric_sets),
        "metrics": [metrics] if isinstance(metrics, str | Mapping) else list(metrics),
        "apply_at": apply_at,
        "precision": precision,
    }
    suite = suite_from(source, "evaluate", datasets=(pairs,) if pairs else None, models=(spec,) if spec else None)
    folder = Path(mkdtemp(prefix="segbench-"))
    try:
        root = None if data_root is None else users_path(data_root)
        options = Options(folder, root, limit=limit, device=device, batch_size=batch_size, command="bench.evaluate")
        outcome = run_suite(suite, options, _screen(progress))
        if outcome.failed and not outcome.done:
            raise _nothing_evaluated(folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    result = Result(folder)
    finalize(result, shutil.rmtree, folder, ignore_errors=True)
    return result


def _nothing_evaluated(folder: Path) -> BenchError:
    """Return the error for a run without a cell; its note has the traceback, which leads into the user's function."""
    failure = next(iter(RunFolder(folder).failures()))
    error = BenchError(f"no cell could be evaluated: {failure.message}")
    error.add_note(failure.traceback)
    return error


def run(
    suite: str | Path | Mapping[str, Any],
    *,
    out: str | Path | None = None,
    data_root: str | Path | None = None,
    only: str | Sequence[str] = (),
    limit: int | None = None,
    device: str = "auto",
    batch_size: int | None = None,
    fresh: bool = False,
    devices: int = 1,
    plugins: str | Path | None = None,
    log: str | Sequence[str] = (),
    progress: bool = True,
) -> Result:
    """Run a suite as `bench run` does, into the same folder, and return what it found out.

    Args:
        suite: the name of a shipped suite, a file, or a suite as a dict.
        out: the run's folder; None: runs/<suite name>.
        only: a model's name, label or pattern, or several.
        plugins: a folder of the user's own entries.
        log: a tracker, or several: tensorboard, mlflow, wandb.

    The others are those of `bench run`. Finished cells are not evaluated again.

    Raises:
        BenchError: as `bench run` refuses to start, in one line.
    """
    if plugins is not None:
        from bench.suite.plugins import load_plugins

        load_plugins(Path(plugins))
    loaded = suite_from(suite, "the suite") if isinstance(suite, Mapping) else load_suite(find_suite(str(suite)))
    given = {"out": out, "data_root": data_root, "only": only, "limit": limit, "device": device}
    trackers = (log,) if isinstance(log, str) else tuple(log)
    given |= {"batch_size": batch_size, "fresh": fresh, "devices": devices, "plugins": plugins, "log": trackers}
    folder = users_path(out) if out is not None else Path("runs") / loaded.name
    root = None if data_root is None else users_path(data_root)
    models = (only,) if isinstance(only, str) else tuple(only)
    options = Options(folder, root, models, limit, device, batch_size, fresh, devices, _call(suite, given))
    run_and_draw(loaded, options, _screen(progress), trackers)
    return Result(folder)


def _call(suite: str | Path | Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Return the call of `bench.run` as it can be made again; `given`: its other arguments."""
    defaults = {name: parameter.default for name, parameter in signature(run).parameters.items()}
    shown = {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    words = [f"{name}={value!r}" for name, value in shown.items() if value != defaults[name]]
    return f"bench.run({', '.join([repr(suite if isinstance(suite, Mapping) else str(suite)), *words])})"


def run_and_draw(suite: Suite, options: Options, screen: Screen, log: Sequence[str] = ()) -> Outcome:
    """Run a suite and draw its report where something has changed; `log`: trackers that follow it.

    Raises:
        BenchError: as `bench.runner.loop.run`; there is no such tracker, or its library is not installed.
    """
    if not log:
        return _run_and_draw(suite, options, screen)
    from bench.api.tracked import tell_results
    from bench.tracking.watchers import watching

    with watching(log, suite.name, options.out, screen.warning) as watchers:
        outcome = _run_and_draw(suite, replace(options, follow=watchers.epoch), screen)
        tell_results(options.out, watchers)
    return outcome


def _run_and_draw(suite: Suite, options: Options, screen: Screen) -> Outcome:
    outcome = run_suite(suite, options, screen)
    if outcome.changed:
        from reports import render

        render(options.out)
    return outcome


def open_run(folder: str | Path) -> Result:
    """Open a finished or unfinished run's folder.

    Raises:
        BenchError: there is no run, it is damaged, or a newer segbench wrote it.
    """
    from bench.record.late_cells import take_up

    path = users_path(folder)
    try:
        for line in take_up(path):
            warn(line, stacklevel=2)
    except StorageError:
        pass  # a folder to read, not to write: what its tables have is shown
    result = Result(path)
    result.run  # noqa: B018 - a folder that is no run is refused here
    return result


def _items(perturbations: Perturbations) -> list[dict[str, Any]]:
    """Return the perturbations as a suite's items; a name is a preset's where there is one."""
    from bench.perturb import PRESETS

    if perturbations is None:
        return []
    several = [perturbations] if isinstance(perturbations, str | Mapping) else list(perturbations)
    return [
        dict(one) if isinstance(one, Mapping) else {"preset": one} if one in PRESETS else {"name": one}
        for one in several
    ]


class _Quiet(Screen):
    """Shows nothing; what a reader must not miss becomes a Python warning."""

    def __init__(self) -> None:
        from rich.console import Console

        super().__init__(Console(quiet=True))

    def warning(self, text: str) -> None:
        """Warn, whatever is hidden."""
        warn(text, stacklevel=2)


def _screen(progress: bool) -> Screen:
    return Screen() if progress else _Quiet()
