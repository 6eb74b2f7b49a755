"""`bench train`."""

from collections.abc import Mapping
from pathlib import Path

from bench.host.devices import resolve_device
from bench.host.screen import Screen
from bench.plan.datasets import Opened, open_datasets
from bench.plan.jobs import Job, plan_jobs
from bench.suite import Suite, find_suite, load_suite
from bench.suite.selection import selected


def train_suite(
    name: str, data_root: Path | None, only: tuple[str, ...], device: str, fresh: bool, devices: int
) -> None:
    """Train the missing checkpoints of a suite's models, each on `devices` devices of a kind."""
    from bench.runner.checks import check_jobs
    from bench.training.stages import TrainingContext, trained

    suite = load_suite(find_suite(name))
    chosen, where, screen = selected(suite, only), resolve_device(device), Screen()
    opened = open_datasets(suite, data_root, download=True)
    jobs = _trainable(suite, opened, chosen)
    check_jobs(list(jobs.values()), where, devices)
    context = TrainingContext(suite, opened, where, screen, again=fresh, devices=devices)
    with screen.showing():
        for job in jobs.values():
            done = trained(job, context)
            print(f"{job.spec.label} on {job.name[0]}: {done.weights.path}")
    if not jobs:
        print("nothing to train")


def _trainable(suite: Suite, opened: Mapping[str, Opened], chosen: set[str]) -> dict[str, Job]:
    """Return one job for each checkpoint of the chosen models, by its key."""
    jobs = plan_jobs(suite, opened)
    return {j.weights.training_key: j for j in jobs if j.spec.label in chosen and j.weights.training_key}
