"""Classes that a data set declares and no mask shows: seldom meant, and no score would show it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.data.dataset import Subset


def absent_words(subset: "Subset") -> str | None:
    """Return one line on classes without a pixel in the whole of `subset`; None where every class occurs."""
    *seen, ignored = (sum(counts) for counts in zip(*(row.pixels for row in subset.rows), strict=True))
    absent = [name for name, count in zip(subset.classes, seen, strict=True) if not count]
    if not absent:
        return None
    share = ignored / (sum(seen) + ignored)
    words = f"no mask of its {len(subset)} images shows {', '.join(absent)}"
    if not ignored:
        return f"{words}; check the masks and the order of classes:"
    return (
        f"{words}, and {share:.0%} of the pixels are ignored (255); where 255 means a class, declare it with "
        f"colours: {{{absent[0]}: [255, 255, 255], ...}}, which reads grey masks too"
    )
