"""`perturb`: one perturbation of an image or a batch, in the form in which it was given."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from bench.host.hashing import pixel_hash
from bench.perturb.entry import PERTURBATIONS, Perturbation
from bench.perturb.steps import Perturbed, Step, Stepped, run_steps, step_keys
from bench.perturb.threads import in_one_thread
from registry.errors import BenchError
from registry.parameters import typed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from registry.parameters import Parameters

    Images = TypeVar("Images", NDArray[np.uint8], Tensor)


@overload
def perturb(
    images: "Images",
    name: str,
    strength: float,
    *,
    seed: int = ...,
    parameters: "Parameters | Mapping[str, Any] | None" = ...,
    image_hash: str | Sequence[str] | None = ...,
) -> "Images": ...


@overload
def perturb(
    images: "Images",
    name: str,
    strength: float,
    *,
    masks: "Images",
    seed: int = ...,
    parameters: "Parameters | Mapping[str, Any] | None" = ...,
    image_hash: str | Sequence[str] | None = ...,
) -> Perturbed: ...


def perturb(
    images: Any,
    name: str,
    strength: float,
    *,
    seed: int = 0,
    parameters: "Parameters | Mapping[str, Any] | None" = None,
    masks: Any = None,
    image_hash: str | Sequence[str] | None = None,
) -> Any:
    """Return a perturbed copy of one image or a batch, RGB uint8; all images of a batch have one size.

    images: NumPy [H, W, 3] or [N, H, W, 3], torch [3, H, W] or [N, 3, H, W]. The result has the form, dtype
    and device of what was given. A grey image ([H, W], or one channel in place of three) is taken as RGB with
    three equal channels, as a run reads it, and the result is RGB: noise has a colour. The same image, name,
    strength and seed give the same pixels in every form, alone or in a batch, on every device (a GPU within one
    grey level on 99.9 % of the values).
    parameters: the entry's own, as its `parameters` class or as a mapping; None: its defaults.
    masks: uint8 [H, W] or [N, H, W], 255 where no class counts. With them the result is a `Perturbed`: the
    image, the mask moved as the image was (uncovered pixels are 255), and `valid` (bool).
    image_hash: `bench.host.hashing.pixel_hash` of each native image where the caller has it already, or where
    `images` are resized copies that share the native images' random numbers; None computes it.

    Raises:
        BenchError: no perturbation has that name, the strength is not one it takes, a parameter is wrong, the
            images are not uint8 of one of these shapes, or the masks do not fit them.
    """
    if not isinstance(name, str):
        raise BenchError(f"a perturbation is named by a text, not {name!r} (see `bench list perturbations`)")
    entry, seed = PERTURBATIONS[name], _seed(seed)
    step = Step(name, entry, entry.check_strength(strength), _checked(entry, name, parameters))
    import torch

    work = partial(_perturbed, images, step, seed, masks, image_hash, torch.get_num_threads())
    on_cpu = not isinstance(images, torch.Tensor) or images.device.type == "cpu"
    return in_one_thread(work) if on_cpu else work()


def _perturbed(
    images: Any, step: Step, seed: int, masks: Any, image_hash: str | Sequence[str] | None, threads: int
) -> Any:
    pixels, single = _as_batch(images)
    ground_truth = None if masks is None else _masks_as_batch(masks, pixels)
    hashes = [image_hash] if isinstance(image_hash, str) else image_hash
    if hashes is not None and len(hashes) != len(pixels):
        raise BenchError(f"{len(hashes)} image hashes for {len(pixels)} images; give one for each")

    def keys(i: int) -> list[bytes]:
        known = hashes[i] if hashes else pixel_hash(pixels[i].permute(1, 2, 0).cpu().numpy())
        return step_keys([step], seed, known)

    result = run_steps(pixels, [step], keys, ground_truth, threads)
    return _in_the_form_of(images, result, single=single, with_masks=masks is not None)


def _valid(result: Stepped) -> "Tensor":
    import torch

    valid = torch.ones_like(result.images[:, 0], dtype=torch.bool) if result.reached is None else result.reached
    return valid if result.hidden is None else valid & ~result.hidden


def _seed(seed: Any) -> int:
    import operator

    if isinstance(seed, bool) or not hasattr(seed, "__index__") or operator.index(seed) < 0:
        raise BenchError(f"seed {seed!r}: give a whole number from 0 on")
    return operator.index(seed)


def _checked(entry: Perturbation, name: str, parameters: "Parameters | Mapping[str, Any] | None") -> "Parameters":
    if isinstance(parameters, entry.parameters):
        return parameters
    if parameters is not None and not isinstance(parameters, Mapping):
        raise BenchError(f"{name}: parameters are a mapping of names to values, not {type(parameters).__name__}")
    return typed(entry.parameters, dict(parameters or {}), name)


def _as_batch(images: Any) -> "tuple[Tensor, bool]":
    """Return the images as [N, 3, H, W] without copying, and whether it was one alone."""
    import numpy as np
    import torch

    given = isinstance(images, torch.Tensor)
    if not given and not isinstance(images, np.ndarray):
        raise BenchError(f"images to perturb are NumPy arrays or torch tensors, not {type(images).__name__}")
    dtype = str(images.dtype).removeprefix("torch.")
    if dtype != "uint8":
        hint = "; multiply by 255 and round if its values are in 0..1" if dtype.startswith("float") else ""
        raise BenchError(f"images to perturb are uint8 with values 0..255, not {dtype}{hint}")
    shape = list(images.shape)
    if images.ndim == 2:
        images = images[None] if given else images[..., None]
    channels = images.ndim - 3 if given else images.ndim - 1
    if images.ndim not in (3, 4) or images.shape[channels] not in (1, 3) or 0 in shape:
        form = "[3, H, W] or [N, 3, H, W]" if given else "[H, W, 3] or [N, H, W, 3]"
        empty = "; there is nothing in it" if 0 in shape else ""
        raise BenchError(f"images to perturb have the shape {form} (RGB), or are grey [H, W], not {shape}{empty}")
    single = images.ndim == 3
    batch = images[None] if single else images
    pixels = batch if isinstance(batch, torch.Tensor) else _from_numpy(batch).permute(0, 3, 1, 2)
    return pixels.repeat(1, 3, 1, 1) if pixels.shape[1] == 1 else pixels, single


def _from_numpy(array: "NDArray[np.uint8]") -> "Tensor":
    """Share the array's memory where torch can: it refuses negative strides and warns of read-only memory."""
    import numpy as np
    import torch

    sound = array.flags.writeable and all(stride >= 0 for stride in array.strides)
    return torch.from_numpy(array if sound else np.array(array))


def _masks_as_batch(masks: Any, pixels: "Tensor") -> "Tensor":
    import torch

    dtype = str(getattr(masks, "dtype", type(masks).__name__)).removeprefix("torch.")
    wanted = [len(pixels), *pixels.shape[-2:]]
    shape = list(getattr(masks, "shape", ()))
    if dtype != "uint8" or shape not in (wanted, wanted[1:] if wanted[0] == 1 else wanted):
        forms = f"{wanted[1:]} or {wanted}" if wanted[0] == 1 else f"{wanted}"
        raise BenchError(f"masks for these images are uint8 (255: no class) {forms}, not {dtype} {shape}")
    tensor = masks if isinstance(masks, torch.Tensor) else _from_numpy(masks)
    return tensor.view(wanted).clone().to(pixels.device)  # what is given back is never what was given


def _in_the_form_of(images: Any, result: Stepped, *, single: bool, with_masks: bool) -> Any:
    import torch

    given = isinstance(images, torch.Tensor)
    pixels = (result.images if given else result.images.movedim(-3, -1)).contiguous()
    values = [pixels, *([result.masks, _valid(result)] if with_masks else [])]
    forms = [value if given or value is None else value.numpy() for value in values]
    image, *rest = [value if value is None or not single else value[0] for value in forms]
    return Perturbed(image, *rest) if with_masks else image
