"""Every model behind one predict interface. Knows nothing of how it is judged, and imports no torch.

Importing this package imports nothing else; the names below load what they need when they are first used.
"""

from typing import TYPE_CHECKING

from registry.lazy_names import lazy

if TYPE_CHECKING:
    from registry.core import Registry
    from registry.parameters import Parameters
    from registry.prompts import Prompt
    from registry.recipe import Recipe
    from registry.segmenter import MODELS, Geometry, ModelEntry, Prediction, Segmenter

__all__ = ["MODELS", "Geometry", "ModelEntry", "Parameters", "Prediction", "Prompt", "Recipe", "Registry", "Segmenter"]

__getattr__ = lazy(
    __name__,
    core=("Registry",),
    parameters=("Parameters",),
    prompts=("Prompt",),
    recipe=("Recipe",),
    segmenter=("MODELS", "Geometry", "ModelEntry", "Prediction", "Segmenter"),
)
