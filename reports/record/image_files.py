"""The image files that a page embeds: only those of the run folder itself."""

from pathlib import Path

from registry.errors import BenchError
from registry.image_files import UnreadableImage
from registry.regular_files import read_regular

_KINDS = (".webp", ".png", ".jpg", ".jpeg")
MAX_BYTES, MAX_PIXELS = 4_000_000, 4_000_000
"""Of one image; ours are some 50 kB and 0.5 million pixels. A browser decodes each of them."""


def image_bytes(folder: Path, file: str) -> bytes | None:
    """Return the bytes of an image file, or None where it is missing, no image, or too large to be ours.

    Raises:
        BenchError: the path leads out of the run folder or names something that is no image; a folder from
            someone else must not carry this machine's files into a page.
    """
    from registry.image_files.pillow_files import image_size

    path = _place(folder, file)
    try:
        content = read_regular(path, MAX_BYTES)
        image_size(path.name, content, MAX_PIXELS)
    except (OSError, UnreadableImage):
        return None
    return content


def _place(folder: Path, file: str) -> Path:
    """Return where an image file lies, with no link on the way."""
    try:
        path = (folder / file).resolve()
    except (OSError, ValueError, RuntimeError):  # a loop of links, or no name of a file
        path = Path()
    if path.suffix.lower() not in _KINDS or not path.is_relative_to(folder.resolve()):
        raise BenchError(
            f"{folder}/examples/index.json names {file!r}, which is no image of this run; delete that index"
        )
    return path
