"""A data set whose class 0 is no background: what asks for one is refused by name, before anything runs."""

import pytest

from bench.suite import load_suite
from bench.suite.faults import SuiteError

SUITE = """\
name: streets
datasets: [{{name: folder, label: camvid, images: i, masks: m, classes: [sky, road], background: {background}}}]
models: [{model}]
perturbations: [{sweep}]
metric_sets: [{sets}]
"""
PLAIN = {"model": "{name: smp, arch: unet, encoder: resnet18}", "sweep": "{name: fog}", "sets": "standard"}


@pytest.fixture
def load(tmp_path):
    """Load a suite of one model, one perturbation and one metric set on data with a background or without."""

    def build(background="false", **changes):
        path = tmp_path / "streets.yaml"
        path.write_text(SUITE.format(background=background, **PLAIN | changes))
        return load_suite(path)

    return build


REFUSED = {
    "a binary set": ({"sets": "standard, binary"}, "binary asks what is background", "give standard, edinburgh_001"),
    "a set that takes the border for it": ({"sets": "edinburgh_000"}, "edinburgh_000 asks what is background", "give"),
    "the baseline": ({"model": "{name: background}"}, "background: it predicts the background", "remove it"),
    "a model of objects": (
        {"model": "{name: prompt_box, prompt: full_box}", "sets": "sam2_binary"},
        "it tells an object from the background",
        "remove it",
    ),
    "a prompt from the object": (
        {"model": "{name: clip_prompt, prompt: gt_centroid, train: {class_weights: [1.0]}}"},
        "its prompt gt_centroid points at the object",
        "give another prompt",
    ),
    "a perturbation of the object": (
        {"sweep": "{name: object_cutout}"},
        "object_cutout looks for the object in the mask",
        "remove",
    ),
    "a label map with gaps": (
        {"model": "{name: onnx, file: f.onnx, size: 8, mean: [0, 0, 0], std: [1, 1, 1], label_map: {road: road}}"},
        "a label that its label_map does not name means background",
        "list a class for each label",
    ),
    "clicks on objects alone": (
        {"model": "{name: clip_prompt, clicks: objects, train: {class_weights: [1.0]}}"},
        r"its training clicks on no background \(clicks: objects\)",
        "give clicks: any_class",
    ),
    "a target of one class": (
        {"model": "{name: clip_prompt, target: prompted_class, train: {class_weights: [1.0]}}"},
        r"its training takes other classes for background \(target: prompted_class\)",
        "give target: full_mask",
    ),
    "a recipe for its border": (
        {"model": "{name: smp, arch: unet, encoder: resnet18, train: {border: background}}"},
        "its training takes the border for background",
        "border: ignore",
    ),
    "a recipe's weight of it": (
        {"model": "{name: unet}"},
        r"its class_weights \[0.1, 1.0\] are of the background and the others",
        r"class_weights: \[1.0\]",
    ),
}


@pytest.mark.parametrize(("changes", "what", "remedy"), REFUSED.values(), ids=REFUSED)
def test_what_asks_for_a_background_is_refused_by_name(load, changes, what, remedy):
    """With the data set and a way out; on data with a background the same suite is right."""
    with pytest.raises(SuiteError, match=rf"{what}, but 'camvid' has no background \(background: false\); .*{remedy}"):
        load(**changes)
    load(background="true", **changes)


ALLOWED = {
    "the standard set": {},
    "a mean Dice over the foreground": {"sets": "edinburgh_001"},
    "weights of one's own": {"model": "{name: unet, train: {class_weights: [1.0]}}"},
    "an empty prompt": {"model": "{name: clip_prompt, prompt: zero_heatmap, train: {class_weights: [1.0]}}"},
    "a perturbation that moves": {"sweep": "{name: rotate}"},
    "a label map without gaps": {
        "model": "{name: onnx, file: f.onnx, size: 8, mean: [0, 0, 0], std: [1, 1, 1], label_map: [sky, road]}"
    },
}


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED)
def test_what_needs_no_background_is_allowed(load, changes):
    """Nothing of it speaks of objects."""
    assert not load(**changes).datasets[0].parameters.background
