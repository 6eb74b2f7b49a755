"""Models of transformers, tiny and random, as folders that the library itself saved."""

import shutil

import pytest
import torch
import transformers as hf

from registry import MODELS
from registry.parameters import typed

CLASSES = ("background", "cat", "dog")
FIVE = ("LABEL_0", "LABEL_1", "LABEL_2", "LABEL_3", "LABEL_4")  # the models' own labels, as classes of their own
TINY = {"num_labels": 5, "hidden_size": 16, "image_size": 64, "patch_size": 16}
LAYERS = {"num_hidden_layers": 4, "num_attention_heads": 2, "intermediate_size": 16}
STAGES = ["stage1", "stage2", "stage3", "stage4"]


def segformer():
    sizes = {"hidden_sizes": [8, 16, 16, 16], "num_attention_heads": [1, 2, 2, 2], "decoder_hidden_size": 16}
    return hf.SegformerForSemanticSegmentation(hf.SegformerConfig(num_labels=5, depths=[1, 1, 1, 1], **sizes))


def upernet():
    backbone = hf.ConvNextConfig(hidden_sizes=[8, 8, 16, 16], depths=[1, 1, 1, 1], out_features=STAGES)
    head = {"hidden_size": 16, "auxiliary_channels": 8, "auxiliary_in_channels": 16, "pool_scales": [1, 2]}
    return hf.UperNetForSemanticSegmentation(hf.UperNetConfig(backbone_config=backbone, num_labels=5, **head))


def beit():
    places = {"use_relative_position_bias": True, "out_indices": [0, 1, 2, 3], "pool_scales": [1, 2]}
    return hf.BeitForSemanticSegmentation(hf.BeitConfig(**TINY, **LAYERS, **places))


def dpt():
    neck = {"neck_hidden_sizes": [8, 8, 16, 16], "fusion_hidden_size": 16, "backbone_out_indices": [0, 1, 2, 3]}
    return hf.DPTForSemanticSegmentation(hf.DPTConfig(**TINY, **LAYERS, **neck))


def swin():
    sizes = {"embed_dim": 8, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 2, 2], "window_size": 4}
    return hf.SwinConfig(image_size=64, out_features=STAGES, **sizes)


def mask2former():
    sizes = {"hidden_dim": 32, "feature_size": 32, "mask_feature_size": 32, "dim_feedforward": 16, "num_queries": 6}
    layers = {"encoder_layers": 1, "decoder_layers": 2, "num_attention_heads": 2, "encoder_feedforward_dim": 16}
    config = hf.Mask2FormerConfig(backbone_config=swin(), num_labels=5, **sizes, **layers)
    return hf.Mask2FormerForUniversalSegmentation(config)


def maskformer():
    layers = {"decoder_layers": 1, "encoder_layers": 0, "decoder_attention_heads": 2, "decoder_ffn_dim": 16}
    decoder = hf.DetrConfig(d_model=32, num_queries=6, **layers)
    sizes = {"fpn_feature_size": 32, "mask_feature_size": 32}
    config = hf.MaskFormerConfig(backbone_config=swin(), decoder_config=decoder, num_labels=5, **sizes)
    return hf.MaskFormerForInstanceSegmentation(config)


def eomt():
    heads = {"num_hidden_layers": 4, "num_attention_heads": 2, "num_queries": 6, "num_blocks": 1}
    return hf.EomtForUniversalSegmentation(hf.EomtConfig(**TINY, **heads, num_upscale_blocks=1, num_register_tokens=1))


SEMANTIC = {"segformer": segformer, "upernet": upernet, "beit": beit, "dpt": dpt}
UNIVERSAL = {"mask2former": mask2former, "maskformer": maskformer, "eomt": eomt}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A function that returns a model and the folder that its own `save_pretrained` wrote."""
    folder, done = tmp_path_factory.mktemp("transformers"), {}
    hf.utils.logging.disable_progress_bar()

    def save(name):
        if name not in done:
            torch.manual_seed(0)
            model = (SEMANTIC | UNIVERSAL)[name]().eval()
            for parameter in model.parameters():  # the library's initial scale leaves all scores nearly equal
                parameter.data.mul_(3)
            model.save_pretrained(folder / name)
            done[name] = model, folder / name
        return done[name]

    yield save
    hf.utils.logging.enable_progress_bar()


@pytest.fixture
def copied(saved, tmp_path):
    """A function that returns a copy of a saved folder, to be spoilt."""

    def copy(name):
        return shutil.copytree(saved(name)[1], tmp_path / name)

    return copy


def build(folder, classes=CLASSES, initialise=True, **given):
    parameters = typed(MODELS["transformers"].parameters, {"model": str(folder), "size": 64, **given}, "transformers")
    MODELS["transformers"].check(parameters)
    return MODELS["transformers"].build(parameters, classes, initialise)


def some_images(height=64, width=64):
    generator = torch.Generator().manual_seed(1)
    coarse = torch.rand(2, 3, 5, 5, generator=generator) * 255
    return list(torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic").clamp(0, 255).to(torch.uint8))
