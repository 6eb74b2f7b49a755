"""The segmenter of a job: built, its labels in the data set's order, its weights loaded.

Imports torch only to build or load one.
"""

from typing import TYPE_CHECKING

from bench.plan.checkpoints import load_checkpoint, state_hash
from bench.plan.keys import fixed_state
from registry import MODELS
from registry.entry_results import built
from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.plan.jobs import Job
    from bench.suite import ModelSpec
    from registry.segmenter import Segmenter


def check_label_order(spec: "ModelSpec", classes: tuple[str, ...]) -> None:
    """Refuse a suite's order of a model's labels that does not name each of the data set's classes once.

    Raises:
        BenchError: the order names other classes, or the model has no classes to order.
    """
    if spec.label_order and (spec.task == "binary" or not spec.entry.recipe):
        raise BenchError(f"'{spec.name}' has no classes of a network's to order; remove label_order")
    if spec.label_order and sorted(spec.label_order) != sorted(classes):
        raise BenchError(
            f"label_order [{', '.join(spec.label_order)}] must name each class of the data set once: "
            f"{', '.join(classes)}"
        )


def built_segmenter(spec: "ModelSpec", classes: tuple[str, ...], initialise: bool) -> "Segmenter":
    """Return the model as its entry builds it, its labels in the order that the suite gives; see `ModelEntry.build`.

    Raises:
        BenchError: as `check_label_order`, as the entry raises it, or a plug-in was edited.
    """
    segmenter = built(spec.entry, spec.parameters, classes, initialise)
    MODELS.check_unchanged(spec.name)  # after the build, which imports what the entry's file does not
    check_label_order(spec, classes)
    if (order := spec.label_order) is None:
        return segmenter
    import torch

    from registry.adapter import TorchSegmenter

    assert isinstance(segmenter, TorchSegmenter)
    segmenter.label_order = torch.tensor([classes.index(name) for name in order])
    return segmenter


def loaded_segmenter(job: "Job") -> "Segmenter":
    """Return the job's segmenter with its weights, in fp32 on the CPU.

    Raises:
        BenchError: the checkpoint is not this model's, or what was read is not what the keys of the cells name.
    """
    from registry.adapter import TorchSegmenter

    spec, path = job.spec, job.weights.path
    segmenter = built_segmenter(spec, job.data.subset.classes, initialise=path is None)
    if path is not None:
        if not isinstance(segmenter, TorchSegmenter):
            raise BenchError(f"'{spec.name}' has no weights, so it takes no checkpoint; remove checkpoint:")
        load_checkpoint(segmenter.network, path, spec.checkpoint)
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
