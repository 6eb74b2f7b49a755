"""The two halves of SAM2 for single images: features of an image, and masks for a prompt on them."""

from typing import NamedTuple

import torch
from torch import Tensor
from transformers import Sam2Model

PADDING = -10
NO_OBJECT = -1024.0


class MaskOutput(NamedTuple):
    """Masks float [N, K, h, w] as logits, the model's estimate [N, K] of their IoU, logits [N] of "there is one"."""

    masks: Tensor
    ious: Tensor
    object_score: Tensor

    def best(self) -> Tensor:
        """Return the masks [N, 1, h, w] that are best by the model's own estimate."""
        rows = torch.arange(len(self.masks), device=self.masks.device)
        return self.masks[rows, self.ious.argmax(1)][:, None]


class PromptTensors(NamedTuple):
    """Prompts as the network takes them, each with at most P points.

    points: float [N, P, 2], pixels of the input as (column, row). labels: int64 [N, P]; 1, 0: on the object or
    not; 2, 3: a box's corners; -1: not a point; -10: padding, behind all others. masks: logits
    [N, 1, S / 4, S / 4]. masked: bool [N], whether there is such a mask.
    """

    points: Tensor
    labels: Tensor
    masks: Tensor
    masked: Tensor


def embed(network: Sam2Model, pixels: Tensor) -> list[Tensor]:
    """Return the features that every prompt on these images shares, at 1/4, 1/8 and 1/16 of their size.

    As transformers' get_image_embeddings, which has no gradients.
    """
    features = network.get_image_features(pixels, return_dict=True).fpn_hidden_states
    features = [*features[:-1], features[-1] + network.no_memory_embedding]
    sizes = network.backbone_feature_sizes
    return [f.permute(1, 2, 0).reshape(len(pixels), -1, *size) for f, size in zip(features, sizes, strict=True)]


def decode(
    network: Sam2Model, features: list[Tensor], points: Tensor, labels: Tensor, masks: Tensor | None, *, multimask: bool
) -> MaskOutput:
    """Return the masks for prompts that all have P points, and all a mask or none."""
    sparse, dense = network.prompt_encoder(points[:, None], labels[:, None], None, masks)
    where = network.get_image_wide_positional_embeddings().to(features[-1].dtype)
    output = network.mask_decoder(
        image_embeddings=features[-1],
        image_positional_embeddings=where.expand(len(points), -1, -1, -1),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
        multimask_output=multimask,
        high_resolution_features=features[:-1],
    )
    return MaskOutput(output[0][:, 0], output[1][:, 0], output[3][:, 0, 0])


def decode_any(network: Sam2Model, features: list[Tensor], prompts: PromptTensors, *, multimask: bool) -> MaskOutput:
    """Return the masks for any prompts; where a prompt is empty, there is no object.

    Images with equally many points go through the decoder together. Padding would not do: the decoder attends
    to padded points as well, so that an image's mask would depend on the others of its batch.
    """
    kinds = 2 * (prompts.labels != PADDING).sum(1) + prompts.masked
    parts: list[tuple[Tensor, MaskOutput]] = []
    for kind in sorted(set(kinds.tolist())):
        rows = (kinds == kind).nonzero()[:, 0]
        some, points = [f[rows] for f in features], slice(kind // 2)
        if kind == 0:
            parts.append((rows, _nothing(some, network.mask_decoder.num_multimask_outputs if multimask else 1)))
            continue
        masks = prompts.masks[rows] if kind % 2 else None
        where = prompts.points[rows, points], prompts.labels[rows, points]
        parts.append((rows, decode(network, some, *where, masks, multimask=multimask)))
    back = torch.cat([rows for rows, _ in parts]).argsort()
    masks, ious, scores = (torch.cat(some)[back] for some in zip(*(part for _, part in parts), strict=True))
    return MaskOutput(masks, ious, scores)


def _nothing(features: list[Tensor], masks: int) -> MaskOutput:
    n, sides = len(features[0]), features[0].shape[-2:]
    empty = features[0].new_full((n, masks, *sides), NO_OBJECT)
    return MaskOutput(empty, empty.new_zeros(n, masks), empty.new_full((n,), NO_OBJECT))
