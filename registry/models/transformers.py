"""Any model for semantic or universal segmentation of transformers, from a folder or the hub."""

from importlib.metadata import version
from importlib.util import find_spec
from typing import Annotated

from pydantic import Field

from registry.errors import BenchError
from registry.networks.label_map import LabelMap, model_labels
from registry.networks.transformers_config import Preprocessing, Three, geometry, labels, preprocessing
from registry.networks.transformers_files import (
    folder,
    hub_needed,
    identity,
    local_folder,
    needs_transformers,
    weights_files,
)
from registry.parameters import Parameters
from registry.recipe import Recipe
from registry.segmenter import Geometry, ModelEntry, Needed, Segmenter

Side = Annotated[int, Field(ge=16)]


class TransformersParameters(Parameters):
    """model: a folder that `save_pretrained` wrote, or a hub's id.

    label_map: takes the model as it is, and states which class of the data set each of its labels means: a class
    name for each label in order, or {label or index: class name}; a label that is not named means background.
    Without it the model gets a head with the data set's classes, and is trained from its weights (a head that has
    as many labels already is kept as the beginning).

    size: side or [height, width] of the input in pixels; mean, std: of RGB scaled to 0..1. Default: what the
    model's preprocessor_config.json has, else its config.json's image_size (or 512), and ImageNet's.
    """

    model: str
    label_map: LabelMap | None = None
    size: Side | tuple[Side, Side] | None = None
    mean: Three | None = None
    std: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]] | None = (
        None
    )


def _preprocessing(p: TransformersParameters) -> Preprocessing:
    return preprocessing(folder(p.model), p.size, p.mean, p.std)


def _geometry(p: TransformersParameters) -> Geometry:
    """Return the input's size. Only what comes before a run gets here without the hub's files: nothing is fetched."""
    return geometry(None, p.size) if local_folder(p.model) is None else _preprocessing(p).geometry


def _build(p: TransformersParameters, classes: tuple[str, ...], initialise: bool) -> Segmenter:
    needs_transformers("transformers")
    from registry.networks.transformers_network import ready, trainable

    found, seen = folder(p.model), _preprocessing(p)
    if p.label_map is not None:
        return ready(found, seen, model_labels(p.label_map, labels(found)), classes, initialise)
    return trainable(found, seen, classes, initialise)


def _recipe(p: TransformersParameters) -> Recipe | None:
    """Return how to train it; None: it is taken as it is."""
    if p.label_map is not None:
        return None
    return Recipe(
        epochs=12,
        optimizer="adamw",
        learning_rate=1e-4,
        weight_decay=1e-2,
        schedule="one_cycle",
        batch_size=8,
    )


def _check(p: TransformersParameters) -> None:
    needs_transformers("transformers")
    from registry.networks.transformers_network import check_kind

    found = folder(p.model)
    check_kind(found)
    _preprocessing(p)
    if not weights_files(found):
        raise BenchError(f"model: no whole model.safetensors (or pytorch_model.bin) in {found}; save the model anew")
    if p.label_map is not None:
        model_labels(p.label_map, labels(found))


def _identity(p: TransformersParameters) -> dict[str, str]:
    library = version("transformers").split(".")[0] if find_spec("transformers") else "missing"
    # Nothing is fetched to make a plan: until the files are here the id stands for them, and what was made under it
    # is made anew once they are.
    found = local_folder(p.model)
    return {"transformers": library, "files": p.model if found is None else identity(found)}


def _needs(p: TransformersParameters) -> list[Needed]:
    needed = hub_needed(p.model)
    return [needed] if needed else []


def _pretraining(p: TransformersParameters) -> str:
    origin = f"the hub's {p.model}" if hub_needed(p.model) else f"the folder {p.model.rstrip('/').rpartition('/')[2]}"
    return origin if p.label_map is None else f"{origin}, taken as it is"


ENTRY = ModelEntry(
    version=2,  # 2: logits are resized once, to the image's own size, and only then mapped to classes
    summary="any semantic or universal segmentation model of transformers, as it is or trained with a new head",
    source="transformers (Hugging Face), github.com/huggingface/transformers",
    licence="Apache-2.0",
    parameters=TransformersParameters,
    build=_build,
    recipe=_recipe,
    geometry=_geometry,
    identity=_identity,
    pretraining=_pretraining,
    weights_licence=lambda _: "that of the model",
    needs=_needs,
    check=_check,
)
