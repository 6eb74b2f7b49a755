"""A training recipe is data: in the model's entry, overridable key by key in a suite."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from registry.parameters import Parameters

Probability = Annotated[float, Field(ge=0, le=1)]


class Augmentation(Parameters):
    """Probability of each random transform of a training picture (0 turns it off)."""

    flip: Probability = 0.5
    rotate: Probability = 0.3
    crop: Probability = 0.5
    elastic: Probability = 0.1
    grid: Probability = 0.1


class Recipe(Parameters):
    """Everything that decides the weights besides the data, the network and the seed.

    learning_rate is the peak for `one_cycle` and the initial value otherwise. class_weights weight the
    cross-entropy per class in the data set's order; the last one holds for all further classes.
    minutes is a ceiling, looked at when an epoch ends. early_stopping is a number of epochs without
    a better validation mIoU.
    """

    epochs: Annotated[int, Field(ge=0)] = 100
    minutes: Annotated[float, Field(gt=0)] | None = None
    batch_size: Annotated[int, Field(ge=1)] = 16
    optimizer: Literal["adam", "adamw"] = "adam"
    learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    schedule: Literal["plateau", "one_cycle", "constant"] = "plateau"
    plateau_patience: Annotated[int, Field(ge=0)] = 5
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    class_weights: Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1)] = (1.0,)
    early_stopping: Annotated[int, Field(ge=1)] | None = None
    precision: Literal["fp32", "bf16"] = "fp32"
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def _fixed_length(self) -> Self:
        if self.schedule == "one_cycle" and self.minutes is not None:
            raise ValueError("a one_cycle schedule has a fixed length: give epochs, not minutes")
        return self
