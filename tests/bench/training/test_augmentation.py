"""Class-specific augmentation: the published strengths, independent draws, masks that keep their labels."""

import random

import numpy as np
import pytest

from bench.suite.profiles import AugmentationStep, augmentation_by_class, for_class
from bench.training.augmentation import Augmenter, composed
from registry.recipe import Augmentation

RNG = np.random.default_rng(5)
NOISE = RNG.integers(0, 256, (64, 64, 3), np.uint8)
BLOCKS = np.kron(RNG.choice([0, 2], (8, 8)), np.ones((8, 8))).astype(np.uint8)


def transforms(profile: str, side: int = 512) -> dict[str, tuple[float, object]]:
    """Return the chance and the transform itself of each kind in a profile, as albumentations understood it."""
    found = {}
    for step in [
        step for steps in augmentation_by_class(Augmentation(profiles=(profile,)), side, side)[0] for step in steps
    ]:
        for choice in step.choices:
            compose = composed((AugmentationStep(1.0, (choice,)),), 3)
            found[choice.kind] = (step.chance, compose.transforms[0])
    return found


def facts(profile: str) -> dict[str, object]:
    """Return the strengths that a profile's transforms were given."""
    by = transforms(profile)
    t = {kind: transform for kind, (_, transform) in by.items()}
    affine, hue, rgb, light = t["Affine"], t["HueSaturationValue"], t["RGBShift"], t["RandomBrightnessContrast"]
    return {
        "chances": [by[k][0] for k in ("HorizontalFlip", "Affine", "RandomResizedCrop", "Square", "SaltAndPepper")],
        "affine": (affine.translate_percent["x"], affine.scale["y"], affine.rotate, affine.keep_ratio),
        "crop": t["RandomResizedCrop"].scale,
        "hole": (t["Square"].num_holes_range, t["Square"].hole_height_range, t["Square"].fill),
        "elastic": (t["ElasticTransform"].alpha, t["ElasticTransform"].sigma),
        "grid": (t["GridDistortion"].num_steps, t["GridDistortion"].distort_limit),
        "optical": t["OpticalDistortion"].distort_limit if "OpticalDistortion" in t else None,
        "light": (light.brightness_limit, light.contrast_limit),
        "hue": (hue.hue_shift_limit, hue.sat_shift_limit, hue.val_shift_limit),
        "rgb": (rgb.r_shift_limit, rgb.g_shift_limit, rgb.b_shift_limit),
        "motion": t["MotionBlur"].blur_limit,
        "perspective": t["Perspective"].scale,
    }


CATS = {
    "chances": [0.5, 0.8, 0.3, 0.4, 0.3],
    "affine": ((-0.1, 0.1), (0.85, 1.15), (-15, 15), True),
    "crop": (0.8, 1),
    "hole": ((1, 1), (0, 45), 0),
    "elastic": (40, 4),
    "grid": (5, (-0.2, 0.2)),
    "optical": (-0.2, 0.2),
    "light": ((-0.176, 0.176), (-0.9, 0.25)),
    "hue": ((-10, 10), (-30, 30), (-20, 20)),
    "rgb": ((-15, 15), (-15, 15), (-15, 15)),
    "motion": (3, 3),
    "perspective": (0.05, 0.1),
}
DOGS = CATS | {
    "chances": [0.5, 0.5, 0.2, 0.3, 0.2],
    "affine": ((-0.05, 0.05), (0.9, 1.1), (-10, 10), True),
    "crop": (0.9, 1),
    "elastic": (30, 3),
    "grid": (4, (-0.15, 0.15)),
    "optical": None,
    "hue": ((-5, 5), (-20, 20), (-15, 15)),
    "rgb": ((-10, 10), (-10, 10), (-10, 10)),
}
KINDS = {
    *("HorizontalFlip", "Affine", "RandomResizedCrop", "Square", "ElasticTransform", "GridDistortion"),
    *("RandomBrightnessContrast", "HueSaturationValue", "RGBShift", "CLAHE", "Equalize", "ToGray", "GaussNoise"),
    *("GaussianBlur", "MotionBlur", "SaltAndPepper", "ISONoise", "RandomShadow", "RandomSunFlare", "RandomFog"),
    "Perspective",
}


@pytest.mark.parametrize(("profile", "expected"), [("aggressive", CATS), ("mild", DOGS)])
def test_the_published_strengths_are_those_used(profile, expected):
    """Shift, scale, angles, limits and chances of the Edinburgh authors' configuration, and every family of theirs."""
    assert facts(profile) == expected
    assert set(transforms(profile)) - {"OpticalDistortion"} == KINDS
    assert {chance for chance, _ in transforms(profile).values()} >= {0.3 if profile == "aggressive" else 0.2}


def test_noise_and_blur_stay_within_their_published_ends():
    """Grey on grey: noise of at most sqrt(18) levels; a Gaussian kernel reaches at most 4 pixels to each side."""
    kinds = {kind: transform for kind, (_, transform) in transforms("aggressive").items()}
    grey = np.full((96, 96, 3), 128, np.uint8)
    dot = grey * 0
    dot[48, 48] = 255
    spreads, reach = [], set()
    for seed in range(60):
        for name in ("GaussNoise", "GaussianBlur"):
            kinds[name].set_random_seed(seed)
        spreads.append(float(kinds["GaussNoise"](image=grey)["image"].std()))
        lit = np.argwhere(kinds["GaussianBlur"](image=dot)["image"][..., 0])
        reach.add(int(np.abs(lit - 48).max()))
    assert kinds["GaussNoise"].std_range == (0, pytest.approx(18**0.5 / 255))
    assert 3.6 < max(spreads) < 18**0.5  # albumentations cuts off fractions, which costs up to 0.4 levels
    assert min(spreads) < 0.5
    assert max(reach) in (3, 4)  # the outermost weights of the 9 may round to no grey level
    assert kinds["SaltAndPepper"].amount == (0, 0.18)


@pytest.mark.parametrize(("side", "largest"), [(512, 45), (224, 20), (32, 3)])
def test_the_black_hole_is_a_square_that_grows_with_the_input(side, largest):
    """Every edge from 0 to 45 pixels of 512 comes up, height and width always alike; the mask stays as it is."""
    hole, edges = transforms("aggressive", side)["Square"][1], set()
    white, mask = np.full((60, 70, 3), 255, np.uint8), np.ones((60, 70), np.uint8)
    for seed in range(200):
        hole.set_random_seed(seed)
        out = hole(image=white, mask=mask)
        rows, columns = ((out["image"] == 0).all(2).any(axis).sum() for axis in (1, 0))
        assert rows == columns
        edges.add(int(rows))
        assert (out["mask"] == 1).all()
    assert max(edges) <= largest
    assert len(edges) > 0.9 * largest


def every_transform():
    """Yield each transform of every family, once."""
    chances = Augmentation(flip=1, rotate=1, crop=1, elastic=1, grid=1)
    for name, augmentation in {
        "online": chances,
        "aggressive": Augmentation(profiles=("aggressive",)),
        "mild": Augmentation(profiles=("mild",)),
    }.items():
        for steps in augmentation_by_class(augmentation, 64, 64)[0]:
            for choice in [choice for step in steps for choice in step.choices]:
                yield pytest.param(choice, id=f"{name}-{choice.kind}")


@pytest.mark.parametrize("transform", list(every_transform()))
def test_a_transform_keeps_labels_and_repeats_itself(transform):
    """Labels 0 and 2 with nothing in between (a blend would be 1), uint8 images of one size, the same by seed."""
    steps = composed((AugmentationStep(1.0, (transform,)),), 3)
    changed = 0
    for seed in range(4):
        outs = []
        for _ in range(2):
            steps.set_random_state(np.random.default_rng(seed), random.Random(seed))
            outs.append(steps(image=NOISE, mask=BLOCKS))
        assert np.array_equal(outs[0]["image"], outs[1]["image"])
        assert np.array_equal(outs[0]["mask"], outs[1]["mask"])
        assert set(np.unique(outs[0]["mask"])) <= {0, 2}
        assert (outs[0]["image"].dtype, outs[0]["image"].shape) == (np.uint8, NOISE.shape)
        changed += not np.array_equal(outs[0]["image"], NOISE)
    assert changed or transform.kind in ("Square", "GaussNoise", "GaussianBlur")  # whose least strength is none


def test_transforms_of_a_profile_are_drawn_one_by_one():
    """Were one draw to decide on all, 2 of 10 views would stay as they are; drawn apart it is 1 in 400."""
    augmenter = Augmenter(Augmentation(profiles=("aggressive",)), 64, 64, 3)
    same = sum(np.array_equal(augmenter.warp(NOISE, BLOCKS, seed)[0], NOISE) for seed in range(60))
    assert same <= 3


def test_the_crop_does_not_decide_on_the_flip():
    """Of the images that are cropped (3 in 10), half are mirrored, not all."""
    augmenter = Augmenter(Augmentation(profiles=("aggressive",)), 64, 64, 3)
    left = np.zeros((64, 64), np.uint8)
    left[:, :20] = 1
    native = np.zeros((70, 70), np.uint8)
    cropped = [s for s in range(300) if augmenter.crop(np.zeros((70, 70, 3), np.uint8), native, s)[1].shape[0] == 64]
    assert 60 <= len(cropped) <= 120
    mirrored = sum(int((augmenter.warp(NOISE, left, s)[1][:, -8:] == 1).mean() > 0.5) for s in cropped)
    assert 0.3 < mirrored / len(cropped) < 0.7


def test_the_class_of_an_image_chooses_its_profile():
    """None leaves an image alone; cats and dogs differ; the last profile holds for all further classes."""
    augmenter = Augmenter(Augmentation(profiles=("none", "aggressive", "mild")), 64, 64, 5)
    by_class = {c: [augmenter.warp(NOISE, BLOCKS, s, c)[0] for s in range(6)] for c in range(5)}
    assert all(np.array_equal(out, NOISE) for out in by_class[0])
    assert not all(np.array_equal(a, b) for a, b in zip(by_class[1], by_class[2], strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(by_class[2], by_class[4], strict=True))
    assert np.array_equal(augmenter.crop(NOISE, BLOCKS, 0, 0)[0], NOISE)
    assert [for_class("abc", label) for label in (0, 1, 2, 3, 9)] == list("abccc")


def test_a_profile_names_the_transform_that_broke_the_labels():
    """Inside a choice of several, too: the one that was drawn is named."""
    grid = next(
        c
        for s in augmentation_by_class(Augmentation(profiles=("mild",)), 64, 64)[0].sized
        for c in s.choices
        if c.kind == "GridDistortion"
    )
    steps = composed((AugmentationStep(1.0, (grid, grid)),), 3)
    with pytest.raises(Exception, match="after GridDistortion.*unknown label 7"):
        steps(image=NOISE, mask=BLOCKS + 7)


def test_the_transforms_of_a_recipe_without_profiles_are_drawn_one_by_one():
    """Each comes as often as it should, and two together as often as the product of their chances."""
    augmentation = Augmentation(flip=0.5, rotate=0, crop=0.5, elastic=0, grid=0)
    augmenter = Augmenter(augmentation, 16, 16, 3)
    ramp = np.repeat(np.arange(20, dtype=np.uint8)[None] * 10, 24, 0)[..., None].repeat(3, 2)
    small = np.ascontiguousarray(ramp[:16, :16])
    draws = 600
    cropped = [augmenter.crop(ramp, ramp[..., 0] * 0, seed)[0].shape == (16, 16, 3) for seed in range(draws)]
    flipped = [augmenter.warp(small, small[..., 0] * 0, seed)[0][0, 0, 0] > 0 for seed in range(draws)]
    both = np.logical_and(cropped, flipped).mean()
    # Three standard deviations of a share of 600 draws.
    assert abs(np.mean(cropped) - 0.5) < 0.062
    assert abs(np.mean(flipped) - 0.5) < 0.062
    assert abs(both - 0.25) < 0.053


def test_flips_and_warps_do_not_come_together_alone():
    """A rotation without a flip, and the other way round: one draw does not decide both."""
    augmenter = Augmenter(Augmentation(flip=0.5, rotate=0.5, crop=0, elastic=0, grid=0), 32, 32, 3)
    left = np.zeros((32, 32), np.uint8)
    left[:, :8] = 1
    seen = set()
    for seed in range(60):
        mask = augmenter.warp(NOISE[:32, :32], left, seed)[1]
        rotated = len(np.unique(mask.sum(0))) > 2
        seen.add((bool(mask[16, -1]), rotated))
    assert seen == {(False, False), (False, True), (True, False), (True, True)}
