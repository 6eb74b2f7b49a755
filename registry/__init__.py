"""Every model behind one predict interface. Knows nothing of how it is judged, and imports no torch."""

from registry.core import Registry
from registry.parameters import Parameters
from registry.prompts import Prompt
from registry.recipe import Recipe
from registry.segmenter import Geometry, ModelEntry, Prediction, Segmenter

MODELS: Registry[ModelEntry] = Registry("model", "registry.models", ModelEntry)

__all__ = ["MODELS", "Geometry", "ModelEntry", "Parameters", "Prediction", "Prompt", "Recipe", "Registry", "Segmenter"]
