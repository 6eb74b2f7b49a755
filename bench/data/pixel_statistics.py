"""What is in a subset, counted from its manifest without decoding anything."""

from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.data.dataset import Subset


def statistics(subset: "Subset") -> dict[str, Any]:
    """Return counts and shares as plain data, ready for JSON.

    Keys: split, layout, manifest; images (n), left_out ([{id, reason}]); width, height and megapixels
    ({min, median, max}); images_per_class ({name: n}, an image counts for its most frequent class other
    than the background; the background's own are those that show none); pixel_shares ({name: 0..1} over all
    pixels, "border" for those of no class); duplicates ([[id, id, …]] of equal images).
    """
    rows, names = subset.rows, subset.classes
    showing = Counter(row.foreground for row in rows)
    pixels = [sum(column) for column in zip(*(row.pixels for row in rows), strict=True)]
    total = max(sum(pixels), 1)
    return {
        "split": subset.split,
        "layout": subset.layout,
        "manifest": subset.manifest,
        "images": len(rows),
        "left_out": [{"id": one.id, "reason": one.reason} for one in subset.left_out],
        "width": _spread([row.width for row in rows]),
        "height": _spread([row.height for row in rows]),
        "megapixels": _spread([row.width * row.height / 1e6 for row in rows]),
        "images_per_class": {name: showing[label] for label, name in enumerate(names)},
        "pixel_shares": dict(zip((*names, "border"), (count / total for count in pixels), strict=True)),
        "duplicates": _duplicates(subset),
    }


def _spread(values: "Sequence[float]") -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}


def _duplicates(subset: "Subset") -> list[list[str]]:
    """Return groups of ids whose images are equal pixel for pixel."""
    groups: dict[str, list[str]] = {}
    for row in subset.rows:
        groups.setdefault(row.image_hash, []).append(row.id)
    return [group for group in groups.values() if len(group) > 1]
