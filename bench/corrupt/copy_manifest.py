"""The list of what is written: a line as each image is finished, in order of its files at the end."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Self

from bench.host.files import open_to_append, reported_os_errors, write_atomic
from registry.errors import BenchError
from registry.regular_files import read_regular

NAME = "manifest.csv"
MAX_BYTES = 1 << 32
"""Of a manifest: some million images."""


class Written(NamedTuple):
    """One image as the manifest has it: every value is text.

    file, mask: below the folder; mask is "" where there are none. parameters: JSON. resources: JSON, the texture
    files and packages that the pixels depend on. format: "png", or "jpeg 90" for quality 90. source: the clean
    image's file. The hashes are `bench.host.hashing.pixel_hash` of decoded pixels: the clean image's and mask's,
    and those of `file` and `mask`. rmse, psnr, ssim: of `file` to the clean image, as in `bench.perturb.similarity`;
    psnr is "" where no value differs.
    """

    file: str
    mask: str
    perturbation: str
    strength: str
    parameters: str
    resources: str
    version: str
    seed: str
    format: str
    source: str
    source_hash: str
    source_mask_hash: str
    hash: str = ""
    mask_hash: str = ""
    rmse: str = ""
    psnr: str = ""
    ssim: str = ""

    def same_work(self, other: "Written") -> bool:
        """Return whether both were made of the same pixels in the same way."""
        return self[: self._fields.index("hash")] == other[: self._fields.index("hash")]


class Manifest:
    """The rows of a folder's manifest by file; a context in which rows can be added.

    A row is one write to the end of the file, after its image has its name: a killed process leaves at most
    one torn line, which counts for nothing, and that image is made again.
    """

    def __init__(self, folder: Path) -> None:
        """Read what is there.

        Raises:
            BenchError: the file is not a manifest of this form.
        """
        self.path = folder / NAME
        self.rows = {row.file: row for row in _read(self.path)}

    def __enter__(self) -> Self:
        """Begin with whole lines only, in a file of our own: lines added to one with several names would be in all."""
        write_atomic(self.path, self._content())
        self._file = open_to_append(self.path)
        return self

    def __exit__(self, *_: object) -> None:
        """Put the rows in order."""
        self._file.close()
        write_atomic(self.path, self._content())

    def add(self, row: Written) -> None:
        """Note a finished image."""
        with reported_os_errors(self.path):
            self._file.write(_text([row]))
        self.rows[row.file] = row

    def _content(self) -> bytes:
        ordered = sorted(self.rows.values(), key=lambda row: (row.perturbation, float(row.strength), row.file))
        return _text([Written(*Written._fields), *ordered])


def _text(rows: Iterable[Written]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(errors="surrogateescape")  # names of files are bytes


def _read(path: Path) -> list[Written]:
    try:
        content = read_regular(path, MAX_BYTES)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}; fix or remove it") from error
    whole = content[: content.rfind(b"\n") + 1].decode(errors="surrogateescape")
    try:
        lines = list(csv.reader(io.StringIO(whole, newline="")))
        if lines and tuple(lines[0]) != Written._fields:
            raise BenchError(f"{path} is not a manifest of this version of bench corrupt; choose another folder")
        rows = [Written(*line) for line in lines[1:] if len(line) == len(Written._fields)]
        for row in rows:
            float(row.strength)
    except (csv.Error, ValueError) as error:
        raise BenchError(f"{path} is damaged ({error}); remove it, and all images are made again") from error
    return rows
