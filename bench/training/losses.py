"""What training makes small: losses of labels and of reconstructions, each a mean over one batch.

A batch is what the network sees at once: with several devices, or with `accumulate`, that is a part of the
optimiser's batch. The parts' losses then count alike, whatever their numbers of labelled pixels. With `accumulate`
each counts 1 / accumulate, also in the last step of an epoch: where fewer parts are left for it, Lightning still
divides by the full number, and that step's gradient is the smaller.
"""

from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.suite.recipe_rules import NO_LABELS, SAM2_ONLY, WINDOW, images_only
from registry.adapter import IMAGENET_MEAN, IMAGENET_STD, Objective
from registry.errors import BenchError
from registry.labels import IGNORE
from registry.recipe import RECONSTRUCTION, Recipe

ClassWeights = tuple[float, ...] | Literal["inverse_frequency"]

SMOOTH = 1e-5  # of the Dice loss
SHARE = 0.1  # of the SSIM and of the perceptual term beside the squared error
SIGMA = 1.5  # of the SSIM's Gaussian, in pixels


def objective(recipe: Recipe) -> Objective:
    """Return the recipe's loss: (float32 scores [N, C, h, w], target) -> scalar.

    The target is int64 labels [N, h, w] for the losses of labels, images [N, C, h, w] in 0..1 for those of
    reconstructions. Calling it raises BenchError where the loss does not fit the model.
    """
    if recipe.loss in RECONSTRUCTION:
        return ReconstructionLoss(recipe.loss)
    if recipe.loss == "focal_dice_iou":
        return _refused
    return partial(_labelled, weights=recipe.class_weights, dice=recipe.loss == "dice_cross_entropy")


def _refused(_: Tensor, __: Tensor) -> Tensor:
    raise BenchError(SAM2_ONLY)


def _labelled(logits: Tensor, labels: Tensor, weights: ClassWeights, *, dice: bool) -> Tensor:
    if labels.is_floating_point():
        raise BenchError(NO_LABELS)
    loss = cross_entropy(logits, labels, weights)
    return loss + dice_loss(logits, labels) if dice else loss


def cross_entropy(logits: Tensor, labels: Tensor, weights: ClassWeights) -> Tensor:
    """Return the weighted mean cross-entropy over the labelled pixels; 0 for a batch of border only."""
    classes = logits.shape[1]
    if weights == "inverse_frequency":
        given = inverse_frequency(labels, classes)
    else:
        given = logits.new_tensor([*weights, *[weights[-1]] * classes][:classes])
    total = F.cross_entropy(logits, labels, given, ignore_index=IGNORE, reduction="sum")
    # The mean over no pixel at all is 0, not NaN.
    return total / given[labels[labels != IGNORE]].sum().clamp_min(1e-9)


def inverse_frequency(labels: Tensor, classes: int) -> Tensor:
    """Return float32 [C]: weights in inverse proportion to the batch's labelled pixels of each class, of sum C.

    A class without a pixel gets 0: any other share would only take from the classes that are there.
    """
    counts = torch.bincount(labels[labels != IGNORE], minlength=classes).float()
    inverse = torch.where(counts > 0, 1 / counts.clamp_min(1), 0)
    return inverse * classes / inverse.sum().clamp_min(1e-12)


def dice_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Return 1 minus the soft Dice, the mean over all classes, each pooled over the batch's labelled pixels.

    Milletari et al., V-Net (2016), with plain sums below the fraction as nnU-Net has them; a class that is
    neither in the ground truth nor predicted scores 1.
    """
    valid = (labels != IGNORE)[:, None]
    predicted = logits.softmax(1) * valid
    ground_truth = F.one_hot(labels.where(valid[:, 0], 0), logits.shape[1]).movedim(-1, 1) * valid
    common = (predicted * ground_truth).sum((0, 2, 3))
    both = predicted.sum((0, 2, 3)) + ground_truth.sum((0, 2, 3))
    return 1 - ((2 * common + SMOOTH) / (both + SMOOTH)).mean()


class ReconstructionLoss:
    """Mean squared error; `mse_ssim` adds 0.1 (1 - SSIM), `mse_ssim_perceptual` 0.1 of the distance of features."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.perceptual = PerceptualDistance() if name == "mse_ssim_perceptual" else None

    def __call__(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the loss of images [N, 3, h, w] against targets in 0..1."""
        if not target.is_floating_point():
            raise BenchError(images_only(self.name))
        loss = F.mse_loss(image, target)
        # Differences of squares and random features need float32 also where the network runs in half of it.
        with torch.autocast(image.device.type, enabled=False):
            if self.name != "mse":
                loss = loss + SHARE * (1 - ssim(image, target))
            if self.perceptual is not None:
                loss = loss + SHARE * self.perceptual(image, target)
        return loss


def ssim(image: Tensor, target: Tensor) -> Tensor:
    """Return the mean structural similarity of images [N, C, h, w] in 0..1, h and w at least 11 pixels.

    Wang et al. (2004): Gaussian window of 11 x 11 pixels and sigma 1.5, K1 0.01, K2 0.03, each channel by itself,
    windows inside the image only (torchmetrics counts mirrored ones too).
    """
    x = torch.arange(WINDOW, dtype=image.dtype, device=image.device) - WINDOW // 2
    line = torch.exp(-0.5 * (x / SIGMA) ** 2)
    window = torch.outer(line, line) / line.sum() ** 2
    channels = image.shape[1]
    blurred = partial(F.conv2d, weight=window.expand(channels, 1, WINDOW, WINDOW), groups=channels)
    a, b = blurred(image), blurred(target)
    aa, bb, ab = blurred(image**2) - a * a, blurred(target**2) - b * b, blurred(image * target) - a * b
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * a * b + c1) * (2 * ab + c2) / ((a * a + b * b + c1) * (aa + bb + c2))).mean()


class PerceptualDistance:
    """Mean squared distance of the features of a VGG16 up to its seventh convolution's ReLU (relu3_3).

    The weights are random, of a fixed seed, drawn as torchvision does without pre-trained ones (He et al., 2015);
    images are normalised as VGG16 was trained.
    """

    def __init__(self) -> None:
        from torchvision.models import vgg16

        with torch.device("meta"):  # the whole would be half a gigabyte, of which 1 % is needed
            self.layers: nn.Module = vgg16(weights=None, init_weights=False).features[:16]
        self.layers.to_empty(device="cpu").eval().requires_grad_(False)
        generator = torch.Generator().manual_seed(0)
        for layer in self.layers.modules():
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu", generator=generator)
                nn.init.zeros_(layer.bias)
        self.mean, self.std = (torch.tensor(t)[:, None, None] for t in (IMAGENET_MEAN, IMAGENET_STD))

    def __call__(self, image: Tensor, target: Tensor) -> Tensor:
        """Return the distance of images [N, 3, h, w] from targets in 0..1."""
        with torch.no_grad():
            expected = self._features(target)
        return F.mse_loss(self._features(image), expected)

    def _features(self, image: Tensor) -> Tensor:
        mean, std = self.mean.to(image.device), self.std.to(image.device)
        features: Tensor = self.layers.to(image.device)((image - mean) / std)
        return features
