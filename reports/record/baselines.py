"""The models that look at no image."""

from typing import TYPE_CHECKING

from registry import MODELS

if TYPE_CHECKING:
    from bench.record.model_record import ModelRecord

_FIRST = ("background", "prompt_box", "prompt_disc")
"""The baselines of runs that do not record which of their models is one."""


def does(model: "ModelRecord") -> str:
    """Return what a baseline does instead of looking at the image, "" for every other model."""
    if model.baseline is not None:
        return model.baseline
    return MODELS[model.name].baseline if model.name in _FIRST else ""
