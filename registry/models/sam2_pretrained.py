"""SAM2.1 with its published weights, as they are: nothing is trained."""

from registry.models._sam2_entry import (
    LICENCE,
    PROMPTS,
    SOURCE,
    PretrainedParameters,
    build_pretrained,
    check_pretrained,
    describe_pretrained,
    geometry,
    identity_pretrained,
    needs_pretrained,
    weights_licence,
)
from registry.segmenter import ModelEntry

ENTRY = ModelEntry(
    version=1,
    summary="SAM2.1 (image part) with its published weights, as they are",
    source=SOURCE,
    licence=LICENCE,
    parameters=PretrainedParameters,
    build=lambda p, classes, initialise: build_pretrained(p, initialise=True, name="sam2_pretrained"),
    geometry=geometry,
    prompts=PROMPTS,
    task=lambda _: "binary",
    identity=identity_pretrained,
    pretraining=describe_pretrained,
    weights_licence=weights_licence,
    needs=needs_pretrained,
    check=check_pretrained,
)
