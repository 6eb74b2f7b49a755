"""Named lists of perturbations, at their default strengths unless a list has its own."""

from typing import NamedTuple


class PresetItem(NamedTuple):
    """One perturbation of a preset; `strengths` None: the entry's own."""

    name: str
    strengths: tuple[float, ...] | None = None


def _items(names: str, strengths: tuple[float, ...] | None = None) -> tuple[PresetItem, ...]:
    return tuple(PresetItem(name, strengths) for name in names.split())


# The package's own order; brightness is among the weather there.
_COMMON15 = (
    "gaussian_noise shot_noise impulse_noise defocus_blur glass_blur motion_blur zoom_blur snow frost fog brightness "
    "contrast elastic_transform pixelate jpeg_compression"
)

PRESETS: dict[str, tuple[PresetItem, ...]] = {
    # University of Edinburgh, "Computer Vision Mini-Project", February 2025: items a to h in its order.
    "edinburgh_2025": _items(
        "additive_noise binomial_blur contrast_increase contrast_decrease brightness_increase brightness_decrease "
        "occlusion salt_and_pepper"
    ),
    # Hendrycks & Dietterich 2019 as in imagecorruptions: the benchmark's 15, and with them the 4 for validation.
    "common15": _items(_COMMON15),
    "common19": _items(f"{_COMMON15} speckle_noise gaussian_blur spatter saturate"),
    # Kamann & Rother, CVPR 2020: four each of blur, noise, digital and weather; of the noises the three severities
    # whose signal-to-noise ratio is above 10.
    "kamann2020": (
        *_items("motion_blur defocus_blur glass_blur gaussian_blur"),
        *_items("gaussian_noise impulse_noise shot_noise speckle_noise", (1, 2, 3)),
        *_items("brightness contrast saturate jpeg_compression"),
        *_items("snow spatter fog frost"),
    ),
    # Everything here moves the mask with the image.
    "geometric": _items("rotate translate scale shear perspective horizontal_flip vertical_flip elastic_transform"),
}
