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
SCORES_APART = 0.01  # mean difference by rounding, of the mean size of the scores: half precision
LABELS_APART = 0.01  # share of the pixels whose label rounding may change
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

    A file that drops the axis of the images, fails with two, or gives an image other numbers beside another one, gets
    one at a time.

    Raises:
        BenchError: it fails with one image too, its output is no picture, or what it gives for an image is not certain.
    """
    step = description.batch or 1
    first = np.repeat(inputs[:1], step, 0)
    output = _run(run, first, description)
    if not _agree(output, _run(run, first, description)):
        raise _uncertain(description, "when it is run again", "in evaluation mode, without dropout")
    if description.batch is None and (together := _together(run, inputs, output)) is not None:
        return Trial(None, True, _pictures(together, description, name))
    if step > 1:
        if output.ndim < 3 or len(output) != step:
            raise _no_picture(description, name, output.shape)
        mixed = _run(run, np.resize(inputs, first.shape), description)
        if not _agree(output[:1], mixed[:1]):
            raise _uncertain(description, "beside other images", "for one image at a time, in evaluation mode")
        return Trial(step, True, _pictures(mixed[:2], description, name))
    batched = output.ndim == 4 or (output.ndim == 3 and len(output) == 1)
    both = np.stack([output, _run(run, inputs[1:], description)])
    if batched and len(output) == 1:
        both = both[:, 0]
    return Trial(1, batched, _pictures(both, description, name))


def _together(run: RunFile, inputs: Array, one: Array) -> Array | None:
    """Return the output for both images; None: it is no output for each of them. one: that of the first alone."""
    try:
        two = run(inputs)
    except Exception:  # noqa: BLE001 - onnxruntime's own kinds; one image at a time says whether it is the batch
        return None
    fits = one.ndim > 2 and len(one) == 1 and two.shape == (2, *one.shape[1:])
    return two if fits and _agree(one, two[:1]) else None


def _agree(one: Array, other: Array) -> bool:
    """Return whether two outputs for one image differ by rounding alone. What is not finite is refused elsewhere."""
    if one.shape != other.shape:
        return False
    if not np.issubdtype(one.dtype, np.floating):
        return bool((one != other).mean() <= LABELS_APART) if one.size else True
    a, b = one.astype(np.float64), other.astype(np.float64)
    if not (np.isfinite(a).all() and np.isfinite(b).all()) or not a.size:
        return True
    return bool(np.abs(a - b).mean() <= SCORES_APART * np.abs(a).mean())


def _uncertain(description: Description, when: str, how: str) -> BenchError:
    return BenchError(f"file: {description.file} gives other numbers for the same image {when}; export it anew {how}")


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
