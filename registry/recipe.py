"""A training recipe is data: in the model's entry, overridable key by key in a suite."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from registry.parameters import Parameters

Probability = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Loss = Literal["cross_entropy", "dice_cross_entropy", "focal_dice_iou", "mse", "mse_ssim", "mse_ssim_perceptual"]
RECONSTRUCTION: tuple[Loss, ...] = ("mse", "mse_ssim", "mse_ssim_perceptual")
Profile = Literal["none", "mild", "aggressive"]


class Augmentation(Parameters):
    """Random transforms of a training image, drawn anew in every epoch.

    flip, rotate, crop, elastic, grid: the probability of each (0 turns it off). profiles: instead of those, a
    whole family of transforms per class of the image, in the data set's order, the last one for all further
    classes. copies: how often an image is seen transformed in an epoch besides once as it is, per class in the
    same order; () means once transformed, and never as it is.
    """

    flip: Probability = 0.5
    rotate: Probability = 0.3
    crop: Probability = 0.5
    elastic: Probability = 0.1
    grid: Probability = 0.1
    profiles: tuple[Profile, ...] = ()
    copies: tuple[Annotated[int, Field(ge=0)], ...] = ()

    @property
    def still(self) -> bool:
        """Whether an image is the same in every epoch."""
        drawn = any((self.flip, self.rotate, self.crop, self.elastic, self.grid))
        return not drawn and set(self.profiles) <= {"none"}


FLIP_ONLY = Augmentation(flip=0.5, rotate=0, crop=0, elastic=0, grid=0)


class Recipe(Parameters):
    """Everything that decides the weights besides the data, the network and the seed.

    batch_size is of one optimiser step: with `accumulate` k the network sees k parts of it in turn, and
    several devices share it. learning_rate is the peak for `one_cycle` and the initial value otherwise.
    momentum is that of `sgd` (Nesterov's) alone. class_weights weight the cross-entropy per class in the data
    set's order, the last one holds for all further classes; `inverse_frequency` takes them from each batch,
    their sum being the number of classes. minutes is a ceiling, looked at when an epoch ends. early_stopping
    is a number of epochs in which `monitor` has not grown by more than min_delta; the epoch with the best
    `monitor` is kept. gradient_clip is the largest norm of all gradients together. border decides what pixels without
    a class (255) are in training and validation.
    """

    epochs: Annotated[int, Field(ge=0)] = 100
    minutes: Positive | None = None
    batch_size: Annotated[int, Field(ge=1)] = 16
    accumulate: Annotated[int, Field(ge=1)] = 1
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: Positive = 1e-4
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.99
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    gradient_clip: Positive | None = None
    schedule: Literal["plateau", "one_cycle", "poly", "cosine", "constant"] = "plateau"
    plateau_patience: Annotated[int, Field(ge=0)] = 5
    plateau_factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    poly_power: Positive = 0.9
    loss: Loss = "cross_entropy"
    class_weights: (
        Literal["inverse_frequency"] | Annotated[tuple[Annotated[float, Field(ge=0)], ...], Field(min_length=1)]
    ) = (1.0,)
    monitor: Literal["iou", "foreground_dice", "loss"] = "iou"
    early_stopping: Annotated[int, Field(ge=1)] | None = None
    min_delta: Annotated[float, Field(ge=0)] = 0.0
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    border: Literal["ignore", "background"] = "ignore"
    augmentation: Augmentation = Augmentation()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.schedule == "one_cycle" and self.minutes is not None:
            # A schedule that followed the clock would make the weights depend on how busy the machine was.
            raise ValueError(
                "the schedule one_cycle needs a number of epochs, and minutes ends a training after any number; give "
                "epochs instead of minutes, or add schedule: constant"
            )
        if not isinstance(self.class_weights, str) and not any(self.class_weights):
            raise ValueError("class_weights are all 0, so nothing would be learned; give at least one above 0")
        if self.batch_size % self.accumulate:
            raise ValueError(f"accumulate {self.accumulate} does not divide batch_size {self.batch_size}")
        if self.loss in RECONSTRUCTION and self.monitor != "loss":
            raise ValueError(f"the loss {self.loss} has no labels to score: give monitor: loss")
        return self
