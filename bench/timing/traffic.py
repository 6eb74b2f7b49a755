"""The bytes that a network's operations read and write, counted as torch dispatches them."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from registry.adapter import Inputs, TorchSegmenter


class Traffic(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts, of each operation, the bytes of the tensors that go in and come out; a view moves nothing."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bytes: int = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See `TorchDispatchMode`."""
        result = func(*args, **(kwargs or {}))
        if not func.is_view:
            self.bytes += sum(one.numel() * one.element_size() for one in _tensors((args, kwargs, result)))
        return result


def _tensors(tree: Any) -> Iterator[Tensor]:
    return (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))


def bytes_moved(segmenter: TorchSegmenter, inputs: Inputs) -> int:
    """Return the bytes that the operations of one call of the network read and write, weights included.

    It is what a network moves whose operations run one after the other and find nothing in a cache.
    """
    traffic = Traffic()
    with torch.no_grad(), traffic:
        segmenter.forward(inputs)
    return traffic.bytes
