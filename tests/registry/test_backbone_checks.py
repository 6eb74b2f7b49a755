"""What of a backbone is refused before anything runs."""

from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from registry.backbones import BackboneParameters, check_backbone
from registry.errors import BenchError


@dataclass
class Fault:
    """What is given, at which size, and what the message has to say."""

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


@pytest.mark.parametrize("backbone", ["openclip:ViT-B-32", "ViT-B-32", "timm", "timm:"])
def test_a_backbone_is_named_with_its_library(backbone):
    """open_clip and timm have models of the same name, with other weights."""
    with pytest.raises(ValidationError, match=r"open_clip:(NAME|ViT-B-32)"):
        BackboneParameters(backbone=backbone)
