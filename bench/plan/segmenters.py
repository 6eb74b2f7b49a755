"""The segmenter of a job: built, its labels in the data set's order, its weights loaded.

Imports torch only to build or load one.
"""

from typing import TYPE_CHECKING

from bench.plan.building import built_segmenter, checkpointed
from bench.plan.checkpoints import load_checkpoint
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
    spec, weights = job.spec, job.weights
    if weights.fault:
        raise weights.fault
    segmenter = built_segmenter(spec, job.data.subset.classes, initialise=weights.path is None)
    if weights.path is not None:
        network = checkpointed(spec, segmenter).network
        load_checkpoint(network, weights.path, spec.checkpoint, weights.state)
    # After loading, so that no change slips between.
    elif not weights.to_train and weights.state != fixed_state(spec):
        raise BenchError(f"the files of '{spec.name}' changed since this run began; run the same command again")
    return segmenter
