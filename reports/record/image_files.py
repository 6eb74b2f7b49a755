"""The image files that a page embeds: only those of the run folder itself."""

from pathlib import Path

from registry.errors import BenchError

_KINDS = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


def data_uri(folder: Path, file: str) -> str | None:
    """Return the image as a data URI, or None where it is missing.

    Raises:
        BenchError: the path leads out of the run folder or names something that is no image; a folder from
            someone else must not carry this machine's files into a page.
    """
    from base64 import b64encode

    path = (folder / file).resolve()
    kind = _KINDS.get(path.suffix.lower())
    if kind is None or not path.is_relative_to(folder.resolve()):
        raise BenchError(f"{folder}/examples/index.json names {file!r}, which is no image of this run")
    try:
        return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"
    except OSError:
        return None
