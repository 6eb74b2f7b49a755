"""Architectures and encoders of segmentation-models-pytorch: a pair works, or is refused before a run begins."""

import re

import pytest
import timm
import torch
from torch.nn.functional import cross_entropy

from registry import MODELS
from registry.adapter import Batch
from registry.errors import BenchError
from registry.models.smp import architectures
from registry.networks import trial
from registry.parameters import typed

CLASSES = ("background", "cat", "dog")
SWIN = "tu-swin_tiny_patch4_window7_224"
ENCODERS = ["resnet18", "vgg11", "mit_b0", "mobilenet_v2", "densenet121", "tu-test_vit", "tu-test_resnet", SWIN]


def checked(**given):
    entry = MODELS["smp"]
    parameters = typed(entry.parameters, {"size": 64, **given}, "smp")
    entry.check(parameters)
    return parameters


def used(parameters):
    """Predict one image and take one step of training with two."""
    segmenter = MODELS["smp"].build(parameters, CLASSES, True)
    image = torch.randint(0, 256, (3, 50, 70), dtype=torch.uint8)
    assert segmenter.predict([image])[0].probabilities.shape == (3, 50, 70)
    segmenter.network.train()
    side = parameters.size
    labels = torch.zeros(2, side, side, dtype=torch.long)
    segmenter.training_pass(
        Batch(torch.randn(2, 3, side, side), labels, torch.arange(2)), cross_entropy
    ).loss.backward()
    return segmenter


@pytest.mark.parametrize(
    "given",
    [
        {"encoder": "resnet18"},
        {"encoder": "mit_b0"},
        {"arch": "pan", "encoder": "resnet18", "size": 128},
        {"encoder": SWIN},
        {"arch": "dpt", "encoder": "tu-test_vit"},
    ],
)
def test_a_pair_that_passes_the_check_predicts_and_learns(given):
    """A transformer of timm's takes another size than its own too."""
    used(checked(**given))


def test_a_transformer_at_another_size_is_the_one_that_timm_makes_for_it():
    """The features are those of timm's own model made for 64 pixels, with the same weights."""
    encoder = used(checked(encoder=SWIN)).network.encoder.eval()
    theirs = timm.create_model(SWIN.removeprefix("tu-"), features_only=True, img_size=64).eval()
    theirs.load_state_dict(encoder.model.state_dict())
    inputs = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        for own, their in zip(encoder(inputs)[2:], theirs(inputs), strict=True):
            assert torch.equal(own, their.permute(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"arch": "pan", "encoder": "resnet18"}, r"takes no images of 64 x 64 pixels \(.*\); give size: 128$"),
        ({"arch": "deeplabv3", "encoder": "vgg11"}, r"cannot use vgg11 .*; give arch: fpn, .* or encoder: resnet34$"),
        (
            {"arch": "unetplusplus", "encoder": "mit_b0"},
            r"cannot use mit_b0 .*; give arch: deeplabv3, .* or encoder: resnet34$",
        ),
        ({"arch": "dpt", "encoder": "resnet18"}, r"cannot use resnet18 .*; give arch: .* or encoder: tu-resnet34$"),
    ],
)
def test_a_pair_that_cannot_work_is_one_line(given, message):
    """With the cause, and a size or an encoder that works: what is proposed passes the check."""
    with pytest.raises(BenchError, match=message) as caught:
        checked(**given)
    line = str(caught.value)
    assert "\n" not in line
    assert "Error:" not in line
    key, remedy = re.search(r"(size|encoder): ([\w-]+)$", line).groups()
    checked(**{**given, key: int(remedy) if key == "size" else remedy})


def test_what_only_the_trial_device_lacks_is_no_fault():
    """The shapes are tried without memory first; what fails there alone is tried in earnest."""

    class Values(torch.nn.Module):
        def forward(self, x):
            return x * float(x.mean().item())  # there is no value on the device `meta`

    assert trial._fault(lambda _: Values(), 64, "meta")
    assert trial.fault(lambda _: Values(), 64) is None
    assert trial.fault(lambda _: torch.nn.AvgPool2d(2), 64) == "its scores have 32 x 32 pixels"


@pytest.mark.slow
@pytest.mark.parametrize("arch", architectures())
def test_every_pair_works_or_is_refused(arch):
    """At two sizes."""
    for encoder in ENCODERS:
        for size in (64, 128):
            try:
                parameters = checked(arch=arch, encoder=encoder, size=size)
            except BenchError as error:
                assert "; give " in str(error)
                continue
            used(parameters)
