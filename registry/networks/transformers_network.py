"""What needs transformers and torch at hand.

How loading is kept safe: `trust_remote_code=False` everywhere, so that no code of a folder is imported (None would
ask, True would run it); only safetensors files and pickles restricted to tensors (`weights_only=True`) are read.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from logging import CRITICAL
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoConfig, AutoModelForSemanticSegmentation, AutoModelForUniversalSegmentation
from transformers.models.auto.modeling_auto import MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES
from transformers.utils import logging

from registry.adapter import Batch, Objective, Pass, TorchSegmenter
from registry.errors import BenchError, in_one_line, suggestion
from registry.networks.label_map import class_indices
from registry.networks.mapped_segmenter import TINY, MappedSegmenter, Scores, check_single_label
from registry.networks.transformers_config import Preprocessing, labels
from registry.networks.transformers_files import CONFIG, read_json

SEMANTIC = tuple(MODEL_FOR_SEMANTIC_SEGMENTATION_MAPPING_NAMES)
UNIVERSAL = ("eomt", "eomt_dinov3", "mask2former", "maskformer")  # they return classes and masks of queries
LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def check_kind(found: Path) -> None:
    """Raise BenchError for a model that does no semantic segmentation."""
    if (kind := _kind(found)) not in (*SEMANTIC, *UNIVERSAL):
        known = suggestion(kind, (*SEMANTIC, *UNIVERSAL), limit=20)
        raise BenchError(f"model: {found} is a '{kind}', which segbench cannot use for segmentation; {known}")


def _kind(found: Path) -> str:
    return str(read_json(found / CONFIG).get("model_type", "?"))


class TransformersNetwork(nn.Module):
    """A model of transformers as a network: images in, scores of its labels out.

    For a semantic model these are its logits, at the model's own size. For a universal one, with class logits
    c [N, Q, L + 1] and mask logits m [N, Q, h', w'] of Q queries, they are the sum over q of
    softmax(c)[q, l] * sigmoid(m)[q] (Cheng et al., NeurIPS 2021, section 3.4), with m resized to the input first, as
    the papers' own code does.

    Args:
        bgr: the model wants blue first.
    """

    def __init__(self, model: Any, *, universal: bool, bgr: bool) -> None:
        super().__init__()
        self.model, self.universal, self.bgr = model, universal, bgr

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits [N, L, h', w'], or for a universal model scores above 0 [N, L, h, w], for [N, 3, h, w]."""
        output = self.model(pixel_values=inputs.flip(1) if self.bgr else inputs)
        logits: Tensor = semantic_scores(output, inputs).clamp_min(TINY) if self.universal else output.logits
        return logits


def semantic_scores(output: Any, inputs: Tensor) -> Tensor:
    """Return the scores in fp32 even under autocast: their logarithms and shares are what is learnt and reported."""
    with torch.autocast(inputs.device.type, enabled=False):
        chances = output.class_queries_logits.float().softmax(-1)[..., :-1]  # the last label is "no object"
        masks = _resized(output.masks_queries_logits.float(), inputs).sigmoid()
        return torch.einsum("nql,nqhw->nlhw", chances, masks)


def _resized(scores: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(scores, like.shape[-2:], mode="bilinear", align_corners=False)


class SemanticSegmenter(TorchSegmenter):
    """A semantic model, trained on its logits at the input's size; they are resized once to predict."""

    def training_pass(self, batch: Batch, objective: Objective) -> Pass:
        """See `TorchSegmenter.training_pass`."""
        logits = _resized(self.canonical(self.network(batch.inputs)).float(), batch.inputs)
        return Pass(objective(logits, batch.labels), logits, batch.labels)


class UniversalSegmenter(TorchSegmenter):
    """A universal model, trained per pixel: its semantic scores, as shares of their sum, are the probabilities.

    The papers train by matching queries to segments instead; beside the same data and loss as every other model,
    that would be another comparison.
    """

    def training_pass(self, batch: Batch, objective: Objective) -> Pass:
        """See `TorchSegmenter.training_pass`; the logarithms of the scores are logits of their shares."""
        logits = self.canonical(self.network(batch.inputs)).float().log()
        return Pass(objective(logits, batch.labels), logits, batch.labels)


def ready(
    found: Path, seen: Preprocessing, mapped: Mapping[int, str], classes: Sequence[str], initialise: bool
) -> TorchSegmenter:
    """Return the folder's model as it is, its labels brought to the data set's classes.

    initialise: False: its weights follow from a checkpoint.

    Raises:
        BenchError: a label means no class of the data set, or the weights are not whole.
    """
    indices = class_indices(mapped, len(labels(found)), classes)
    check_single_label(indices)
    model = _whole(found) if initialise else _random(found, _config(found))
    return _segmenter(MappedSegmenter, found, seen, model, indices=indices, classes=len(classes))


def _whole(found: Path) -> nn.Module:
    model, report = _loaded(found, _config(found), ignore_mismatched_sizes=True)  # refused in our words
    _refuse(found, "missing", report["missing_keys"])
    _refuse(found, "of another shape", [name for name, *_ in report["mismatched_keys"]])
    whole: nn.Module = model
    return whole


def _random(found: Path, config: Any) -> nn.Module:
    with _quiet():
        network: nn.Module = _auto(found).from_config(config, dtype=torch.float32, trust_remote_code=False)
    return network


def trainable(found: Path, seen: Preprocessing, classes: Sequence[str], initialise: bool) -> TorchSegmenter:
    """Return the folder's model with a head for the classes; `initialise` False: its weights follow.

    Raises:
        BenchError: the weights of more than the head are missing or do not fit.
    """
    config = _config(found)
    config.num_labels = len(classes)
    if initialise:
        model, report = _loaded(found, config, ignore_mismatched_sizes=True)
        body = tuple(f"{prefix}." for prefix in (model.base_model_prefix, "backbone") if prefix)
        _refuse(found, "missing", [name for name in report["missing_keys"] if name.startswith(body)])
        # What has one row per label is the head; anything else that differs is another network.
        differ = [name for name, theirs, own in report["mismatched_keys"] if theirs[1:] != own[1:]]
        _refuse(found, "of another shape", differ)
    else:
        model = _random(found, config)
    return _segmenter(UniversalSegmenter if _universal(found) else SemanticSegmenter, found, seen, model)


def _universal(found: Path) -> bool:
    return _kind(found) in UNIVERSAL


def _segmenter(
    kind: type[TorchSegmenter], found: Path, seen: Preprocessing, model: nn.Module, **more: Any
) -> TorchSegmenter:
    network = TransformersNetwork(model, universal=_universal(found), bgr=seen.bgr)
    output: Scores = "probabilities" if network.universal else "logits"
    return kind(network, seen.geometry, mean=seen.mean, std=seen.std, output=output, **more)


def _auto(found: Path) -> Any:
    return AutoModelForSemanticSegmentation if _kind(found) in SEMANTIC else AutoModelForUniversalSegmentation


def _config(found: Path) -> Any:
    check_kind(found)
    with _readable(found):
        config = AutoConfig.from_pretrained(found, **LOCAL)
    if hasattr(config, "use_auxiliary_head"):
        config.use_auxiliary_head = False  # it has a loss of its own in transformers' training, and no other use
    return config


def _loaded(found: Path, config: Any, **options: Any) -> tuple[Any, dict[str, Any]]:
    """Return the model in fp32, and which tensors were missing or did not fit."""
    given = {"config": config, "dtype": torch.float32, "weights_only": True, "output_loading_info": True}
    with _readable(found):
        loaded: tuple[Any, dict[str, Any]] = _auto(found).from_pretrained(found, **given, **LOCAL, **options)
    return loaded


def _refuse(found: Path, what: str, names: Sequence[str]) -> None:
    if names:
        shown = ", ".join(sorted(names)[:2])
        raise BenchError(f"{found} does not hold the whole model: {len(names)} tensors {what} ({shown}); save it anew")


@contextmanager
def _readable(found: Path) -> Iterator[None]:
    """Turn whatever transformers raises over a folder into one line."""
    try:
        with _quiet():
            yield
    except Exception as error:
        raise BenchError(f"{found} cannot be loaded ({in_one_line(error)}); save it anew as safetensors") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' reports and progress bars off the screen: what matters of them is in our own messages."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(CRITICAL)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
