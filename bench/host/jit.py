"""How every kernel is compiled."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` on its first call: one thread, without Python's lock, IEEE arithmetic as written.

    The machine code is kept beside the source (or in the user's cache folder); where neither can be
    written it is compiled again in each process.
    """
    try:
        return cast("Callable[P, R]", numba.njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no folder to write to
        return cast("Callable[P, R]", numba.njit(nogil=True)(function))
