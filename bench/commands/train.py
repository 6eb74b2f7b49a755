"""`bench train`."""

from pathlib import Path

from bench import plan
from bench.inputs import open_datasets
from bench.runner import selected
from bench.screen import Screen
from bench.suite import find_suite, load_suite


def train_suite(
    name: str, data_root: Path | None, only: tuple[str, ...], device: str, fresh: bool, devices: int
) -> None:
    """Train the missing checkpoints of a suite's models, each on `devices` devices of a kind."""
    from bench.prepare import Workshop, check_job, resolve_device, trained

    suite = load_suite(find_suite(name))
    chosen, where, screen = selected(suite, only), resolve_device(device), Screen()
    opened = open_datasets(suite, data_root, download=True)
    jobs = {
        job.weights.training_key: job
        for job in plan.jobs(suite, opened)
        if job.spec.label in chosen and job.weights.training_key
    }
    for job in jobs.values():
        check_job(job)
    workshop = Workshop(suite, opened, where, screen, again=fresh, devices=devices)
    with screen.showing():
        for job in jobs.values():
            done = trained(job, workshop)
            print(f"{job.spec.label} on {job.name[0]}: {done.weights.path}")
    if not jobs:
        print("nothing to train")
