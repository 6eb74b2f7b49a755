"""A user's model of any kind as a suite's model: an nn.Module, a callable, a Segmenter, or an entry by its name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args
from uuid import uuid4

from bench.suite import ModelSpec
from registry.errors import BenchError
from registry.parameters import Parameters
from registry.safe_text import CLASS_NAME, NOT_FIRST, as_label
from registry.segmenter import Geometry, Mode, ModelEntry, Segmenter

if TYPE_CHECKING:
    from torch import nn

Output = Literal["logits", "probabilities"]
PYTHON = "python"
"""The name of a model or of data that came as an object, in place of an entry's."""


@dataclass(frozen=True)
class NetworkInput:
    """How an image becomes a network's input; see `bench.evaluate`."""

    size: int | tuple[int, int] | None = None
    mean: Sequence[float] | None = None
    std: Sequence[float] | None = None
    mode: Mode = "stretch"
    output: Output = "logits"

    def needed(self) -> None:
        """Check that all that a network needs is given.

        Raises:
            BenchError: size, mean or std is missing, or something cannot be.
        """
        missing = [name for name in ("size", "mean", "std") if getattr(self, name) is None]
        if missing:
            raise BenchError(
                f"a network needs {', '.join(missing)}: give size=(height, width) in pixels, and mean=, std= of RGB "
                "scaled to 0..1, as in its training"
            )
        mean, std = tuple(self.mean or ()), tuple(self.std or ())
        if len(mean) != 3 or len(std) != 3 or max(*mean, *std) > 1 or min(std) <= 0:
            raise BenchError(
                f"mean={self.mean}, std={self.std}: give three numbers each, of RGB scaled to 0..1 (divide by 255); a "
                "std is above 0"
            )
        for name, allowed in (("output", get_args(Output)), ("mode", get_args(Mode))):
            if (given := getattr(self, name)) not in allowed:
                raise BenchError(f"{name}={given!r}: give one of {', '.join(allowed)}")

    @property
    def geometry(self) -> Geometry:
        """The size of the input, height and width, and how an image gets there."""
        sides = (self.size, self.size) if isinstance(self.size, int) else tuple(self.size or ())
        if len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
            raise BenchError(f"size={self.size!r}: give height and width in pixels, or one number for a square")
        return Geometry(*sides, self.mode)


def model_item(model: Any, label: str | None) -> dict[str, Any]:
    """Return the suite's item of a model: of an entry its name and parameters, of an object a name for the record."""
    if isinstance(model, str):
        item: dict[str, Any] = {"name": model}
    elif isinstance(model, Mapping):
        item = dict(model)
    else:
        return {"name": PYTHON, "label": label or _called(model)}
    return {**item, "label": label} if label else item


def model_spec(model: Any, network_input: NetworkInput, label: str | None) -> ModelSpec | None:
    """Return the specification of a model that is an object; None for an entry's name or a suite's item.

    Raises:
        BenchError: it is no model, or a network without its input's size, mean and std.
    """
    if isinstance(model, Mapping) and any(hasattr(value, "detach") for value in model.values()):
        raise BenchError(
            "a state dict is no model; give the network with these weights loaded, or save them and give "
            '{"name": ENTRY, "checkpoint": FILE}'
        )
    if isinstance(model, str | Mapping):
        if network_input != NetworkInput():
            raise BenchError(
                "size, mean, std, mode and output are of a network of your own; an entry has parameters, like "
                '{"name": "unet", "size": 128} (see `bench list models`)'
            )
        return None
    if label and not re.fullmatch(CLASS_NAME, label):
        raise BenchError(f"label={label!r}: give a label {NOT_FIRST}, without control characters")
    entry = _entry(model, network_input)
    return ModelSpec(label or _called(model), PYTHON, entry, Parameters(), recipe=None, train_on=None, checkpoint=None)


def _called(model: Any) -> str:
    """Return what to call an object: a function by its name, anything else by its class."""
    return as_label(str(getattr(model, "__name__", type(model).__name__)))


def _entry(model: Any, network_input: NetworkInput) -> ModelEntry:
    if _is_module(model):
        return _network_entry(model, network_input)
    if network_input != NetworkInput():
        raise BenchError(
            f"size, mean, std, mode and output are of an nn.Module; a {type(model).__name__} gets images as they are, "
            "so leave them out"
        )
    if isinstance(model, Segmenter):
        return _entry_of(f"a {type(model).__name__}", lambda _: model, _new_identity())
    if callable(model):
        from bench.api.callables import CallableSegmenter

        def build(classes: tuple[str, ...]) -> Segmenter:
            return CallableSegmenter(model, len(classes))

        return _entry_of(f"the callable {_called(model)}", build, _new_identity())
    raise BenchError(
        f"a {type(model).__name__} is no model; give an nn.Module, a function from an image to labels or scores, a "
        "registry.Segmenter, or the name of an entry (see `bench list models`)"
    )


def _is_module(model: Any) -> bool:
    """Return whether a model is a torch network, without importing torch for models that are none."""
    return any(base.__module__.startswith("torch.nn") and base.__name__ == "Module" for base in type(model).__mro__)


def _network_entry(network: "nn.Module", network_input: NetworkInput) -> ModelEntry:
    from copy import deepcopy

    from bench.api.callables import OneOutput
    from registry.adapter import TorchSegmenter

    network_input.needed()
    geometry = network_input.geometry

    def build(_: tuple[str, ...]) -> Segmenter:
        mean, std = network_input.mean or (), network_input.std or ()
        # A copy: the user's own network keeps its device, precision and mode.
        own = OneOutput(deepcopy(network)).cpu().float()
        return TorchSegmenter(own, geometry, mean=mean, std=std, output=network_input.output)

    return _entry_of(f"the network {type(network).__name__}", build, _new_identity(), geometry)


def _entry_of(
    summary: str,
    build: Callable[[tuple[str, ...]], Segmenter],
    identity: dict[str, str],
    geometry: Geometry | None = None,
) -> ModelEntry:
    return ModelEntry(
        summary=f"{summary}, given from Python",
        build=lambda _parameters, classes, _initialise: build(classes),
        geometry=None if geometry is None else lambda _: geometry,
        identity=lambda _: identity,
    )


def _new_identity() -> dict[str, str]:
    """Return an identity that no other model has: who can tell whether two functions are the same?"""
    return {"object": uuid4().hex}
