"""A quick form of each entry, for the contract tests; an entry that is not listed is built with its defaults."""

import numpy as np
from PIL import Image
from tiny_onnx import Network, export
from tiny_transformers import segformer

from registry import MODELS

CLASSES = ("background", "cat", "dog")
SIZES = [(37, 53), (64, 48), (1, 1), (20, 2000)]

SMALL = {
    "timm": {"backbone": "test_resnet", "size": 64},
    "torchvision": {"size": 64},
    "unet": {"width": 4, "size": 32},
    "autoencoder_simple": {"width": 16, "size": 32},
    "autoencoder_skip": {"width": 8, "size": 64},
    "autoencoder_strided": {"width": 4, "size": 32},
    "autoencoder_unet": {"width": 8, "size": 32},
    "clip_features": {"backbone": "timm:test_resnet", "encoder_weights": "none", "size": 64},
    "clip_fusion": {
        "backbone": "timm:test_resnet",
        "encoder_weights": "none",
        "backbone_size": 64,
        "size": 64,
        "width": 4,
    },
    "clip_prompt": {"backbone": "timm:test_resnet", "encoder_weights": "none", "size": 64},
    "sam2": {"variant": "micro", "size": 64},
    "smp": {"encoder": "tu-test_resnet", "size": 64},
    "unet_strided": {"width": 4, "size": 64},
}


def ground_truth_of(index):
    """Made-up ground truth for image `index`: a rectangle of class 1 in its middle."""
    height, width = SIZES[index]
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height - height // 4, width // 4 : width - width // 4] = 1
    return mask


def stored_masks(folder, sizes=SIZES):
    """A folder of masks for images of these sizes; by default those of the contract tests."""
    clean = folder / "masks" / "clean"
    clean.mkdir(parents=True, exist_ok=True)
    for i, (height, width) in enumerate(sizes):
        Image.fromarray(np.full((height, width), i % 3, np.uint8)).save(clean / f"sample{i}.png")
    return {"folder": str(clean.parent)}


def sam2_weights(folder):
    """A folder as `save_pretrained` leaves it, of the smallest SAM2."""
    entry = MODELS["sam2"]
    built = entry.build(entry.parameters(**SMALL["sam2"]), CLASSES, True)
    built.network.save_pretrained(folder / "sam2")
    return {"weights": str(folder / "sam2"), "size": 64}


def saved_segformer(folder):
    """A tiny SegFormer, as a folder that transformers saved."""
    segformer().save_pretrained(folder / "segformer")
    return {"model": str(folder / "segformer"), "size": 224}


def exported_network(folder):
    """A tiny network, as torch exports it."""
    export(Network(), folder / "network.onnx")
    return {"file": str(folder / "network.onnx"), "size": 224}


FILES = {
    "onnx": exported_network,
    "predictions": stored_masks,
    "sam2_finetuned": sam2_weights,
    "sam2_pretrained": sam2_weights,
    "transformers": saved_segformer,
}


def parameters_of(name, folder):
    """The parameters of the quick form; those that name files have them made below `folder`."""
    return FILES[name](folder) if name in FILES else SMALL.get(name, {})
