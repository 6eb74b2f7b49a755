"""A suite's `statistics`: how intervals are computed, and which image counts as a failure."""

from typing import Annotated, Literal

from pydantic import Field

from registry.parameters import Parameters

Resamples = Annotated[int, Field(ge=100, le=100_000)]
IntervalMethod = Literal["percentile", "bca"]


class StatisticsRules(Parameters):
    """What intervals and comparisons of a suite follow; none of it changes a cell.

    resamples: of the images. interval: of 95 %, by percentiles of the resamples, or bias-corrected and accelerated.
    failure_below: an image is a failure of a model that has a lower Dice on it.
    """

    resamples: Resamples = 2_000
    interval: IntervalMethod = "percentile"
    failure_below: Annotated[float, Field(gt=0, le=1)] = 0.5
