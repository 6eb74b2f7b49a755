"""SAM2.1 with its published weights, trained further on the suite's images."""

from dataclasses import replace

from registry.models.sam2_pretrained import ENTRY as PRETRAINED
from registry.models.sam2_pretrained import build
from registry.networks.sam2_entry import SEED_001

ENTRY = replace(
    PRETRAINED,
    version=1,
    summary="SAM2.1 (image part) with its published weights, trained further on the suite's images",
    build=lambda p, classes, initialise: build(p, initialise, name="sam2_finetuned"),
    recipe=lambda _: SEED_001,
    prediction_only=("multimask",),
)
