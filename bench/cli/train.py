"""`bench train`."""

from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.options import DataRoot, Device, Devices, Only, Plugins, SuiteName
from bench.cli.printing import complain, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.plan.datasets import OpenDataset
    from bench.plan.jobs import Job
    from bench.suite import Suite
    from bench.training.stages import TrainingContext


def command(
    suite: SuiteName,
    data_root: DataRoot = None,
    only: Only = None,
    device: Device = "auto",
    fresh: Annotated[bool, typer.Option("--fresh", help="Train again even where a checkpoint is there.")] = False,
    devices: Devices = 1,
    plugins: Plugins = None,
) -> None:
    """Train a suite's missing checkpoints, without evaluating. An interrupted training goes on from its last epoch.

    \b
    Examples:
      bench train robustness --only unet
      bench train robustness --device cuda --devices 4
    """
    from bench.host.devices import resolve_device
    from bench.host.screen import Screen
    from bench.plan.datasets import open_datasets
    from bench.runner.checks import Hardware, check_jobs
    from bench.suite import find_suite, load_suite
    from bench.suite.model_filter import selected
    from bench.training.stages import TrainingContext

    loaded, screen = load_suite(find_suite(suite)), Screen()
    labels, where = selected(loaded, tuple(only or ())), resolve_device(device)
    datasets = open_datasets(loaded, data_root, download=True)
    jobs = _trainable(loaded, datasets, labels)
    trouble = check_jobs(loaded, jobs, Hardware(where, devices))
    context = TrainingContext(loaded, datasets, where, screen, again=fresh, devices=devices)
    with screen.showing():
        succeeded = [_trains(job, context, trouble.get(job.name) or job.weights.fault) for job in jobs]
    if not jobs:
        print("nothing to train")
    raise typer.Exit(0 if all(succeeded) else 1)


def _trains(job: "Job", context: "TrainingContext", fault: Exception | None) -> bool:
    """Train one model and say where its checkpoint lies, or why there is none; its failure costs no other model.

    fault: what is known of it already, so that it fails at once.
    """
    import traceback

    from bench.host.files import StorageError
    from bench.training.stages import trained
    from registry.errors import BenchError, in_one_line

    title = f"{job.spec.label} on {job.name[0]}"
    try:
        if fault:
            raise fault
        say(f"{title}: {trained(job, context).weights.path}")
    except StorageError:
        raise
    except Exception as error:  # noqa: BLE001 - one model's failure must not cost the others
        if not isinstance(error, BenchError):  # no folder keeps it, as a run's would
            traceback.print_exception(error)
        complain(f"{title}: failed: {in_one_line(error)}")
        return False
    return True


def _trainable(suite: "Suite", datasets: "Mapping[str, OpenDataset]", labels: set[str]) -> "list[Job]":
    """Return one job for each checkpoint of the models called `labels`, and those of which no key is known."""
    from bench.plan.jobs import plan_jobs, refuse_faults

    jobs = [job for job in plan_jobs(suite, datasets) if job.spec.label in labels and job.spec.recipe]
    refuse_faults(jobs)
    return list({job.weights.training_key or job.name: job for job in jobs}.values())
