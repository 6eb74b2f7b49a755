"""What `run.json` says of the further metrics that a suite asks for."""

from typing import Any

from pydantic import Field

from bench.record.model_record import Part


class FurtherRecord(Part):
    """A further metric that the suite asks for; `reads`: counts, masks or probabilities; `gives`: its scores' names."""

    name: str
    version: int | str = 1
    parameters: dict[str, Any] = Field(default_factory=dict)
    reads: str = ""
    gives: tuple[str, ...] = ()


class WithoutRecord(Part):
    """Why a model has no numbers of a further metric."""

    dataset: str
    model: str
    metric: str
    reason: str
