"""What a user should know of a file although work goes on: said where it is noticed, heard by who reads the data."""

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_heard: ContextVar[list[str] | None] = ContextVar("heard", default=None)  # each thread has its own


def remark(sentence: str) -> None:
    """Say something of a file that is read or kept; equal sentences of many are told once, with their number."""
    if (heard := _heard.get()) is not None and sentence not in heard:
        heard.append(sentence)


@contextmanager
def hearing() -> "Iterator[list[str]]":
    """Return the list that takes what is remarked in this context."""
    heard: list[str] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)
