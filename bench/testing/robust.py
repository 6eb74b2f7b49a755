"""`assert_robust` for a user's own model in a pytest suite: bounds on scores under perturbation, with intervals."""

import warnings
from collections.abc import Iterator
from math import isfinite, nan
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from registry.errors import BenchError

if TYPE_CHECKING:
    from bench.api.door import Perturbations
    from bench.api.result import Result


class Bounded(NamedTuple):
    """A score, its interval, and the bound that it has to keep; `sign`: 1 where the score may not be below it."""

    what: str
    value: float
    low: float
    high: float
    bound: float
    sign: int

    @property
    def verdict(self) -> Literal["pass", "fail", "undecided"]:
        """Return whether the whole interval keeps the bound, breaks it, or neither; without a number it fails."""
        if not all(map(isfinite, (self.value, self.low, self.high))):
            return "fail"
        ends = sorted((self.sign * (self.low - self.bound), self.sign * (self.high - self.bound)))
        return "pass" if ends[0] >= 0 else "fail" if ends[1] < 0 else "undecided"

    def __str__(self) -> str:
        """Return score, interval and bound in words."""
        side = "at least" if self.sign > 0 else "at most"
        return f"{self.what}: {self.value:.4f} [{self.low:.4f}, {self.high:.4f}], {side} {self.bound:g}"


def assert_robust(
    model: Any,
    data: Any,
    *,
    perturbations: "Perturbations" = "common15",
    min_dice: float | None = None,
    max_drop: float | None = None,
    undecided: Literal["pass", "fail"] = "pass",
    **evaluation: Any,
) -> "Result":
    """Evaluate a model clean and under perturbations; fail where a bound is certainly broken.

    A bound is broken where the whole 95 % interval of the score lies on its wrong side, and kept where all of it lies
    on the right side. Else the images are too few to tell: that is a warning, or with undecided="fail" a failure.
    A score that could not be measured fails.

    Args:
        model, data, perturbations: see `bench.evaluate`.
        min_dice: of the clean images, and of the mean over the strengths of each perturbation.
        max_drop: from the clean Dice to the mean over the strengths of each perturbation.
        undecided: what a bound within the interval means.
        evaluation: further arguments of `bench.evaluate`, as size, mean and std.

    Returns:
        What was found out, for further checks.

    Raises:
        AssertionError: a bound is broken; one line for each.
        BenchError: no bound is given, or something does not fit, in one line.
    """
    __tracebackhide__ = True
    from bench.api.door import evaluate

    if min_dice is None and max_drop is None:
        raise BenchError("no bound is given; give min_dice or max_drop, or both")
    if undecided not in ("pass", "fail"):
        raise BenchError(f'undecided is {undecided!r}; give "pass" or "fail"')
    result = evaluate(model, data, perturbations=perturbations, **{"progress": False, **evaluation})
    found = list(bounded(result, min_dice, max_drop))
    failing = {"fail", "undecided"} if undecided == "fail" else {"fail"}
    broken = [one for one in found if one.verdict in failing]
    for one in found:
        if one.verdict == "undecided" and one not in broken:
            warnings.warn(f"too few images to tell: {one}", stacklevel=2)
    assert not broken, "\n".join(map(str, broken))
    return result


def bounded(result: "Result", min_dice: float | None, max_drop: float | None) -> Iterator[Bounded]:
    """Yield every score that has a bound: the clean one, then those of each perturbation."""
    scores = result.frame()
    clean = scores[(scores["perturbation"] == "clean") & (scores["metric"] == "dice") & (scores["class"] == "mean")]
    if min_dice is not None:
        yield _of("clean Dice", clean[clean["metric_set"] == result.run.headline.name], min_dice, 1)
    summaries = result.robustness()
    for entry in result.run.record.perturbations:
        own = summaries[(summaries["perturbation"] == entry.label) & (summaries["metric"] == "dice")]
        if min_dice is not None:
            yield _of(f"Dice under {entry.label}", own[own["measure"] == "mpc"], min_dice, 1)
        if max_drop is not None:
            yield _of(f"drop under {entry.label}", own[own["measure"] == "drop"], max_drop, -1)


def _of(what: str, rows: Any, bound: float, sign: int) -> Bounded:
    if not len(rows):
        return Bounded(what, nan, nan, nan, bound, sign)
    row = rows.iloc[0]
    return Bounded(what, float(row["value"]), float(row["low"]), float(row["high"]), bound, sign)
