"""How training images are augmented, as plain data: transforms of albumentations, their strengths and chances.

Beside each transform stand the benchmark's perturbations that it shows the network. Imports nothing heavy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from registry.recipe import Augmentation

T = TypeVar("T")

# OpenCV's INTER_NEAREST and BORDER_REFLECT_101: pixels from outside are those of the image and its mask, mirrored.
_NEAREST = {"mask_interpolation": 0}
_REFLECTED = {"border_mode": 4, **_NEAREST}


@dataclass(frozen=True)
class Transform:
    """A transform: its class (of albumentations or `bench.training.augmentation`), options, perturbations it shows."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    shows: tuple[str, ...] = ()


@dataclass(frozen=True)
class AugmentationStep:
    """With probability `chance`, one of `choices`, all equally likely."""

    chance: float
    choices: tuple[Transform, ...]


class ClassAugmentation(NamedTuple):
    """The augmentation of one class of images: the steps at the native size, then those at the network's size."""

    native: tuple[AugmentationStep, ...] = ()
    sized: tuple[AugmentationStep, ...] = ()


class ProfileStrengths(NamedTuple):
    """In what the profiles of cats and of dogs differ; lengths in pixels of a 512-pixel image."""

    affine: tuple[float, float, float, float]
    """Chance, shift as a share of the side, change of scale, degrees."""
    crop: tuple[float, float]
    """Chance, least share of the area."""
    hole: float
    salt: float
    elastic: tuple[float, float]
    grid: tuple[int, float]
    optical: float | None
    colour: tuple[int, int, int]
    """Hue in OpenCV's half degrees, saturation and value in grey levels."""
    rgb: int
    other: float
    """The chance of every other step."""


STRENGTHS = {
    "aggressive": ProfileStrengths(
        (0.8, 0.1, 0.15, 15), (0.3, 0.8), 0.4, 0.3, (40, 4), (5, 0.2), 0.2, (10, 30, 20), 15, 0.3
    ),
    "mild": ProfileStrengths(
        (0.5, 0.05, 0.1, 10), (0.2, 0.9), 0.3, 0.2, (30, 3), (4, 0.15), None, (5, 20, 15), 10, 0.2
    ),
}
"""The Edinburgh authors' settings for cats and for dogs, as far as they are known.

Not known are `other`, the chances of their bends, light, noise, blur and perspective: here those of their crop and
of their salt and pepper. Nor are the share of salt and pepper (here up to 0.18, as in their test), the size of the
sun's flare (ours), and the strengths of CLAHE, shadow, fog and ISO noise (albumentations' own).
"""


def for_class(values: Sequence[T], label: int) -> T:
    """Return the entry of an image whose class is `label`: the last one holds for all further classes."""
    return values[min(label, len(values) - 1)]


def augmentation_by_class(augmentation: Augmentation, height: int, width: int) -> list[ClassAugmentation]:
    """Return the steps for an image of class 0, 1, … (see `for_class`); the network's input is height x width.

    Lengths in pixels grow with the input's shorter side, so that images of every size are bent and hidden alike;
    noise and blur are those of the pixels that the network sees.
    """
    if not augmentation.profiles:
        return [_online(augmentation, height, width)]
    return [
        _profile(STRENGTHS[name], height, width) if name in STRENGTHS else ClassAugmentation()
        for name in augmentation.profiles
    ]


def _online(chances: Augmentation, height: int, width: int) -> ClassAugmentation:
    """Return the Edinburgh report's on-line transforms. It gives no strengths: these are our choice."""
    crop = {"size": (height, width), "scale": (0.5, 1.0), "area_for_downscale": "image", **_NEAREST}
    elastic = {"alpha": 40, "sigma": 6, **_REFLECTED}
    grid = {"num_steps": 5, "distort_limit": 0.2, **_REFLECTED}
    return ClassAugmentation(
        native=(AugmentationStep(chances.crop, (Transform("RandomResizedCrop", crop, _CROPPED),)),),
        sized=(
            AugmentationStep(chances.flip, (_FLIP,)),
            AugmentationStep(chances.rotate, (Transform("Rotate", {"limit": (-15, 15), **_REFLECTED}, ("rotate",)),)),
            AugmentationStep(chances.elastic, (Transform("ElasticTransform", elastic, _ELASTIC),)),
            AugmentationStep(chances.grid, (Transform("GridDistortion", grid),)),
        ),
    )


_FLIP = Transform("HorizontalFlip", shows=("horizontal_flip",))
_CROPPED = ("scale",)
_ELASTIC = ("elastic_transform", "elastic_transform_unmoved")


def _profile(s: ProfileStrengths, height: int, width: int) -> ClassAugmentation:
    """Return a whole profile: crop and geometry, light, blur, noise, and what hides the object."""
    unit = min(height, width) / 512
    chance, least = s.crop
    crop = {"size": (height, width), "scale": (least, 1.0), "area_for_downscale": "image", **_NEAREST}
    edges = (0, max(1, round(45 * unit)))
    hole = {"num_holes_range": (1, 1), "hole_height_range": edges, "hole_width_range": edges}
    return ClassAugmentation(
        native=(AugmentationStep(chance, (Transform("RandomResizedCrop", crop, _CROPPED),)),),
        sized=(
            *_moves(s, unit),
            *_light(s, unit),
            *_grain(s),
            AugmentationStep(s.hole, (Transform("Square", hole, ("occlusion",)),)),
        ),
    )


def _moves(s: ProfileStrengths, unit: float) -> tuple[AugmentationStep, ...]:
    chance, shift, zoom, degrees = s.affine
    affine = {
        "translate_percent": (-shift, shift),
        "scale": (1 - zoom, 1 + zoom),
        "keep_ratio": True,
        "rotate": (-degrees, degrees),
        **_REFLECTED,
    }
    alpha, sigma = s.elastic
    blur = max(1.0, sigma * unit)  # the least that albumentations takes
    # Pixels move by alpha times white noise blurred over sigma, whose spread falls as 1 / sigma.
    elastic = {"alpha": alpha * unit * blur / sigma, "sigma": blur, **_REFLECTED}
    bends = [
        Transform("ElasticTransform", elastic, _ELASTIC),
        Transform("GridDistortion", {"num_steps": s.grid[0], "distort_limit": s.grid[1], **_REFLECTED}),
    ]
    if s.optical is not None:
        bends.append(Transform("OpticalDistortion", {"distort_limit": s.optical, **_REFLECTED}))
    return (
        AugmentationStep(0.5, (_FLIP,)),
        AugmentationStep(chance, (Transform("Affine", affine, ("translate", "scale", "rotate")),)),
        AugmentationStep(s.other, (Transform("Perspective", {"scale": (0.05, 0.1), **_REFLECTED}, ("perspective",)),)),
        AugmentationStep(s.other, tuple(bends)),
    )


def _light(s: ProfileStrengths, unit: float) -> tuple[AugmentationStep, ...]:
    brightness = {"brightness_limit": 0.176, "contrast_limit": (-0.9, 0.25)}
    both = tuple(f"{name}{way}" for name in ("brightness", "contrast") for way in ("", "_increase", "_decrease"))
    limits = zip(("hue_shift_limit", "sat_shift_limit", "val_shift_limit"), s.colour, strict=True)
    shifts = {f"{channel}_shift_limit": s.rgb for channel in "rgb"}
    flare = {"src_radius": max(2, round(200 * unit))}
    return (
        AugmentationStep(s.other, (Transform("RandomBrightnessContrast", brightness, both),)),
        AugmentationStep(
            s.other,
            (
                Transform("HueSaturationValue", dict(limits), ("hue_shift", "saturate")),
                Transform("RGBShift", shifts, ("color_cast",)),
            ),
        ),
        AugmentationStep(
            s.other, (Transform("CLAHE"), Transform("Equalize"), Transform("ToGray", shows=("grayscale",)))
        ),
        AugmentationStep(
            s.other,
            (Transform("RandomShadow"), Transform("RandomSunFlare", flare), Transform("RandomFog", shows=("fog",))),
        ),
    )


def _grain(s: ProfileStrengths) -> tuple[AugmentationStep, ...]:
    # Kernels of up to 9 pixels, which is where albumentations cuts off a Gaussian of this sigma.
    blur = Transform("GaussianBlur", {"sigma_limit": (0.0, 1.42)}, ("gaussian_blur", "binomial_blur"))
    motion = Transform("MotionBlur", {"blur_limit": 3}, ("motion_blur", "motion"))
    # A variance of 0 to 18 grey levels squared; albumentations takes the standard deviation as a share of 255.
    gauss = Transform("GaussNoise", {"std_range": (0.0, 18**0.5 / 255)}, ("additive_noise", "gaussian_noise"))
    iso = Transform("ISONoise", shows=("sensor_noise", "shot_noise"))
    salt = Transform("SaltAndPepper", {"amount": (0.0, 0.18)}, ("salt_and_pepper", "impulse_noise"))
    return (
        AugmentationStep(s.other, (blur, motion)),
        AugmentationStep(s.other, (gauss, iso)),
        AugmentationStep(s.salt, (salt,)),
    )
