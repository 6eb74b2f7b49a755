"""How well an autoencoder reconstructs an image: mean square error, PSNR and SSIM, and pairs to look at."""

import math
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch

from bench.data.sample_cache import SampleCache
from bench.evaluation.example_files import save_image, small_size
from bench.evaluation.examples import ranked
from bench.perturb.similarity import similarity
from bench.plan.checkpoints import load_checkpoint
from bench.record.run_record import ReconstructedImage, ReconstructionMeans, ReconstructionRecord
from bench.training.reconstructor import built_reconstructor
from registry.adapter import TorchSegmenter
from registry.geometry import content, to_input
from registry.segmenter import Size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from bench.plan.jobs import Job

Couple = tuple[torch.Tensor, torch.Tensor]

_BATCH = 8  # images: small enough for 512 x 512 on a small machine


@dataclass(frozen=True)
class ImagePair:
    """One image as the network got it, and its reconstruction, uint8 [h, w, 3] RGB."""

    sample: str
    original: "NDArray[np.uint8]"
    reconstruction: "NDArray[np.uint8]"


@dataclass(frozen=True)
class Reconstructions:
    """Figures for each image at the network's size, float64 [n] each, and the best, median and worst pair by MSE.

    mse: mean square difference of values in 0..1. psnr: 10 log10(1 / mse) in decibels, NaN where nothing differs.
    ssim: as in `bench.perturb.similarity`, of both images rounded to 8 bits. A letterbox's padding does not count.
    """

    mse: "NDArray[np.float64]"
    psnr: "NDArray[np.float64]"
    ssim: "NDArray[np.float64]"
    pairs: tuple[ImagePair, ...]

    def means(self) -> ReconstructionMeans:
        """Return n and the mean of each figure over the images where it is defined, None where it never is."""
        return ReconstructionMeans(
            n=len(self.mse), mse=_defined_mean(self.mse), psnr=_defined_mean(self.psnr), ssim=_defined_mean(self.ssim)
        )


def _defined_mean(values: "NDArray[np.float64]") -> float | None:
    defined = [value for value in values.tolist() if not math.isnan(value)]
    return fmean(defined) if defined else None


def reconstruct(autoencoder: TorchSegmenter, decoded: SampleCache) -> Reconstructions:
    """Reconstruct every image and compare, on the autoencoder's device and in its precision.

    autoencoder: an adapter whose network turns normalised images [N, 3, h, w] into images [N, 3, h, w] in
    0..1; its geometry and normalisation are those of the segmenter that comes from it.
    """
    count = len(decoded.subset.rows)
    starts = range(0, count, _BATCH)
    rows = [_compare(*p) for i in starts for p in _passes(autoencoder, decoded, range(i, min(i + _BATCH, count)))]
    mse, psnr, ssim = np.array(rows, np.float64).reshape(count, 3).T
    chosen = list(ranked(-mse).values())
    pairs = [ImagePair(decoded[i].id, *map(_rounded, next(_passes(autoencoder, decoded, [i])))) for i in chosen]
    return Reconstructions(mse, psnr, ssim, tuple(pairs))


def _passes(autoencoder: TorchSegmenter, decoded: SampleCache, indices: "Sequence[int]") -> "Iterator[Couple]":
    """Yield original and reconstruction, float32 [3, h, w] in 0..1, of the chosen images without their padding."""
    geometry = autoencoder.geometry
    images = [torch.from_numpy(decoded[i].image).permute(2, 0, 1) for i in indices]
    outputs = autoencoder.forward(autoencoder.prepare(images, [None] * len(images))).float().cpu()
    for image, output in zip(images, outputs, strict=True):
        top, left, height, width = content(geometry, Size(*image.shape[-2:]))
        inner = slice(top, top + height), slice(left, left + width)
        yield to_input(image, geometry)[:, *inner] / 255, output[:, *inner]


def _compare(original: torch.Tensor, reconstruction: torch.Tensor) -> tuple[float, float, float]:
    mse = float((original - reconstruction).double().square().mean())
    psnr = 10 * math.log10(1 / mse) if mse else math.nan
    return mse, psnr, similarity(_rounded(original), _rounded(reconstruction)).ssim


def _rounded(image: torch.Tensor) -> "NDArray[np.uint8]":
    grey = (image * 255).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(grey.permute(1, 2, 0).numpy())


def write_pairs(folder: "Path", place: str, reconstructions: Reconstructions) -> tuple[ReconstructedImage, ...]:
    """Write the pairs below `folder`; return sample and files (relative to the run's folder) of each.

    place: a name for the files, unique among the run's jobs.
    """
    return tuple(
        ReconstructedImage(
            sample=pair.sample,
            original=save_image(folder, f"{place}-{i}-original", _small(pair.original)),
            reconstruction=save_image(folder, f"{place}-{i}-reconstruction", _small(pair.reconstruction)),
        )
        for i, pair in enumerate(reconstructions.pairs)
    )


def measured_reconstructions(
    job: "Job", decoded: SampleCache, device: str, folder: "Path | None"
) -> ReconstructionRecord:
    """Return the means of a job's autoencoder over its clean images, and the pairs written below `folder`, if any."""
    place, path = job.reconstructions(), job.weights.autoencoder()
    assert place is not None
    assert path is not None
    autoencoder = built_reconstructor(job.spec)
    load_checkpoint(autoencoder.network, path, state=job.weights.pretext_state)
    autoencoder.place(device, "fp32")
    found = reconstruct(autoencoder, decoded)
    return ReconstructionRecord(means=found.means(), pairs=write_pairs(folder, place, found) if folder else ())


def _small(image: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    return np.asarray(cv2.resize(image, small_size(image.shape), interpolation=cv2.INTER_AREA), np.uint8)
