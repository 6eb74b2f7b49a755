"""Weights from a hub: which file, how big, where from, where it goes, and one message where it cannot be had.

Nothing is fetched unless a suite has `hub`. Imports neither torch nor a hub's library before they are needed.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from registry.errors import BenchError
from registry.segmenter import Needed

if TYPE_CHECKING:
    from torch import nn


def hub_needed(
    what: str, repository: str, file: str, megabytes: float | None, key: str | None, revision: str | None = None
) -> Needed:
    """Return one file of the Hugging Face hub, looked for in its cache ($HF_HOME).

    what: in words, for instance "the ImageNet weights of resnet34". key: the parameter that takes a path
    instead of the word hub, None where there is none. megabytes: see `megabytes_of`; None if unknown.
    """
    from huggingface_hub import constants, try_to_load_from_cache

    def fetch() -> None:
        from huggingface_hub import hf_hub_download

        hf_hub_download(repository, file, revision=revision)

    place = Path(constants.HF_HUB_CACHE) / f"models--{repository.replace('/', '--')}"
    present = isinstance(try_to_load_from_cache(repository, file, revision=revision), str)
    pinned = f" --revision {revision}" if revision else ""
    by_hand = (
        f"on a machine with a network run `hf download {repository} {file}{pinned}`, and copy its folder to {place}"
    )
    source = f"huggingface.co/{repository}"
    return _guarded(Needed(f"{what} ({file})", source, megabytes, str(place), present, fetch, _or_path(by_hand, key)))


def address_needed(
    what: str, address: str, place: Path | None, megabytes: float | None, key: str | None, sha256: str | None = None
) -> Needed:
    """Return one file behind an address. `place`: its path here; None: where torch.hub keeps it ($TORCH_HOME).

    sha256: of the whole file or its first digits; a file with another one is thrown away.
    """
    file = Path(urlsplit(address).path).name
    target = _torch_hub(file) if place is None else place

    def fetch() -> None:
        from torch.hub import download_url_to_file

        target.parent.mkdir(parents=True, exist_ok=True)
        download_url_to_file(address, str(target), sha256, progress=False)

    by_hand = f"get it on a machine with a network and put it at {target}"
    needed = Needed(
        f"{what} ({file})", address, megabytes, str(target), target.is_file(), fetch, _or_path(by_hand, key)
    )
    return _guarded(needed)


def _torch_hub(file: str) -> Path:
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints" / file


def _or_path(by_hand: str, key: str | None) -> str:
    return f"{by_hand}, or give {key}: PATH" if key else by_hand


def timm_needed(name: str, key: str | None) -> Needed:
    """Return the file that timm loads for a pre-trained model called `name`, perhaps with a tag ("resnet18.a1_in1k").

    Raises:
        BenchError: timm has no such model, or no weights for it.
    """
    import timm
    import torch

    config = timm.get_pretrained_cfg(name, allow_unregistered=True)
    if config is None or not config.has_weights:
        raise BenchError(f"timm has no pre-trained weights for {name}; give {key or 'weights'}: none or a path")
    with torch.device("meta"):
        megabytes = megabytes_of(timm.create_model(name))
    what = f"timm's weights of {config.architecture}" + (f".{config.tag}" if config.tag else "")
    if config.hf_hub_id:
        repository, _, revision = config.hf_hub_id.partition("@")
        file = config.hf_hub_filename or "model.safetensors"
        return hub_needed(what, repository, file, megabytes, key, revision or None)
    address = config.url[0] if isinstance(config.url, tuple) else str(config.url)
    return address_needed(what, address, None, megabytes, key)


def timm_licence(name: str) -> str:
    """Return the licence that timm states for the hub's weights of a model called `name`."""
    import timm

    config = timm.get_pretrained_cfg(name)
    return (config and config.license) or "not stated by timm"


def megabytes_of(network: "nn.Module") -> float:
    """Return the size of a network's parameters and buffers in MB (10^6 bytes) as they are; a file is a little more.

    To know it without the memory, build the network under `torch.device("meta")`.
    """
    size: int = sum(t.numel() * t.element_size() for t in network.state_dict().values())
    return size / 1e6


def size_words(megabytes: float | None) -> str:
    """Return a size in words; it is computed from the number of weights, or published.

    >>> size_words(0.001), size_words(46.8), size_words(1234.5), size_words(None)
    ('less than 1 MB', 'about 47 MB', 'about 1.2 GB', 'of unknown size')
    """
    if megabytes is None:
        return "of unknown size"
    if megabytes < 1:
        return "less than 1 MB"
    return f"about {megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"about {megabytes:.0f} MB"


class UnreachableError(BenchError):
    """A file that cannot be fetched now; the suite itself is right."""


def unreachable(needed: Needed, error: Exception) -> UnreachableError:
    """Return the one message for a file that cannot be fetched: which, how big, where from, where to put it."""
    reason = next((c for c in _causes(error) if str(c)), error)
    words = " ".join(str(reason).split())[:120]
    ours = isinstance(reason, BenchError)
    why = words if ours else f"{type(reason).__name__}: {words}" if words else type(reason).__name__
    what = f"{needed.what}, {size_words(needed.megabytes)},"
    return UnreachableError(f"{what} cannot be fetched from {needed.source} ({why}); {needed.by_hand}")


def _causes(error: BaseException) -> list[BaseException]:
    """Return what an error comes from, the first cause first: a hub's own message has less in it than the socket's."""
    chain = [error]
    while (cause := chain[0].__cause__ or chain[0].__context__) is not None and cause not in chain:
        chain.insert(0, cause)
    return chain


@contextmanager
def fetched(*files: Needed) -> Iterator[None]:
    """Fetch what of `files` is missing; then let a library load them in the block, without its messages about retries.

    Raises:
        BenchError: one cannot be had; the message of `unreachable`.
    """
    for needed in files:
        if not needed.present:
            needed.fetch()
    with _quiet():
        try:
            yield
        except OSError as error:  # another file of the library's own choice
            raise unreachable(files[-1], error) from error


def _guarded(needed: Needed) -> Needed:
    """Return the same file with a `fetch` that fails in one message."""

    def fetch(get: Callable[[], None] = needed.fetch) -> None:
        with _quiet():
            try:
                get()
            except Exception as error:  # a downloader's faults have no common type
                raise unreachable(needed, error) from error

    return replace(needed, fetch=fetch)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep a library's messages about its retries off the screen."""
    logs = [logging.getLogger(name) for name in ("huggingface_hub", "timm")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
