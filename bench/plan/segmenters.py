"""The segmenter of a job: built, its labels in the data set's order, its weights loaded.

Imports torch only to build or load one.
"""

from typing import TYPE_CHECKING

from bench.plan.building import built_segmenter, checkpointed
from bench.plan.checkpoints import load_checkpoint, state_hash
from bench.plan.keys import fixed_state
from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.plan.jobs import Job
    from registry.segmenter import Segmenter


def loaded_segmenter(job: "Job") -> "Segmenter":
    """Return the job's segmenter with its weights, in fp32 on the CPU.

    Raises:
        BenchError: the checkpoint is not this model's, or what was read is not what the keys of the cells name.
        Exception: what was wrong already when the weights were planned.
    """
    spec, path = job.spec, job.weights.path
    if job.weights.fault:
        raise job.weights.fault
    segmenter = built_segmenter(spec, job.data.subset.classes, initialise=path is None)
    if path is not None:
        load_checkpoint(checkpointed(spec, segmenter).network, path, spec.checkpoint)
    _check_unchanged(job)
    return segmenter


def _check_unchanged(job: "Job") -> None:
    """Compare the model's files with the hash that was planned with; after loading, so that no change slips between."""
    spec, weights = job.spec, job.weights
    if weights.to_train:
        return
    if weights.state != (fixed_state(spec) if weights.path is None else state_hash(weights.path)):
        what = f"the files of '{spec.name}'" if weights.path is None else f"the checkpoint {weights.path}"
        raise BenchError(f"{what} changed since this run began; run the same command again")
