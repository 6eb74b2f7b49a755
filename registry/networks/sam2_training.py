"""How SAM2 is trained on single images: simulated clicks and a loss over all of them.

Formulas and sampling: Ravi et al. 2024 (SAM 2), as its code has them (github.com/facebookresearch/sam2,
training/loss_fns.py, MultiStepMultiMasksAndIous, and sam2/modeling/sam2_utils.py); the numbers are those of its
configuration for fine-tuning, which the report's has kept.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

MASK_WEIGHT = 20.0
ALPHA, GAMMA = 0.25, 2.0
FROM_GROUND_TRUTH = 0.1
CORRECTIONS = 3


class Clicks(NamedTuple):
    """Points float [N, P, 2] as (column, row) of a pixel, and labels int64 [N, P]: 1 on the object, 0 not on it."""

    points: Tensor
    labels: Tensor


def next_clicks(ground_truth: Tensor, predicted: Tensor | None, generator: torch.Generator) -> Clicks:
    """Return one click per image on a random pixel that is wrong.

    ground_truth: bool [N, h, w]; predicted: the model's mask, of the same shape; None: there is none yet, so that
    the wrong pixels are those of the object. In one image of ten they are so for a correction as well. Where
    nothing is wrong (no object, or all is found), any pixel of the image may be clicked: SAM2's code clicks
    the background there.
    """
    n, height, width = ground_truth.shape
    drawn = torch.rand(n, height * width + 1, generator=generator, device=generator.device).to(ground_truth.device)
    wrong = ground_truth
    if predicted is not None:
        wrong = torch.where(drawn[:, -1, None, None] < FROM_GROUND_TRUTH, ground_truth, ground_truth ^ predicted)
    wrong = wrong.flatten(1)
    wrong = wrong | ~wrong.any(1, keepdim=True)
    # The largest of the numbers drawn where it is wrong: 1 is added because one drawn may be 0.
    at = ((drawn[:, :-1] + 1) * wrong).argmax(1, keepdim=True)
    return Clicks(torch.stack([at % width, at // width], 2).float(), ground_truth.flatten(1).gather(1, at).long())


def object_middle(ground_truth: Tensor) -> Clicks:
    """Return a click on the mean of the object's pixels; without an object one on the image's middle, not on it."""
    weights = torch.where(ground_truth.flatten(1).any(1)[:, None, None], ground_truth, True).double()
    weights = weights / weights.sum((1, 2), keepdim=True)
    rows, columns = (torch.arange(side, device=ground_truth.device) for side in ground_truth.shape[1:])
    x, y = (weights.sum(1) * columns).sum(1), (weights.sum(2) * rows).sum(1)
    return Clicks(torch.stack([x, y], 1)[:, None].float(), ground_truth.flatten(1).any(1)[:, None].long())


def step_loss(masks: Tensor, ious: Tensor, object_score: Tensor, ground_truth: Tensor) -> Tensor:
    """Return the loss after one click: 20 focal + dice + |IoU - its estimate| + cross-entropy of "there is one".

    Of several masks the one with the smallest 20 focal + dice counts, for these two; the error of the estimates
    is the mean over all. An image without an object has the last term alone. All is a mean over images.

    masks: logits float [N, K, h, w]; ious: [N, K]; object_score: logits [N]; ground_truth: bool [N, h, w].
    """
    there = ground_truth.flatten(1).any(1).float()
    target = ground_truth[:, None].expand_as(masks).float().flatten(2)
    logits = masks.flatten(2)
    mask = (MASK_WEIGHT * _focal(logits, target) + _dice(logits, target)).min(1).values
    estimate = (ious - _iou(logits > 0, target > 0)).abs().mean(1)
    score = F.binary_cross_entropy_with_logits(object_score, there, reduction="none")
    return ((mask + estimate) * there + score).mean()


def _focal(logits: Tensor, target: Tensor) -> Tensor:
    """Return the mean over pixels of a (1 - p)^2 (-log p), p: share of the ground truth, a: 0.25 on the object."""
    entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    right = torch.exp(-entropy)
    alpha = ALPHA * target + (1 - ALPHA) * (1 - target)
    return (alpha * (1 - right) ** GAMMA * entropy).mean(-1)


def _dice(logits: Tensor, target: Tensor) -> Tensor:
    """Return 1 - (s - |p - t| + 1) / (s + 1), s: sum of p + t over the pixels (Wang et al., MICCAI 2023)."""
    shares = logits.sigmoid()
    total = shares.sum(-1) + target.sum(-1)
    return 1 - (total - (shares - target).abs().sum(-1) + 1) / (total + 1)


def _iou(predicted: Tensor, target: Tensor) -> Tensor:
    return (predicted & target).sum(-1) / (predicted | target).sum(-1).clamp(min=1)
