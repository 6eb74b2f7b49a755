"""Splits and samples that follow from the seed and the ids alone, stratified by class.

Images are put in order by a hash of (purpose, seed, id), so an image's place does not depend on the other
images, on the order of files on disk or on a library's random generator.
"""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def holdout(strata: "Mapping[str, str]", fraction: float, seed: int) -> frozenset[str]:
    """Return the ids held out for validation: int(fraction x n) of the n ids of each stratum.

    `strata` maps an id to its stratum. Rounding down is the published rule of the Edinburgh split
    (948 of 1,185 cats and 1,991 of 2,488 dogs remain for training at a fraction of 0.2).
    """
    groups = _shuffled(strata, "validation", seed).values()
    return frozenset(name for group in groups for name in group[: int(fraction * len(group))])


def stratified_sample(strata: "Mapping[str, str]", limit: int, seed: int) -> frozenset[str]:
    """Return `limit` ids (all, if there are fewer) with each stratum in proportion; nested over `limit`.

    The j-th id of a stratum of n stands at (j + 1/2) / n, and the first `limit` are taken: Webster's
    apportionment (divisors 1, 3, 5, …), under which a larger sample contains every smaller one.
    """
    groups = _shuffled(strata, "sample", seed)
    places = [
        ((2 * j + 1) / (2 * len(ids)), -len(ids), stratum, name)
        for stratum, ids in groups.items()
        for j, name in enumerate(ids)
    ]
    return frozenset(place[-1] for place in sorted(places)[:limit])


def _shuffled(strata: "Mapping[str, str]", purpose: str, seed: int) -> dict[str, list[str]]:
    """Return each stratum's ids in the order of their hashes."""

    def place(name: str) -> bytes:
        return hashlib.blake2b(f"{purpose}\0{seed}\0{name}".encode(), digest_size=16).digest()

    groups: dict[str, list[str]] = {}
    for name in sorted(strata, key=place):
        groups.setdefault(strata[name], []).append(name)
    return groups
