"""What ``examples/index.json`` says: the pictures that were kept, all of them inside the run folder."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from registry.errors import BenchError

_KINDS = {".webp": "image/webp", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Files(_Part):
    """The pictures of one example, relative to the run folder; `confidence` has one for each class."""

    input: str
    truth: str
    prediction: str
    error: str
    confidence: dict[str, str] = {}


class Example(_Part):
    """One picture under one condition: the best, the median or the worst of its cell."""

    dataset: str
    model: str
    perturbation: str
    strength: float
    rank: str
    sample: str
    score: float | None = None
    iou: float | None = None
    dice: float | None = None
    files: Files


class Level(_Part):
    """One picture of a strip."""

    strength: float
    file: str


class Strip(_Part):
    """One picture under every strength of a perturbation."""

    dataset: str
    perturbation: str
    sample: str
    levels: tuple[Level, ...]


class Pair(_Part):
    """A picture and what an autoencoder made of it."""

    dataset: str
    model: str
    sample: str
    original: str
    reconstruction: str


class Index(_Part):
    """The whole of ``examples/index.json``."""

    format: int
    examples: tuple[Example, ...] = ()
    strips: tuple[Strip, ...] = ()
    reconstructions: tuple[Pair, ...] = ()


def data_uri(folder: Path, file: str) -> str | None:
    """Return the picture as a data URI, or None where it is missing.

    Raises:
        BenchError: the path leads out of the run folder or names something that is no picture; a folder from
            someone else must not carry this machine's files into a page.
    """
    from base64 import b64encode

    path = (folder / file).resolve()
    kind = _KINDS.get(path.suffix.lower())
    if kind is None or not path.is_relative_to(folder.resolve()):
        raise BenchError(f"{folder}/examples/index.json names {file!r}, which is no picture of this run")
    try:
        return f"data:{kind};base64,{b64encode(path.read_bytes()).decode()}"
    except OSError:
        return None
