"""What an entry's own functions return, checked before use: a mistake in a plug-in is one line with its place."""

from collections.abc import Callable
from typing import Any, get_args

from registry.errors import BenchError
from registry.recipe import Recipe
from registry.segmenter import Geometry, Mode, ModelEntry, Segmenter

MODES = get_args(Mode)


def recipe_of(entry: ModelEntry, parameters: Any) -> Recipe | None:
    """Return how to train the model; None: there is nothing to train.

    Raises:
        BenchError: the entry's function returns something else.
    """
    recipe = entry.recipe(parameters) if entry.recipe else None
    if recipe is not None and not isinstance(recipe, Recipe):
        raise _fault(entry.recipe, f"recipe returns a registry.Recipe, or None, not {_words(recipe)}")
    return recipe


def geometry_of(entry: ModelEntry, parameters: Any) -> Geometry | None:
    """Return the size of the input and how an image gets there; None: the model takes images as they are.

    Raises:
        BenchError: the entry's function returns something else, or an unknown mode.
    """
    geometry = entry.geometry(parameters) if entry.geometry else None
    if geometry is not None and not isinstance(geometry, Geometry):
        raise _fault(entry.geometry, f"geometry returns a registry.Geometry, not {_words(geometry)}")
    if geometry is not None and geometry.mode not in MODES:
        raise _fault(entry.geometry, f"no mode '{geometry.mode}' of geometry; give {' or '.join(MODES)}")
    return geometry


def built(entry: ModelEntry, parameters: Any, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    """Return the model; see `ModelEntry.build`.

    Raises:
        BenchError: the entry's function returns something else, or as it documents itself.
    """
    segmenter = entry.build(parameters, classes, initialise)
    if not isinstance(segmenter, Segmenter):
        hint = "wrap a network in registry.adapter.TorchSegmenter(network, geometry)"
        raise _fault(entry.build, f"build returns a Segmenter, not {_words(segmenter)}; {hint}")
    return segmenter


def _words(value: Any) -> str:
    return f"a {type(value).__name__}"


def _fault(function: Callable[..., Any] | None, message: str) -> BenchError:
    code = getattr(function, "__code__", None)
    return BenchError(f"{code.co_filename}:{code.co_firstlineno}: {message}" if code else message)
