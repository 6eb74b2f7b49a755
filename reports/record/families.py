"""Perturbations in groups that a reader can take in: by family, where they are many."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.record.run_record import PerturbationRecord

MANY = 10
"""More perturbations than this are grouped: so many curves can be distinguished in one figure."""


class Group(NamedTuple):
    """Perturbations that stand together; `title` is empty where there is one group only."""

    title: str
    entries: "Sequence[PerturbationRecord]"


def groups(entries: "Sequence[PerturbationRecord]") -> list[Group]:
    """Return the perturbations by family, in the order of their first mention; few, or unnamed ones, together."""
    families = dict.fromkeys(entry.family for entry in entries)
    if len(entries) <= MANY or len(families) == 1:
        return [Group("", entries)]
    return [
        Group((family or "other").capitalize(), [entry for entry in entries if entry.family == family])
        for family in families
    ]


def small_groups(entries: "Sequence[PerturbationRecord]") -> list[Group]:
    """Return the groups, the large ones cut into even parts, each small enough for one figure."""
    return [part for group in groups(entries) for part in _parts(group)]


def _parts(group: Group) -> list[Group]:
    count = -(-len(group.entries) // MANY)
    if count <= 1:
        return [group]
    size = -(-len(group.entries) // count)
    return [
        Group(f"{group.title or 'Part'} {i + 1} of {count}", group.entries[i * size : (i + 1) * size])
        for i in range(count)
    ]
