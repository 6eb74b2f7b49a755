"""One job of a run, from its checkpoint to its last cell. Its failure costs no other job."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from statistics import fmean

from bench.evaluation.cell import evaluate_cell
from bench.evaluation.pictures import Pictures
from bench.evaluation.readiness import Ready, ready
from bench.evaluation.reconstructions import measured_reconstructions
from bench.host.files import StorageError
from bench.host.screen import Screen, rate_words
from bench.plan.cells import Cell
from bench.plan.jobs import Job
from bench.record import speeds
from bench.record.failure_note import Failure
from bench.record.ledger import Ledger
from bench.training.stages import TrainingContext, trained
from registry.errors import in_one_line


@dataclass(frozen=True)
class JobRun:
    """Trains a job's model if its weights are missing, makes it ready and evaluates its missing cells.

    pictures: of its data set, which other jobs share.
    trouble: the error that its trial before the run ended with, so that it fails at once; None: it went well.
    follow: see `TrainingContext`.
    """

    job: Job
    pictures: Pictures
    ledger: Ledger
    screen: Screen
    device: str
    batch_size: int | None
    devices: int
    title: str
    trouble: Exception | None = None
    follow: Callable[[str, Mapping[str, float | None]], None] | None = None

    def execute(self) -> None:
        """Do all that; a failure of the model is recorded in each of its cells.

        Raises:
            StorageError: nothing can be written any more.
        """
        self.ledger.folder.forget_failures(*self.job.name)
        try:
            prepared = self._ready()
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - one model's failure must not cost the others
            for cell in self.ledger.missing(self.job):
                self._failed(cell, error)
            self.screen.line(f"{self.title}: failed: {in_one_line(error)}")
            return
        self.ledger.remember(prepared.job, prepared.measurement)
        self._reconstruct(prepared)
        # The resolved precision is part of the cells' keys: a killed run must find it again.
        self.ledger.write(finished=False)
        self._evaluate(prepared)

    def _ready(self) -> Ready:
        if self.trouble:
            raise self.trouble
        suite, datasets = self.ledger.suite, self.ledger.datasets
        context = TrainingContext(suite, datasets, self.device, self.screen, devices=self.devices, follow=self.follow)
        job = trained(self.job, context)
        return ready(job, suite, self.device, self.batch_size, self.ledger.measurement(job), self.pictures)

    def _reconstruct(self, prepared: Ready) -> None:
        """Measure how well the job's autoencoder reconstructs images, if it has one and nobody has measured it."""
        place = prepared.job.reconstructions()
        if place is None or not self.ledger.lacks_reconstructions(prepared.job):
            return
        folder = self.ledger.folder.path / "examples" if self.ledger.suite.examples else None
        try:
            found = measured_reconstructions(prepared.job, prepared.samples, self.device, folder)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - the scores are worth more than these images
            self.screen.line(f"{self.job.spec.label}: no reconstructions ({in_one_line(error)})")
            return
        self.ledger.reconstructions[place] = found

    def _evaluate(self, prepared: Ready) -> None:
        cells, images = self.ledger.missing(prepared.job), len(prepared.job.data.subset.rows)
        seconds: list[float] = []
        with self.screen.task(self.title, len(cells) * images, "images") as task:
            for i, cell in enumerate(cells, 1):
                note = f"cell {i}/{len(cells)} {cell.condition.label} {cell.condition.strength:g}"
                try:
                    stored = evaluate_cell(self.ledger, prepared, cell, partial(task.advance, note=note))
                except StorageError:
                    raise
                except Exception as error:  # noqa: BLE001 - a failed cell is recorded, the run goes on
                    self.screen.line(f"{self.title}: failed: {note}: {in_one_line(error)}")
                    self._failed(cell, error)
                    continue
                self.ledger.folder.write_cell(cell.key, stored)
                self.ledger.cell_written(prepared.job, cell)
                seconds.append(stored.record["seconds"] / images)
        words = f"{len(seconds)} of {len(cells)} cells of {images} images at {prepared.measurement.precision}"
        if seconds:
            # The first cell warms up: it loads, compiles, measures.
            speeds.note(prepared.job, "evaluation", images, fmean(seconds[1:] or seconds) * images, self.screen.line)
            words += f", {rate_words(1 / fmean(seconds))} images/s"
        self.screen.line(f"{self.title}: {words}")

    def _failed(self, cell: Cell, error: Exception) -> None:
        """Record why a cell failed."""
        trace = "".join(traceback.format_exception(error))
        note = Failure(
            dataset=self.job.name[0],
            model=self.job.name[1],
            perturbation=cell.condition.label,
            strength=cell.condition.strength,
            message=in_one_line(error),
            traceback=trace,
        )
        self.ledger.folder.write_failure(cell.key, note)
