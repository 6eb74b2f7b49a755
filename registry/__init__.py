"""Every model behind one predict interface. Knows nothing of how it is judged, and imports no torch."""

from registry.core import Registry
from registry.segmenter import ModelEntry

MODELS: Registry[ModelEntry] = Registry("model", "registry.models", ModelEntry)

__all__ = ["MODELS", "ModelEntry", "Registry"]
