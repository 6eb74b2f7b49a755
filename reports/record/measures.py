"""Measured strength: how far perturbed images are from the clean ones, as an axis and as a check."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.record.run_record import PerturbationRecord
    from reports.record.run import Run

Axis = Literal["strength", "rmse", "psnr", "ssim"]
"""What the curves run over: the strength that the suite names, or a measure of what it did to the images."""


@dataclass(frozen=True)
class Measure:
    """How one measure is printed; `clean` is the clean image's own value, None where it has none."""

    title: str
    unit: str
    decimals: int
    clean: float | None
    rises: bool

    @property
    def label(self) -> str:
        """Return title and unit, for an axis."""
        return f"measured {self.heading}"

    @property
    def heading(self) -> str:
        """Return title and unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    def text(self, value: float) -> str:
        """Return a value with the measure's decimals."""
        return f"{value:.{self.decimals}f}".replace("-", "−")


MEASURES = {
    "rmse": Measure("RMSE", "grey levels", 2, 0.0, rises=True),
    "psnr": Measure("PSNR", "dB", 1, None, rises=False),
    "ssim": Measure("SSIM", "", 3, 1.0, rises=False),
}


def need_measures(run: "Run", axis: Axis) -> None:
    """Make sure that there is something to draw over `axis`.

    Raises:
        BenchError: nothing was measured in this run.
    """
    if axis != "strength" and run.strengths is None:
        raise BenchError(
            f"{run.folder} holds no strengths.csv, so there is no {MEASURES[axis].title} to draw over; "
            "run `bench run` again, or leave out --x"
        )


def means(run: "Run", dataset: str, entry: "PerturbationRecord", measure: str) -> list[float | None]:
    """Return the mean at each strength from mild to strong, None where it is unknown or undefined."""
    found = [run.measured(dataset, entry.label, strength, measure) for strength in entry.by_damage()]
    return [one.mean if one else None for one in found]


class Turn(NamedTuple):
    """Two neighbouring strengths of which the stronger one changed the images less, and what they measure."""

    mild: float
    strong: float
    before: float
    after: float


def turns(run: "Run", dataset: str, entry: "PerturbationRecord", measure: str) -> list[Turn]:
    """Return where a sweep is not monotone; strengths without a mean are passed over."""
    sign = 1 if MEASURES[measure].rises else -1
    known = [
        (strength, mean)
        for strength, mean in zip(entry.by_damage(), means(run, dataset, entry, measure), strict=True)
        if mean is not None
    ]
    return [
        Turn(mild, strong, before, after)
        for (mild, before), (strong, after) in pairwise(known)
        if sign * after < sign * before
    ]
