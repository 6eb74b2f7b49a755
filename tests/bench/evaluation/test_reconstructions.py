"""What an autoencoder gives back is measured as scikit-image would, and shown."""

import math
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from bench.evaluation.reconstructions import reconstruct, write_pairs
from bench.record.reconstruction_table import reconstruction_table
from bench.record.run_record import ReconstructedImage, ReconstructionMeans
from registry.adapter import TorchSegmenter
from registry.geometry import to_input
from registry.segmenter import Geometry

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


class Images:
    """Images that lie in memory: smooth ones of the given sizes, or the given ones."""

    def __init__(self, *images):
        self.images = images
        self.subset = SimpleNamespace(rows=images)

    def __getitem__(self, index):
        return SimpleNamespace(id=f"sample{index}", image=self.images[index])


class Constant(torch.nn.Module):
    """Says the same value everywhere, and something else while it is being trained."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, x):
        return torch.full_like(x, self.value + 0.3 * self.training)


class Noisy(torch.nn.Module):
    """The image and noise, stronger for each further image of a batch of plain images in 0..1."""

    def forward(self, x):
        noise = torch.randn(x.shape[1:], generator=torch.Generator().manual_seed(4))
        return (x + x.mean((1, 2, 3), keepdim=True) * 0.2 * noise).clamp(0, 1)


def smooth(height, width, level=120, seed=0):
    rng = np.random.default_rng(seed)
    waves = level * (1 + 0.4 * np.sin(np.arange(width) / 4)[None, :, None]) + rng.normal(0, 8, (height, width, 3))
    return np.clip(waves, 0, 255).astype(np.uint8)


def flat(value, height=40, width=40):
    return np.full((height, width, 3), value, np.uint8)


@pytest.mark.parametrize("geometry", [Geometry(32, 32, "stretch"), Geometry(32, 48, "letterbox")])
def test_an_image_given_back_as_it_was_has_no_error(geometry):
    """MSE 0, SSIM 1, and no PSNR at all."""
    found = reconstruct(TorchSegmenter(torch.nn.Identity(), geometry, **PLAIN), Images(smooth(50, 70), smooth(20, 31)))
    assert found.means() == ReconstructionMeans(n=2, mse=0.0, psnr=None, ssim=1.0)


@pytest.mark.parametrize(("value", "grey"), [(0.5, 0), (0.25, 255), (0.0, 51)])
def test_a_flat_answer_has_the_closed_form(value, grey):
    """(a - b)² and 10 log10 of its inverse; the network is not in training mode."""
    autoencoder = TorchSegmenter(Constant(value), Geometry(16, 16, "stretch"))
    found = reconstruct(autoencoder, Images(flat(grey))).means()
    expected = (value - grey / 255) ** 2
    assert found.mse == pytest.approx(expected, rel=1e-5)
    assert found.psnr == pytest.approx(-10 * math.log10(expected), rel=1e-5)


def test_padding_does_not_count():
    """A letterbox's black bars are not the image."""
    found = reconstruct(TorchSegmenter(Constant(1.0), Geometry(32, 32, "letterbox")), Images(flat(255, 10, 40)))
    assert found.mse[0] < 1e-12
    assert found.pairs[0].original.shape == (8, 32, 3)


def test_the_figures_are_scikit_images():
    """At the network's size; PSNR of values in 0..1, SSIM of 8 bits; more images than a batch holds."""
    geometry = Geometry(40, 48, "stretch")
    images = [smooth(60 + i, 90, 60 + 12 * i, i) for i in range(10)]
    found = reconstruct(TorchSegmenter(Noisy(), geometry, **PLAIN), Images(*images))
    for i, image in enumerate(images):
        clean = to_input(torch.from_numpy(image).permute(2, 0, 1), geometry) / 255
        noisy = Noisy()(clean[None])[0]
        clean, noisy = (t.permute(1, 2, 0).double().numpy() for t in (clean, noisy))
        assert found.mse[i] == pytest.approx(((clean - noisy) ** 2).mean(), rel=1e-4)
        assert found.psnr[i] == pytest.approx(peak_signal_noise_ratio(clean, noisy, data_range=1), rel=1e-4)
        luma = [np.rint(image * 255) @ LUMA for image in (clean, noisy)]
        expected = structural_similarity(
            *luma, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
        )
        assert found.ssim[i] == pytest.approx(expected, abs=2e-3)  # a value may round the other way
    assert found.means().ssim == pytest.approx(found.ssim.mean())


def test_the_normalisation_is_the_segmenters():
    """The network sees normalised images, and is compared with those before that."""
    mean, std = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))

    class Undo(torch.nn.Module):
        def forward(self, x):
            return x * std[:, None, None] + mean[:, None, None]

    found = reconstruct(TorchSegmenter(Undo(), Geometry(24, 24, "stretch")), Images(smooth(30, 40)))
    assert found.mse[0] < 1e-12


def test_the_best_the_median_and_the_worst_pair_are_written(tmp_path):
    """As the network got them and gave them back, small enough for a report."""
    images = Images(flat(100), flat(255, 500, 500), flat(0), flat(140), flat(128))
    found = reconstruct(TorchSegmenter(Constant(0.5), Geometry(480, 480, "stretch")), images)
    assert [pair.sample for pair in found.pairs] == ["sample4", "sample0", "sample1"]
    entries = write_pairs(tmp_path / "examples", "data-model", found)
    assert entries[2] == ReconstructedImage(
        sample="sample1",
        original="examples/data-model-2-original.webp",
        reconstruction="examples/data-model-2-reconstruction.webp",
    )
    for name, expected in (("original", 255), ("reconstruction", 128)):
        image = cv2.imread(str(tmp_path / getattr(entries[2], name)))
        assert image.shape == (320, 320, 3)
        assert abs(image.mean() - expected) < 2


def test_no_image_gives_no_figure():
    """An empty test subset is no reason to fall over."""
    found = reconstruct(TorchSegmenter(Constant(0.5), Geometry(16, 16, "stretch")), Images())
    assert found.means() == ReconstructionMeans(n=0)
    assert found.pairs == ()


def test_the_table_has_a_line_for_each_autoencoder():
    """At full precision; what is not defined is empty."""
    rows = [
        {"dataset": "pets", "model": "a", "n": 3, "mse": 0.1 + 0.2, "psnr": 5.5, "ssim": 0.5},
        {"dataset": "pets", "model": "b", "n": 1, "mse": 0.0, "psnr": None, "ssim": 1.0},
    ]
    lines = ["dataset,model,n,mse,psnr,ssim", "pets,a,3,0.30000000000000004,5.5,0.5", "pets,b,1,0.0,,1.0", ""]
    assert reconstruction_table(rows).split("\n") == lines
