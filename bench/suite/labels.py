"""Default labels: short enough for a table, and made of the member alone, so that its neighbours never change them."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from bench.host.files import digest
from registry.parameters import Parameters

MODEL = 25
"""Characters of a model's label: what is left beside the numbers of a leaderboard of 80 columns."""
SWEEP = 36
"""Characters of a perturbation's label, which stands in headings."""
_LEAST = 5
"""Characters of a word that is cut: fewer say nothing."""


def default_label(name: str, parameters: Parameters, room: int, more: Sequence[str] = ()) -> str:
    """Return the name with its non-default parameters and `more`; where that is too long, their values alone.

    Where these are too long, too, or not whole, as much as fits and a mark: # and four digits, a hash of the whole,
    so that members which are shortened alike have labels of their own. The name itself is never cut.
    """
    changed = parameters.changed()
    whole = " ".join([name + parameters.suffix(), *more])
    if len(whole) <= room:
        return whole
    words = [*filter(None, (_word(key, value) for key, value in changed.items())), *more]
    short = " ".join([name, *words])
    if len(short) <= room and all(_is_plain(value) for value in changed.values()):
        return short
    return _cut(name, words, room, f" #{digest(whole)[:4]}")


def _cut(name: str, words: Sequence[str], room: int, mark: str) -> str:
    label = name
    for word in words:
        left = room - len(label) - len(mark) - 1
        if len(word) > left:
            return label + (f" {word[: left - 1]}…" if left >= _LEAST else "") + mark
        label += f" {word}"
    return label + mark


def _word(key: str, value: object) -> str:
    """Return what a label says of a parameter: a word says itself, of a path its end; nothing of lists and mappings."""
    if isinstance(value, str):
        return PurePosixPath(value).name
    return f"{key}={value}" if isinstance(value, int | float) else ""


def _is_plain(value: object) -> bool:
    """Return whether `_word` says all of a value."""
    return isinstance(value, int | float) or (isinstance(value, str) and _word("", value) == value)
