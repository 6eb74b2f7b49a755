"""Which perturbations a recipe has shown the network already."""

import subprocess
import sys

from bench.perturb import PERTURBATIONS
from bench.suite.exposure import seen_in_training
from bench.suite.profiles import augmentation_by_class
from registry.recipe import FLIP_ONLY, Augmentation, Recipe

PUBLISHED = Augmentation(profiles=("none", "aggressive", "mild"), copies=(0, 5, 2))


def seen(**augmentation):
    return set(seen_in_training(Recipe(augmentation=Augmentation(**augmentation))))


def test_every_name_is_a_perturbation_of_this_project():
    """A renamed perturbation cannot stay behind in a profile."""
    names = set()
    for augmentation in (Augmentation(), *(Augmentation(profiles=(p,)) for p in ("mild", "aggressive"))):
        steps = [step for part in augmentation_by_class(augmentation, 512, 512)[0] for step in part]
        names |= {name for step in steps for choice in step.choices for name in choice.shows}
    assert len(names) > 20
    assert names <= set(PERTURBATIONS.names())


def test_the_edinburgh_profiles_show_the_families_of_the_test():
    """The black square, salt and pepper, noise, blur, contrast and brightness both ways are trained on."""
    shown = set(seen_in_training(Recipe(augmentation=PUBLISHED)))
    assert shown >= {"occlusion", "salt_and_pepper", "additive_noise", "binomial_blur"}
    assert shown >= {"contrast_increase", "contrast_decrease", "brightness_increase", "brightness_decrease"}
    assert shown.isdisjoint({"jpeg_compression", "snow", "pixelate", "vertical_flip", "glass_blur"})


def test_online_transforms_count_only_with_a_chance():
    """One by one; grid distortion is like none of the perturbations."""
    off = {"flip": 0, "rotate": 0, "crop": 0, "elastic": 0, "grid": 0}
    elastic = {"elastic_transform", "elastic_transform_unmoved"}
    assert seen(**off | {"flip": 0.5}) == {"horizontal_flip"}
    assert seen(**off | {"rotate": 0.1}) == {"rotate"}
    assert seen(**off | {"crop": 1}) == {"scale"}
    assert seen(**off | {"elastic": 1}) == elastic
    assert seen(**off | {"grid": 1}) == set()
    assert seen() == {"horizontal_flip", "rotate", "scale"} | elastic
    assert seen_in_training(Recipe(augmentation=Augmentation(flip=0, rotate=0, crop=0, elastic=0, grid=0))) == ()
    assert seen_in_training(Recipe(augmentation=FLIP_ONLY)) == ("horizontal_flip",)


def test_what_no_image_goes_through_was_not_seen():
    """No copies, no profile, no epochs: nothing; one class with copies is enough."""
    assert seen(copies=(0,)) == set()
    assert seen(profiles=("none",)) == set()
    assert seen(profiles=("aggressive", "none"), copies=(0, 3)) == set()
    assert "occlusion" in seen(profiles=("none", "mild"), copies=(0, 0, 1))
    assert "horizontal_flip" in seen(copies=(0, 1))
    assert seen_in_training(Recipe(epochs=0)) == ()


def test_asking_is_light():
    """A plan or a report needs it without loading what trains."""
    code = "import sys, bench.suite.exposure; print({'albumentations', 'cv2', 'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
