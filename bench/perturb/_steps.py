"""One or more perturbations after each other, on a batch of pictures with or without their masks."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from bench.perturb._entry import Effect, Perturbation
from bench.perturb._threads import pool
from bench.storage import digest
from registry.errors import BenchError
from registry.parameters import Parameters

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from bench.perturb._stream import Stream

VOID = 255
"""The mask's value where no class counts."""


class Step(NamedTuple):
    """One perturbation at one strength."""

    name: str
    entry: Perturbation
    strength: float
    parameters: Parameters


class Perturbed(NamedTuple):
    """Pictures, their masks after the same movements (None where none were given), and which pixels are valid.

    image: uint8 [N, 3, H, W]; mask: uint8 [N, H, W]; valid: bool [N, H, W], False where no pixel of the
    clean picture lies any more, or where it is hidden. The public `perturb` gives them in the form it was given.
    """

    image: Any
    mask: Any
    valid: Any


def step_keys(steps: Sequence[Step], seed: int, image_hash: str, *, fresh: bool = False) -> list[bytes]:
    """Return the random streams' keys of one picture, one for each step.

    The key is BLAKE2b-128 of the suite's seed, the hash of the decoded native RGB pixels and their shape,
    the perturbation's name and its entry's version; with `fresh` the strength is in it too. A name that
    comes again in a chain is counted ("fog", then "fog 2").
    """
    keys = []
    names = [step.entry.draws_as or step.name for step in steps]
    for i, step in enumerate(steps):
        again = names[:i].count(names[i])
        name = f"{names[i]} {again + 1}" if again else names[i]
        parts = [seed, image_hash, name, step.entry.version]
        keys.append(bytes.fromhex(digest(*parts, *([float(step.strength)] if fresh else []))))
    return keys


def stream_of(keys: Sequence[bytes] | Callable[[], Sequence[bytes]], device: "torch.device | str" = "cpu") -> "Stream":
    """Return the random stream of N pictures with these keys (or with those returned, once numbers are drawn)."""
    from bench.perturb._stream import Stream

    return Stream(keys, device)


def run_steps(
    images: "Tensor",
    steps: Sequence[Step],
    keys: Callable[[int], Sequence[bytes]],
    masks: "Tensor | None" = None,
    *,
    occluded: Literal["count", "ignore"] = "count",
) -> Perturbed:
    """Perturb a batch; `keys(i)` are the keys of picture i, one for each step, asked only where numbers are drawn.

    images: uint8 [N, 3, H, W], RGB, any device and memory layout; masks: uint8 [N, H, W] on the same device.
    Pixels of the masks that no pixel of the picture reaches become 255; hidden ones too where `occluded` is "ignore".
    On a CPU every picture is worked on by one thread, as many at a time as torch uses threads.

    Raises:
        BenchError: a picture is smaller than an entry allows, or an entry needs a mask and none is given.
        TypeError: an entry returned something else than it was given.
    """
    import torch

    _check(images, steps, masks)
    if len(images) == 1 or images.device.type != "cpu":
        return _run(images, range(len(images)), steps, keys, masks, occluded)

    # The threads write where the result belongs: joining it here would be torch's own threads' work.
    image, valid = torch.empty_like(images), torch.empty((len(images), *images.shape[-2:]), dtype=torch.bool)
    mask = None if masks is None else torch.empty_like(masks)

    def one(i: int) -> None:
        part = slice(i, i + 1)
        done = _run(images[part], [i], steps, keys, None if masks is None else masks[part], occluded)
        image[part], valid[part] = done.image, done.valid
        if mask is not None:
            mask[part] = done.mask

    for _ in pool(torch.get_num_threads()).map(one, range(len(images))):
        pass  # an exception comes out here
    return Perturbed(image, mask, valid)


def _check(images: "Tensor", steps: Sequence[Step], masks: "Tensor | None") -> None:
    size = min(images.shape[-2:])
    for step in steps:
        if size < step.entry.least:
            height, width = images.shape[-2:]
            raise BenchError(
                f"{step.name} needs pictures of at least {step.entry.least} pixels each way, not {height}x{width}"
            )
        if step.entry.needs_mask and masks is None:
            raise BenchError(f"{step.name} places itself by the mask; give masks= as well")


def _run(
    images: "Tensor",
    numbers: Sequence[int],
    steps: Sequence[Step],
    keys: Callable[[int], Sequence[bytes]],
    masks: "Tensor | None",
    occluded: Literal["count", "ignore"],
) -> Perturbed:
    import torch

    valid: Tensor | None = None  # everywhere
    for number, step in enumerate(steps):
        effect = _one_step(images, step, partial(_keys_of, numbers, number, keys), masks)
        images = effect.images
        if (source := effect.source) is not None:
            inside, index = source >= 0, source.clamp(min=0).flatten(1)
            valid = inside if valid is None else inside & valid.flatten(1).gather(1, index).view_as(valid)
            if masks is not None:
                masks = masks.flatten(1).gather(1, index).view_as(masks).masked_fill(~inside, VOID)
        if effect.covered is not None:
            valid = ~effect.covered if valid is None else valid & ~effect.covered
            if masks is not None and occluded == "ignore":
                masks = masks.masked_fill(effect.covered, VOID)
    if valid is None:
        valid = torch.ones((len(images), *images.shape[-2:]), dtype=torch.bool, device=images.device)
    return Perturbed(images, masks, valid)


def _keys_of(numbers: Sequence[int], step: int, keys: Callable[[int], Sequence[bytes]]) -> list[bytes]:
    return [keys(i)[step] for i in numbers]


def _one_step(images: "Tensor", step: Step, keys: Callable[[], Sequence[bytes]], masks: "Tensor | None") -> Effect:
    import torch

    entry = step.entry
    if step.strength == entry.identity:
        return Effect(images.clone())
    device = images.device if entry.device == "any" else torch.device("cpu")
    stream = stream_of(keys, device)
    given = images.to(device)
    if entry.kernel is not None and device.type == "cpu" and len(images) == 1:
        import numpy as np

        picture = np.ascontiguousarray(given[0].permute(1, 2, 0).numpy())
        result: Any = entry.kernel(picture, step.strength, step.parameters, stream)
        result = torch.from_numpy(result).permute(2, 0, 1)[None]
    else:
        more = {"masks": masks.to(device)} if entry.needs_mask and masks is not None else {}
        result = entry.apply(given, step.strength, step.parameters, stream, **more)
    effect = result if isinstance(result, Effect) else Effect(result)
    if (effect.images.dtype, effect.images.shape) != (images.dtype, images.shape):
        shape = f"{effect.images.dtype} {list(effect.images.shape)}"
        raise TypeError(f"{step.name} returned {shape}, not {images.dtype} {list(images.shape)} as it was given")
    source, covered = (None if value is None else value.to(images.device) for value in effect[1:])
    return Effect(effect.images.to(images.device), source, covered)
