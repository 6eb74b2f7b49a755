"""The package imagecorruptions 1.1.2 itself, for those who must compare with numbers made by it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from bench.perturb import Perturbation
from bench.perturb.operations.reference_package import PACKAGE, VERSION, corrupt, installed
from bench.perturb.severity import SEVERITY, SOURCE
from registry.parameters import Parameters

if TYPE_CHECKING:
    from torch import Tensor

    from bench.perturb.streams import Stream

Corruption = Literal[
    "gaussian_noise",
    "shot_noise",
    "impulse_noise",
    "defocus_blur",
    "glass_blur",
    "motion_blur",
    "zoom_blur",
    "snow",
    "frost",
    "fog",
    "brightness",
    "contrast",
    "elastic_transform",
    "pixelate",
    "jpeg_compression",
    "speckle_noise",
    "gaussian_blur",
    "spatter",
    "saturate",
]


class ImageCorruptions(Parameters):
    """corruption: which of the package's 19, in its order."""

    corruption: Corruption = "gaussian_noise"

    def changed(self) -> dict[str, str]:
        """Name the corruption always: the entry's own name does not show it."""
        return {"corruption": self.corruption}


def run_package(images: "Tensor", strength: float, parameters: ImageCorruptions, stream: "Stream") -> "Tensor":
    """Return what the package makes of each image of `images` at severity `strength`.

    The package draws from NumPy's global generator (impulse_noise: from a fresh one) and takes no seed; here it
    is given a generator seeded with the image's own key, so that its pixels are the same in any order and batch.
    They are one draw of what the package would give, not the draw of any particular run of it.
    """
    import numpy as np
    import torch

    results = []
    for image, key in zip(images.permute(0, 2, 3, 1).numpy(), stream.keys, strict=True):
        numbers = np.random.RandomState(np.frombuffer(key, "<u4"))
        results.append(corrupt(np.ascontiguousarray(image), parameters.corruption, int(strength), numbers))
    return torch.from_numpy(np.stack(results)).permute(0, 3, 1, 2)


def _resources(parameters: ImageCorruptions) -> Mapping[str, str]:
    return {"package": f"{PACKAGE} {VERSION}"} if installed() else {}


ENTRY = Perturbation(
    version=1,
    title="The package imagecorruptions itself",
    family="reference",
    source=SOURCE,
    **SEVERITY,
    integer=True,
    parameters=ImageCorruptions,
    apply=run_package,
    rises=False,  # saturate, glass_blur, frost and fog do not
    least=32,
    device="cpu",
    resources=_resources,
)
