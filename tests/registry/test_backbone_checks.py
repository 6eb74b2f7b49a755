"""What of a backbone is refused before anything runs."""

from dataclasses import dataclass

import open_clip
import pytest
from pydantic import ValidationError

from registry.backbones import BackboneParameters, check_backbone
from registry.errors import BenchError


@dataclass
class Fault:
    """What is given, at which size, and what the message has to hold."""

    given: dict
    size: int
    words: str


@pytest.mark.parametrize(
    "fault",
    [
        Fault({"backbone": "open_clip:ViT-B32"}, 224, "did you mean 'ViT-B-32'"),
        Fault({"backbone": "open_clip:hf-hub:some/model"}, 224, "no model 'hf-hub:some/model'"),
        Fault({"tag": "opnai"}, 224, "did you mean 'openai'"),
        Fault({"backbone": "open_clip:coca_base", "tag": "openai"}, 288, "no weights 'openai'"),
        Fault({"backbone": "open_clip:coca_base"}, 288, "give encoder_weights: none or a path"),
        Fault({}, 256, "224 x 224 only, not 256"),
        Fault({"backbone": "open_clip:coca_ViT-B-32"}, 224, "gives no feature map"),
        Fault({"backbone": "timm:resnet510"}, 224, "did you mean 'resnet50'"),
        Fault({"backbone": "timm:resnet50.nobodys"}, 224, "no weights 'nobodys'"),
        Fault({"backbone": "timm:resnet50", "tag": "a1_in1k"}, 224, "backbone: timm:resnet50.a1_in1k"),
        Fault({"backbone": "timm:test_vit", "encoder_weights": "none"}, 100, "should be divisible by patch size"),
        Fault({"backbone": "open_clip:ViT-B-32"}, 224, "give backbone: open_clip:ViT-B-32-quickgelu"),
        Fault({"backbone": "open_clip:ViT-B-16", "tag": "dfn2b"}, 224, "open_clip:ViT-B-16-quickgelu"),
        Fault({"encoder_weights": "package"}, 224, "timm:tf_efficientnet_lite0 only"),
        Fault({"encoder_weights": "nowhere.pt"}, 224, "no file"),
    ],
    ids=lambda fault: fault.words,
)
def test_what_cannot_be_is_refused_before_a_run_in_one_line(fault):
    """Names are suggested, sizes are named, nothing is fetched."""
    with pytest.raises(BenchError) as caught:
        check_backbone(BackboneParameters(**fault.given), fault.size)
    assert fault.words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"backbone": "open_clip:ViT-B-16-quickgelu"},
        {"backbone": "open_clip:ViT-B-32", "tag": "laion2b_s34b_b79k"},
        {"backbone": "open_clip:ViT-B-32", "encoder_weights": "none"},
        {"backbone": "open_clip:roberta-ViT-B-32"},
    ],
)
def test_a_clip_whose_activation_is_that_of_its_weights_is_let_through(given):
    """Also one with no weights of the hub's: nothing is known of those."""
    check_backbone(BackboneParameters(**given), 224)


def test_every_clip_that_is_refused_for_its_activation_has_the_name_that_the_message_gives():
    """By open_clip's own lists: with the same tag; and no name in -quickgelu has weights made without it."""
    listed = open_clip.list_pretrained()
    wanting = [(name, tag) for name, tag in listed if open_clip.get_pretrained_cfg(name, tag).get("quick_gelu")]
    refused = [(name, tag) for name, tag in wanting if not open_clip.get_model_config(name).get("quick_gelu")]
    assert ("RN50", "openai") in refused
    assert all((f"{name}-quickgelu", tag) in wanting for name, tag in refused)
    assert all(pair in wanting for pair in listed if pair[0].endswith("-quickgelu"))


@pytest.mark.parametrize("backbone", ["openclip:ViT-B-32", "ViT-B-32", "timm", "timm:"])
def test_a_backbone_is_named_with_its_library(backbone):
    """open_clip and timm have models of the same name, with other weights."""
    with pytest.raises(ValidationError, match=r"open_clip:(NAME|ViT-B-32)"):
        BackboneParameters(backbone=backbone)
