"""Every loss against another route: torch's own, sums written out, scikit-image, hand-made images."""

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from torch.nn import functional as F

from bench.training.losses import PerceptualDistance, ReconstructionLoss, dice_loss, inverse_frequency, objective, ssim
from registry.errors import BenchError
from registry.recipe import Recipe


@pytest.fixture
def scored():
    """Scores of four classes and labels of which class 3 has none, some of them border."""
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 4, 9, 7, generator=generator)
    labels = torch.randint(0, 3, (2, 9, 7), generator=generator)
    labels[:, :2] = 255
    return logits, labels


def test_cross_entropy_is_torchs_own(scored):
    """The weighted mean over the labelled pixels; the last weight holds for all further classes."""
    logits, labels = scored
    labels[1, 5] = 3
    for given, weights in (((0.1, 0.3), [0.1, 0.3, 0.3, 0.3]), ((0.5, 2.0, 0.2), [0.5, 2.0, 0.2, 0.2])):
        expected = F.cross_entropy(logits, labels, torch.tensor(weights), ignore_index=255)
        assert objective(Recipe(class_weights=given))(logits, labels).item() == pytest.approx(expected.item())


def test_the_loss_ignores_the_border_and_weighs_classes():
    """The closed form: with uniform logits every pixel costs ln 3, whatever the weights; a border-only batch 0."""
    loss = objective(Recipe(class_weights=(0.1, 1.0)))
    labels = torch.randint(0, 3, (2, 32, 32))
    labels[:, :8] = 255
    logits = torch.zeros(2, 3, 32, 32)
    assert loss(logits, labels).item() == pytest.approx(np.log(3), abs=1e-6)
    assert loss(logits, torch.full_like(labels, 255)).item() == 0
    # A constant preference for class 0 by d: cost ln(2 + e^d) - d for class 0, ln(2 + e^d) for the others.
    logits[:, 0] = 2.0
    n0, n = (labels == 0).sum().item(), (labels != 255).sum().item()
    weight = 0.1 * n0 + (n - n0)
    expected = (0.1 * n0 * (np.log(2 + np.e**2) - 2) + (n - n0) * np.log(2 + np.e**2)) / weight
    assert loss(logits, labels).item() == pytest.approx(expected, rel=1e-5)


def test_inverse_frequencies_sum_to_the_number_of_classes():
    """10, 5 and 1 pixels: weights in the proportion 1 : 2 : 10, their sum 3; a class without a pixel gets 0."""
    labels = torch.tensor([0] * 10 + [1] * 5 + [2] + [255] * 4).view(1, 4, 5)
    assert inverse_frequency(labels, 3).tolist() == pytest.approx([3 / 13, 6 / 13, 30 / 13])
    assert inverse_frequency(labels, 4).tolist() == pytest.approx([4 / 13, 8 / 13, 40 / 13, 0])


def test_inverse_frequency_makes_each_class_count_alike(scored):
    """Then the weighted mean is the mean over the classes that are there of each class's own mean."""
    logits, labels = scored
    costs = -logits.double().log_softmax(1).gather(1, labels.where(labels != 255, 0)[:, None])[:, 0]
    expected = np.mean([costs[labels == c].mean().item() for c in range(3)])
    loss = objective(Recipe(class_weights="inverse_frequency"))
    assert loss(logits, labels).item() == pytest.approx(expected, rel=1e-5)
    assert loss(logits, torch.full_like(labels, 255)).item() == 0


def test_dice_is_the_sums_written_out(scored):
    """Pixel by pixel in NumPy: 1 - mean over all four classes of (2 |A B| + s) / (|A| + |B| + s), border left out."""
    logits, labels = scored
    shares = np.exp(logits.numpy().astype(np.float64))
    shares /= shares.sum(1, keepdims=True)
    scores = []
    for c in range(4):
        hit = total = 0.0
        for n, y, x in np.argwhere(labels.numpy() != 255):
            ground_truth = float(labels[n, y, x] == c)
            hit += shares[n, c, y, x] * ground_truth
            total += shares[n, c, y, x] + ground_truth
        scores.append((2 * hit + 1e-5) / (total + 1e-5))
    assert dice_loss(logits, labels).item() == pytest.approx(1 - np.mean(scores), rel=1e-5)


def test_the_border_pulls_at_no_score(scored):
    """The gradient of Dice and cross-entropy together is 0 there and not elsewhere; all border: no loss, no NaN."""
    logits, labels = scored
    logits.requires_grad_()
    loss = objective(Recipe(loss="dice_cross_entropy", class_weights="inverse_frequency"))
    loss(logits, labels).backward()
    assert not logits.grad[:, :, :2].any()
    assert logits.grad[:, :, 2:].abs().sum() > 0
    logits.grad = None
    loss(logits, torch.full_like(labels, 255)).backward()
    assert not logits.grad.any()


def test_dice_and_cross_entropy_are_added(scored):
    """Once each."""
    logits, labels = scored
    both = objective(Recipe(loss="dice_cross_entropy"))(logits, labels)
    assert both.item() == pytest.approx(
        (F.cross_entropy(logits, labels, ignore_index=255) + dice_loss(logits, labels)).item()
    )


@pytest.fixture
def images():
    """Two images in 0..1, smooth enough to have structure, and noisy versions of them."""
    generator = torch.Generator().manual_seed(2)
    target = F.interpolate(torch.rand(2, 3, 6, 5, generator=generator), (40, 32), mode="bilinear")
    return (target + 0.1 * torch.randn(target.shape, generator=generator)).clamp(0, 1), target


def test_ssim_is_scikit_images(images):
    """With its Gaussian window, over the windows that lie inside the image."""
    output, target = (p.double().numpy() for p in images)
    options = {"data_range": 1.0, "channel_axis": 0, "gaussian_weights": True, "use_sample_covariance": False}
    expected = np.mean([structural_similarity(a, b, sigma=1.5, **options) for a, b in zip(output, target, strict=True)])
    assert ssim(*images).item() == pytest.approx(expected, abs=1e-5)
    assert 0.2 < expected < 0.9


def test_reconstruction_losses_add_a_tenth_of_their_terms(images):
    """Each is the squared error and the further terms of its name; of a perfect image it is 0."""
    output, target = images
    square = ((output - target) ** 2).mean().item()
    structure = 0.1 * (1 - ssim(output, target).item())
    perception = 0.1 * PerceptualDistance()(output, target).item()
    assert perception > 0
    expected = {"mse": square, "mse_ssim": square + structure, "mse_ssim_perceptual": square + structure + perception}
    for name, value in expected.items():
        loss = objective(Recipe(loss=name, monitor="loss"))
        assert loss(output, target).item() == pytest.approx(value, rel=1e-6)
        assert loss(target, target).item() == pytest.approx(0, abs=1e-6)


def test_the_perceptual_network_is_vgg16s_first_seven_convolutions():
    """Channels 64, 64, pool, 128, 128, pool, 256, 256, 256 (Simonyan & Zisserman, table 1, D): 1,735,488 parameters."""
    first, second = PerceptualDistance(), PerceptualDistance()
    assert [m.out_channels for m in first.layers if isinstance(m, torch.nn.Conv2d)] == [64, 64, 128, 128, 256, 256, 256]
    assert sum(p.numel() for p in first.layers.parameters()) == 1_735_488
    assert isinstance(first.layers[-1], torch.nn.ReLU)
    # He's initialisation for ReLU by the outputs: variance 2 / (9 * 256) where 128 channels become 256.
    assert first.layers[10].weight.std().item() == pytest.approx((2 / (9 * 256)) ** 0.5, rel=0.01)
    assert not first.layers[10].bias.any()
    assert all(torch.equal(a, b) for a, b in zip(first.layers.parameters(), second.layers.parameters(), strict=True))
    image = torch.rand(1, 3, 32, 32, requires_grad=True)
    first(image, torch.zeros(1, 3, 32, 32)).backward()
    assert image.grad.any()
    assert all(p.grad is None for p in first.layers.parameters())


def test_the_perceptual_weights_leave_other_random_numbers_alone():
    """They are drawn from a seed of their own."""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    PerceptualDistance()
    assert torch.equal(torch.rand(3), expected)


def test_a_loss_that_does_not_fit_is_one_line(scored, images):
    """It names the losses that fit."""
    with pytest.raises(BenchError, match="'focal_dice_iou' belongs to SAM2's own training; give .* cross_entropy"):
        objective(Recipe(loss="focal_dice_iou"))(*scored)
    with pytest.raises(
        BenchError, match="'mse_ssim' compares images, and this model learns labels; give .* cross_entropy"
    ):
        objective(Recipe(loss="mse_ssim", monitor="loss"))(*scored)
    with pytest.raises(BenchError, match="an autoencoder has no labels to learn; give one of the losses mse, "):
        objective(Recipe())(*images)


def test_structure_is_measured_in_full_precision(images):
    """Under autocast the similarity would be off by whole percents."""
    loss = ReconstructionLoss("mse_ssim")
    plain = loss(*images).item()
    with torch.autocast("cpu", torch.bfloat16):
        assert loss(*images).item() == pytest.approx(plain, rel=1e-6)
