"""`bench train`."""

from pathlib import Path

from bench import plan
from bench.inputs import open_datasets
from bench.runner import selected
from bench.screen import Screen
from bench.suite import find_suite, load_suite


def train_suite(name: str, data_root: Path | None, only: tuple[str, ...], device: str, fresh: bool) -> None:
    """Train the missing checkpoints of a suite's models."""
    from bench.prepare import resolve_device, trained

    suite = load_suite(find_suite(name))
    chosen, where, screen = selected(suite, only), resolve_device(device), Screen()
    opened = open_datasets(suite, data_root, download=True)
    jobs = [job for job in plan.jobs(suite, opened) if job.spec.label in chosen and job.weights.training_key]
    for job in jobs:
        job.spec.entry.check(job.spec.parameters)
    with screen.showing():
        for job in jobs:
            if fresh and job.weights.path:
                job.weights.path.unlink(missing_ok=True)
            again = plan.weights_of(suite, job.spec, job.opened, opened)
            done = trained(plan.Job(job.opened, job.spec, again), suite, opened, where, screen)
            assert done.weights.path is not None
            print(f"{job.spec.label} on {job.name[0]}: {done.weights.path}")
    if not jobs:
        print("nothing to train")
