"""One or more perturbations after each other, on a batch of images with or without their masks."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.host.files import digest
from bench.perturb.entry import Effect, Perturbation
from bench.perturb.threads import in_one_thread, pool
from registry.errors import BenchError
from registry.labels import IGNORE
from registry.parameters import Parameters

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from bench.perturb.streams import Stream


class Step(NamedTuple):
    """One perturbation at one strength."""

    name: str
    entry: Perturbation
    strength: float
    parameters: Parameters


class Perturbed(NamedTuple):
    """Images, their masks after the same movements, and which pixels are valid, in the form they were given in.

    image: uint8; mask: uint8, 255 where no pixel of the clean image lies any more; valid: bool, False there and
    where the image is hidden.
    """

    image: Any
    mask: Any
    valid: Any


class Stepped(NamedTuple):
    """What `run_steps` gives: images uint8 [N, 3, H, W], masks uint8 [N, H, W] (None where none were given).

    reached: bool [N, H, W], where a pixel of the clean image lies; None: everywhere. There masks are as moved,
    elsewhere 255. hidden: bool [N, H, W], where something hides it; None: nowhere. Masks hold the label behind it.
    """

    images: "Tensor"
    masks: "Tensor | None"
    reached: "Tensor | None"
    hidden: "Tensor | None"


def step_keys(steps: Sequence[Step], seed: int, image_hash: str, *, fresh: bool = False) -> list[bytes]:
    """Return the random streams' keys of one image, one for each step.

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
    """Return the random stream of N images with these keys (or with those returned, once numbers are drawn)."""
    from bench.perturb.streams import Stream

    return Stream(keys, device)


def run_steps(
    images: "Tensor",
    steps: Sequence[Step],
    keys: Callable[[int], Sequence[bytes]],
    masks: "Tensor | None" = None,
    threads: int | None = None,
) -> Stepped:
    """Perturb a batch; `keys(i)` are the keys of image i, one for each step, asked only where numbers are drawn.

    images: uint8 [N, 3, H, W], RGB, any device and memory layout; masks: uint8 [N, H, W] on the same device.
    On a CPU every image is worked on by one thread, `threads` images at a time (None: as many as torch uses threads
    where this is called), and what torch uses is left as it is.

    Raises:
        BenchError: an image is smaller than an entry allows, or an entry needs a mask and none is given.
        TypeError: an entry returned something else than it was given.
    """
    import torch

    _check(images, steps, masks)
    if images.device.type != "cpu":
        return _run(images, range(len(images)), steps, keys, masks)
    if len(images) == 1:
        return in_one_thread(_run, images, [0], steps, keys, masks)
    # The threads write where the result belongs: joining it here would be torch's own threads' work.
    plane = (len(images), *images.shape[-2:])
    moves, covers = (any(getattr(step.entry, kind) for step in steps) for kind in ("moves", "covers"))
    result = Stepped(
        torch.empty_like(images),
        None if masks is None else torch.empty_like(masks),
        torch.ones(plane, dtype=torch.bool) if moves else None,
        torch.zeros(plane, dtype=torch.bool) if covers else None,
    )

    def one(i: int) -> None:
        part = slice(i, i + 1)
        done = _run(images[part], [i], steps, keys, None if masks is None else masks[part])
        for whole, piece in zip(result, done, strict=True):
            if whole is not None and piece is not None:
                whole[part] = piece

    count, numbers = threads or torch.get_num_threads(), range(len(images))
    for _ in map(one, numbers) if count == 1 else pool(count).map(one, numbers):
        pass  # an exception comes out here
    return result


def _check(images: "Tensor", steps: Sequence[Step], masks: "Tensor | None") -> None:
    size = min(images.shape[-2:])
    for step in steps:
        if size < step.entry.least:
            height, width = images.shape[-2:]
            raise BenchError(
                f"{step.name} needs images of at least {step.entry.least} pixels each way, not {height}x{width}"
            )
        if step.entry.needs_mask and masks is None:
            raise BenchError(f"{step.name} places itself by the mask; give masks= as well")


def _run(
    images: "Tensor",
    numbers: Sequence[int],
    steps: Sequence[Step],
    keys: Callable[[int], Sequence[bytes]],
    masks: "Tensor | None",
) -> Stepped:
    reached: Tensor | None = None
    hidden: Tensor | None = None
    for number, step in enumerate(steps):
        effect = _one_step(images, step, partial(_keys_of, numbers, number, keys), masks)
        images = effect.images
        if effect.source is not None:
            inside, index = effect.source >= 0, effect.source.clamp(min=0).flatten(1)
            reached = inside if reached is None else inside & _moved(reached, index)
            hidden = None if hidden is None else inside & _moved(hidden, index)
            masks = None if masks is None else _moved(masks, index).masked_fill(~inside, IGNORE)
        if effect.covered is not None:
            hidden = effect.covered if hidden is None else hidden | effect.covered
    return Stepped(images, masks, reached, hidden)


def _moved(plane: "Tensor", index: "Tensor") -> "Tensor":
    """Return `plane` [N, H, W] read at `index` [N, H * W]."""
    return plane.flatten(1).gather(1, index).view_as(plane)


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

        image = np.ascontiguousarray(given[0].permute(1, 2, 0).numpy())
        result: Any = entry.kernel(image, step.strength, step.parameters, stream)
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
