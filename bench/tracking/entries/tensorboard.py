"""TensorBoard: event files below the run's folder, one folder a model. It keeps no files, so the tables are a text."""

from typing import TYPE_CHECKING, Any

from bench.tracking.tracker import TrackerEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class TensorBoard:
    """Writes with PyTorch's own writer."""

    def __init__(self, folder: "Path") -> None:
        self.folder = folder
        self._writers: dict[str, Any] = {}

    def log(self, model: str, values: "Mapping[str, float]", step: int | None = None) -> None:
        """Add scalars; final scores are at step 0."""
        writer = self._writer(model)
        for name, value in values.items():
            writer.add_scalar(name, value, step or 0)
        writer.flush()

    def keep(self, file: "Path") -> None:
        """Add a Markdown file as a text."""
        if file.suffix == ".md":
            self._writer("").add_text(file.stem, file.read_text(encoding="utf-8"), 0)

    def close(self) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()

    def _writer(self, model: str) -> Any:
        from torch.utils.tensorboard import SummaryWriter

        if model not in self._writers:
            self._writers[model] = SummaryWriter(str(self.folder / model))
        return self._writers[model]


ENTRY = TrackerEntry(
    title="TensorBoard: event files in the run's folder",
    package="tensorboard",
    extra="tensorboard",
    start=lambda name, folder: TensorBoard(folder / "tensorboard"),
)
