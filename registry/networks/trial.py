"""Whether a library's network takes images of a size: tried on one batch, before a run depends on it."""

import warnings
from collections.abc import Callable, Iterable

import torch
from torch import nn

from registry.errors import BenchError

Build = Callable[[int], nn.Module]
"""From the side of the square input to the network, with random weights."""


def fault(build: Build, size: int) -> str | None:
    """Return why a network cannot be built, or trained and used with images of `size`; None: it can.

    It is tried on torch's device `meta`, which computes shapes alone: no memory, no time. What fails there is tried
    once more in earnest, since `meta` lacks some operations.

    Raises:
        BenchError: as `build` raises it.
    """
    return _fault(build, size, "meta") and _fault(build, size, "cpu")


def _works(build: Build, size: int) -> bool:
    """Return whether a proposal works; it is tried in earnest, which takes seconds, only where `meta` cannot tell."""
    why = _fault(build, size, "meta")
    return why is None or ("meta" in why and _fault(build, size, "cpu") is None)


def _fault(build: Build, size: int, device: str) -> str | None:
    try:
        with torch.device(device), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they come when the network is built to be used
            output = build(size).train()(torch.zeros(2, 3, size, size))
    except BenchError:
        raise
    except Exception as error:  # noqa: BLE001 - the libraries raise anything, from AssertionError to RuntimeError
        return (str(error).splitlines() or ["the library gives no reason"])[0].rstrip(".!")
    rows, columns = output.shape[-2:]
    return None if rows == columns == size else f"its scores have {rows} x {columns} pixels"


def size_that_works(build: Build, size: int) -> int | None:
    """Return the nearest larger size that a network takes, else a smaller one; None: none of a few, multiples of 32."""
    first = size // 32 * 32
    near = (*range(first + 32, first + 161, 32), first, first - 32)
    return next((side for side in near if 32 <= side != size and _works(build, side)), None)


def that_work(names: Iterable[str], build: Callable[[str], Build], size: int, most: int = 4) -> str:
    """Return the first names whose networks take images of `size`, as words; "" where none does."""
    found: list[str] = []
    for name in names:
        if len(found) < most and _works(build(name), size):
            found.append(name)
    return ", ".join(found)
