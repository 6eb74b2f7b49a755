"""Where a number was made: machine, versions, commit. Imports nothing that it describes."""

import os
import platform
import resource
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    *("segbench", "torch", "torchvision", "timm", "segmentation-models-pytorch", "open_clip_torch", "transformers"),
    *("onnxruntime", "albumentations", "lightning"),
)
LIBRARIES = (
    *("numpy", "numba", "scipy", "opencv-python-headless", "pillow", "scikit-image", "imagecorruptions"),
    *("pandas", "pyarrow", "safetensors"),
)
CODECS = ("jpg", "libjpeg_turbo", "webp")
"""As Pillow calls them: corrupted images can depend on their versions."""


@cache
def versions() -> Mapping[str, str]:
    """Return the version of Python and of each package that a number can depend on; slow to find, so only once."""
    from PIL import features

    codecs = {f"Pillow's {name}": str(features.version(name) or "missing") for name in CODECS}
    return {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES + LIBRARIES} | codecs


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def machine(device: str | None = None) -> dict[str, Any]:
    """Return the machine; a GPU is named when `device` is one (torch is loaded by then)."""
    gpu = None
    if device and device.startswith("cuda"):
        import torch

        gpu = f"{torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    return {
        "os": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "gpu": gpu,
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


BF16_FLAGS = frozenset({"amx_bf16", "avx512_bf16"})


@cache
def has_bf16_instructions(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Return whether this CPU multiplies bf16 in hardware; False where the system does not say (only Linux does)."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    flags = next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), [])
    return not BF16_FLAGS.isdisjoint(flags)


@cache
def commit() -> dict[str, Any] | None:
    """Return the checkout's commit and whether files differ from it; None when installed from a wheel."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        return {"commit": _git(root, "rev-parse", "HEAD"), "dirty": bool(_git(root, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(root: Path, *words: str) -> str:
    command = ["git", "-C", str(root), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()


_PEAKS = [0.0]
"""The largest resident memory that was seen: the system's own figure can be set back."""


def peak_memory_gib() -> float:
    """Return the largest resident memory of this process so far, in GiB; ask before the system's is set back."""
    unit = 1 if sys.platform == "darwin" else 1024
    _PEAKS[0] = max(_PEAKS[0], resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30)
    return _PEAKS[0]
