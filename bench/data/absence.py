"""Classes that a data set declares and no mask shows: seldom meant, and no score would show it.

Many masks hold 255 for the object. Read as labels, that is void: such a mask has no object, and a model that never
finds one looks perfect.
"""

import json
import re
from typing import TYPE_CHECKING

from registry.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from bench.data.dataset import Subset
    from bench.data.interface import ManifestRow


SHOWN = 12
"""So many absent classes are named; of 150 classes most may be absent from a sample."""


def absent_words(subset: "Subset") -> str | None:
    """Return one line on classes without a pixel in the whole of `subset`; None where every class occurs."""
    if not (absent := absent_classes(subset.rows, subset.classes)):
        return None
    share = _void_share(subset.rows)
    few = ", ".join(absent) if len(absent) <= SHOWN else f"{', '.join(absent[:SHOWN])} and {len(absent) - SHOWN} more"
    words = f"{few}{f', and {share:.0%} of the pixels count nowhere' if share else ''}"
    return f"no mask of its {len(subset)} images shows {words}; check the masks, and the order of `classes`"


def refuse_void_for_class(
    rows: "Sequence[ManifestRow]", classes: tuple[str, ...], void: int, folders: "Collection[Path]"
) -> None:
    """Look at all masks of indices in `folders`: does the stored value `void` stand where a class is meant?

    Raises:
        BenchError: it does so for all classes but the background (`void_alone`), or may for the only class that
            occurs nowhere, or in some of the masks (`disagreement`). The line has the `colours` to paste.
    """
    masks = ", ".join(sorted(map(str, folders)))
    absent, share = absent_classes(rows, classes), _void_share(rows)
    right = "where the masks are right as they are, absent_ok: true"
    if void_alone(rows) or (share and len(absent) == 1):
        meant = next((name for name in absent if name != classes[0]), absent[0])
        raise BenchError(
            f"{masks}: no mask of {len(rows)} images shows {', '.join(absent)}, and {share:.1%} of the pixels are "
            f"{void}, which counts nowhere (`ignore`); where {void} means {meant}, add colours: "
            f"{_colours(classes, meant, void)}; {right}"
        )
    if words := disagreement(rows, void):
        raise BenchError(
            f"{masks}: {words}, which counts nowhere (`ignore`); write the same values into all of "
            f"them, and where that is {void} for {classes[-1]}, add colours: {_colours(classes, classes[-1], void)}; "
            f"{right}"
        )


def absent_classes(rows: "Sequence[ManifestRow]", classes: tuple[str, ...]) -> list[str]:
    """Return the classes without a pixel in all of `rows`."""
    totals = [sum(counts) for counts in zip(*(row.pixels for row in rows), strict=True)]
    return [name for name, total in zip(classes, totals, strict=False) if not total]


def void_alone(rows: "Sequence[ManifestRow]") -> bool:
    """Return whether there are void pixels and no class but class 0 in all of `rows`."""
    return bool(_void_share(rows)) and not any(map(_shows_more, rows))


def disagreement(rows: "Sequence[ManifestRow]", void: int) -> str:
    """Return words on masks that show a class and no void, and others with void and no class but class 0.

    "" where one of these kinds is missing, or where a mask shows both, as with a border round an object.
    """
    classes_alone = [row.id for row in rows if _shows_more(row) and not row.pixels[-1]]
    void_only = [row.id for row in rows if row.pixels[-1] and not _shows_more(row)]
    both = any(_shows_more(row) and row.pixels[-1] for row in rows)
    if both or not (classes_alone and void_only):
        return ""
    return f"the masks of {_some(classes_alone)} show classes and no {void}, those of {_some(void_only)} only {void}"


def _shows_more(row: "ManifestRow") -> bool:
    """Return whether a mask shows a class beside class 0 (without a background `foreground` may be 0 all the same)."""
    return any(row.pixels[1:-1])


def _void_share(rows: "Sequence[ManifestRow]") -> float:
    total = sum(sum(row.pixels) for row in rows)
    return sum(row.pixels[-1] for row in rows) / total if total else 0.0


def _some(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if names[2:] else "")


def _colours(classes: tuple[str, ...], meant: str, void: int) -> str:
    """Return `colours` that read masks of indices in which `void` means the class `meant`, ready to paste."""
    values = {name: void if name == meant else label for label, name in enumerate(classes)}
    shown = [f"{_plain(name)}: [{value}, {value}, {value}]" for name, value in values.items() if name != meant]
    few = shown if len(shown) < 6 else [*shown[:2], "…"]
    return f"{{{', '.join([*few, f'{_plain(meant)}: [{void}, {void}, {void}]'])}}}"


def _plain(name: str) -> str:
    return name if re.fullmatch(r"[\w. -]+", name) else json.dumps(name, ensure_ascii=False)
