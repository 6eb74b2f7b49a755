"""Names of torch devices: what a user gives, what is there."""

from registry.errors import BenchError

KINDS = ("cpu", "cuda")


def resolve_device(given: str) -> str:
    """Return the torch device for `auto`, `cpu`, `cuda` or `cuda:N`.

    Raises:
        BenchError: there is no such device here.
    """
    import torch

    if given == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    kind, _, number = given.partition(":")
    if kind not in KINDS or (number and not (kind == "cuda" and number.isdigit())):
        raise BenchError(f"no device '{given}'; give auto, cpu, cuda or cuda:N")
    if kind == "cuda" and int(number or 0) >= (there := torch.cuda.device_count()):
        raise BenchError(f"device {given}: this machine shows {there} CUDA devices; give --device cpu")
    return given


def first_cuda(device: str) -> int | None:
    """Return the number of the first CUDA device that `device` names; None: the CPU."""
    kind, _, number = device.partition(":")
    return int(number or 0) if kind == "cuda" else None
