"""A model of a suite as its entry builds it, its labels in the data set's order. Imports torch only to build one."""

from typing import TYPE_CHECKING

from registry import MODELS
from registry.entry_results import built
from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.suite import ModelSpec
    from registry.adapter import TorchSegmenter
    from registry.segmenter import Segmenter


def check_label_order(spec: "ModelSpec", classes: tuple[str, ...]) -> None:
    """Refuse a suite's order of a model's labels that does not name each of the data set's classes once.

    Raises:
        BenchError: the order names other classes, or the model has no classes to order.
    """
    learns = spec.entry.recipe is not None and spec.entry.recipe(spec.parameters) is not None
    if spec.label_order and (spec.task == "binary" or not learns):
        # A ready model's label_map names its classes already.
        hint = "; its label_map: says what its labels mean" if hasattr(spec.parameters, "label_map") else ""
        raise BenchError(f"'{spec.name}' has no classes of a network's to order; remove label_order{hint}")
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


def checkpointed(spec: "ModelSpec", segmenter: "Segmenter") -> "TorchSegmenter":
    """Return a segmenter that takes a checkpoint.

    Raises:
        BenchError: it has no weights.
    """
    from registry.adapter import TorchSegmenter

    if not isinstance(segmenter, TorchSegmenter):
        raise BenchError(f"'{spec.name}' has no weights, so it takes no checkpoint; remove checkpoint:")
    return segmenter
