"""What a user should know of a data set's files: a line for each kind of remark, with the number of images."""

from typing import TYPE_CHECKING

from registry.errors import first_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.data.interface import ManifestRow


def remarks_of(rows: "Sequence[ManifestRow]") -> dict[str, list[str]]:
    """Return the ids of the images that each remark is about, in order."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for sentence in row.remarks:
            found.setdefault(sentence, []).append(row.id)
    return found


def remark_words(rows: "Sequence[ManifestRow]") -> list[str]:
    """Return a line for each remark: how many images, the first names, the sentence."""
    lines = []
    for sentence, names in remarks_of(rows).items():
        lines.append(f"{len(names)} of {len(rows)} images ({first_of(names)}): {sentence}")
    return lines
