"""What an ONNX file does with two images: whether it takes them together, and what its output looks like.

A file's declared shapes are often open, or not those that it has in the end.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from registry.errors import BenchError
from registry.networks.onnx_file import Description

Array = np.ndarray[Any, Any]
RunFile = Callable[[Array], Array]
"""From the file's input to the output that is read."""


class Trial(NamedTuple):
    """step: how many images go into one run, None: any number. batched: the output's first axis is the images.

    output: what the file returns for the trial images, [2, h, w] or [2, a, b, c].
    """

    step: int | None
    batched: bool
    output: Array


def trial_images(height: int, width: int) -> list[Tensor]:
    """Return two images uint8 [3, height, width]: black, white, noise and a ramp in one, soft colours in the other.

    Always the same ones, so that a file is always read in the same way.
    """
    generator = torch.Generator().manual_seed(0)
    first = torch.rand(3, height, width, generator=generator) * 255
    first[:, : height // 2, : width // 2] = 0
    first[:, : height // 2, width // 2 :] = 255
    first[:, height // 2 :, width // 2 :] = torch.linspace(0, 255, width - width // 2)
    second = F.interpolate(torch.rand(1, 3, 4, 4, generator=generator) * 255, (height, width), mode="bilinear")[0]
    return [image.round().to(torch.uint8) for image in (first, second)]


def tried(description: Description, name: str, run: RunFile, inputs: Array) -> Trial:
    """Run a file on two images, together where it takes any number.

    A file that drops the axis of the images, or fails with two, gets one at a time.

    Raises:
        BenchError: it fails with one image too, or its output is no picture.
    """
    if description.batch is None and (together := _together(run, inputs)) is not None:
        return Trial(None, True, _pictures(together, description, name))
    step = description.batch or 1
    output = _run(run, inputs[:1] if step == 1 else np.resize(inputs, (step, *inputs.shape[1:])), description)
    if step > 1:
        if output.ndim < 3 or len(output) != step:
            raise _no_picture(description, name, output.shape)
        return Trial(step, True, _pictures(output[:2], description, name))
    batched = output.ndim == 4 or (output.ndim == 3 and len(output) == 1)
    both = np.stack([output, _run(run, inputs[1:], description)])
    if batched and len(output) == 1:
        both = both[:, 0]
    return Trial(1, batched, _pictures(both, description, name))


def _together(run: RunFile, inputs: Array) -> Array | None:
    """Return the output for both images; None: it is no output for each of them."""
    try:
        one, two = run(inputs[:1]), run(inputs)
    except Exception:  # noqa: BLE001 - onnxruntime's own kinds; one image at a time says whether it is the batch
        return None
    return two if one.ndim > 2 and len(one) == 1 and two.shape == (2, *one.shape[1:]) else None


def _run(run: RunFile, inputs: Array, description: Description) -> Array:
    try:
        return run(inputs)
    except Exception as error:
        reason = (str(error).splitlines() or [""])[0]
        raise BenchError(
            f"file: {description.file} fails with an input of {list(inputs.shape)} ({reason}); give another size:, or "
            "export it anew"
        ) from error


def _pictures(output: Array, description: Description, name: str) -> Array:
    if output.ndim not in (3, 4):
        raise _no_picture(description, name, output.shape[1:])
    return output


def _no_picture(description: Description, name: str, shape: tuple[int, ...]) -> BenchError:
    return BenchError(
        f"output_name: the output '{name}' of {description.file} is {list(shape)} for an image; it has to be [h, w] or "
        "[C, h, w] (or [h, w, C]), so export one that is, or name another output"
    )
