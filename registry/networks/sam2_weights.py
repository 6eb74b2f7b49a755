"""Where SAM2's published weights lie, and the message where they are missing. Imports nothing heavy."""

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from registry.errors import BenchError
from registry.hub import hub_needed
from registry.networks.sam2_variants import VARIANTS, Published, repository
from registry.regular_files import users_path
from registry.segmenter import Needed

CONFIGURATION, WEIGHTS = "config.json", "model.safetensors"


def library_identity() -> dict[str, str]:
    """Return the library's major version: another one may compute something else."""
    try:
        return {"transformers": version("transformers").split(".")[0]}
    except PackageNotFoundError:
        return {"transformers": "missing"}


def local_folder(weights: str) -> Path | None:
    """Return the folder behind `weights`; None for `hub`.

    Raises:
        BenchError: it is not a folder with a configuration and weights.
    """
    if weights == "hub":
        return None
    folder = users_path(weights).absolute()
    if missing := [name for name in (CONFIGURATION, WEIGHTS) if not (folder / name).is_file()]:
        raise BenchError(
            f"weights: there is no {' and no '.join(missing)} in {folder}; "
            "give hub, or a folder made by save_pretrained"
        )
    return folder


def hub_file(variant: Published) -> Needed:
    """Return the hub's file with the weights of a published variant."""
    what = f"the weights of SAM2.1 {variant}"
    return hub_needed(what, repository(variant), WEIGHTS, VARIANTS[variant].megabytes, "weights")


def weights_folder(weights: str, variant: Published) -> Path:
    """Return the folder with the weights, fetched from the hub for `weights: hub`, if they are not there yet.

    Raises:
        BenchError: they cannot be had: which file, how big, where from and where to put it.
    """
    if (folder := local_folder(weights)) is not None:
        return folder
    from huggingface_hub import try_to_load_from_cache

    if not (needed := hub_file(variant)).present:
        needed.fetch()
    file = try_to_load_from_cache(repository(variant), WEIGHTS)
    assert isinstance(file, str)
    return Path(file).parent


def weights_identity(weights: str, variant: Published) -> dict[str, str]:
    """Return what of the weights decides the numbers: a hash of the folder's two files, or the hub's name."""
    if (folder := local_folder(weights)) is None:
        return {"weights": repository(variant)}
    found = hashlib.blake2b(digest_size=16)
    for name in (CONFIGURATION, WEIGHTS):
        with (folder / name).open("rb") as file:
            found.update(hashlib.file_digest(file, "blake2b").digest())
    return {"weights": found.hexdigest()}
