"""Every model of the registry as its latency check builds it."""

from small_models import CLASSES, FILES, stored_masks

from registry import MODELS
from registry.entry_results import built
from registry.errors import BenchError
from registry.parameters import typed

SIZE = (375, 500)
LARGEST = 256
"""No network gets a larger input, so that all of them together stay within minutes on a CPU."""
OWN = {"predictions": lambda folder: stored_masks(folder, [SIZE])}
"""What differs from the quick form: masks of the size of the timed image."""


def timed_parameters(name, folder):
    """Return an entry's defaults, at most LARGEST and with random weights; one that needs files gets tiny ones."""
    entry = MODELS[name]
    if files := (FILES | OWN).get(name):
        return typed(entry.parameters, files(folder), name)
    fields = entry.parameters.model_fields
    given = {"encoder_weights": "none"} if "encoder_weights" in fields else {}
    if "size" in fields and isinstance(fields["size"].default, int):
        given["size"] = min(fields["size"].default, LARGEST)
    return typed(entry.parameters, given, name)


def checked_parameters(name, folder):
    """Return `timed_parameters`, known to need nothing from elsewhere; else say where tiny ones are added.

    Raises:
        BenchError: the entry cannot be built so.
    """
    try:
        parameters = timed_parameters(name, folder)
        MODELS[name].check(parameters)
        fault = ", ".join(needed.what for needed in MODELS[name].needs(parameters))
    except BenchError as error:
        fault = str(error)
    if fault:
        raise BenchError(
            f"no latency check of '{name}': {fault}; let FILES of tests/registry/small_models.py make tiny files for it"
        )
    return parameters


def timed_model(name, folder):
    """Return the segmenter of an entry."""
    return built(MODELS[name], checked_parameters(name, folder), CLASSES, initialise=True)
