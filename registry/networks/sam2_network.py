"""SAM2's network: built with random weights, or loaded from a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import Sam2Config, Sam2Model, utils

from registry.errors import BenchError, in_one_line
from registry.networks.sam2_variants import resized
from registry.networks.sam2_weights import CONFIGURATION, WEIGHTS
from registry.weights import load_state


def from_scratch(config: Sam2Config) -> Sam2Model:
    """Return a network with random weights, as SAM2's own code draws them.

    transformers draws every matrix with a standard deviation of 0.02 and two matrices for the positions, one
    for points and one for the image. SAM2's layers begin as torch's do, and one matrix serves for both.
    """
    network = Sam2Model(config)
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d | nn.Embedding):
            module.reset_parameters()
    nn.init.trunc_normal_(network.no_memory_embedding, std=0.02)
    network.prompt_encoder.shared_embedding.load_state_dict(network.shared_image_embedding.state_dict())
    return network


def load_configuration(folder: Path, size: int) -> Sam2Config:
    """Return the configuration of a folder made by save_pretrained, for images of `size` pixels.

    Raises:
        BenchError: it cannot be read, or is not one of SAM2.
    """
    try:
        with _quiet():
            config = Sam2Config.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # transformers' faults over a configuration have no common type
        raise BenchError(
            f"{folder / CONFIGURATION} cannot be read ({in_one_line(error)}); make the folder anew by save_pretrained"
        ) from error
    if config.model_type not in ("sam2", "sam2_video"):
        raise BenchError(f"{folder} holds a model of type '{config.model_type}'; weights: wants sam2 or sam2_video")
    return resized(config, size)


def load_network(folder: Path, config: Sam2Config) -> Sam2Model:
    """Return the network with the folder's weights (safetensors); what is of the video's memory is left out.

    Raises:
        BenchError: the file cannot be read; or a weight is missing, left over or of another shape: none is ever
            made up.
    """
    state = load_state(folder / WEIGHTS)
    with _quiet():
        loaded: Any = Sam2Model.from_pretrained(
            None,
            config=config,
            state_dict=state,
            dtype=torch.float32,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, in one line
        )
    network: Sam2Model = loaded[0]
    info: dict[str, Any] = loaded[1]
    faults = {
        "missing": sorted(info["missing_keys"]),
        "unknown": sorted(info["unexpected_keys"]),
        "of another shape": sorted(key for key, *_ in info["mismatched_keys"]),
    }
    if words := [f"{len(keys)} {what} ({', '.join(keys[:2])})" for what, keys in faults.items() if keys]:
        raise BenchError(f"{folder} does not match SAM2: tensors {'; '.join(words)}")
    return network


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' bars and advice off the screen; its errors still come."""
    logging: Any = utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
