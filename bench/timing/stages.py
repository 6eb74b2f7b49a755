"""One image from its file to its labels, stage by stage, and the whole of it beside them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from bench.evaluation.preparation import to_tensor
from bench.perturb import run_steps, step_keys
from bench.suite import Sweep
from bench.timing.clock import Clock
from bench.timing.samples import Interval
from bench.timing.timed_images import TimedImage, TimedImages, announce
from registry.adapter import NetworkStep, TorchSegmenter
from registry.segmenter import Segmenter, size_of


class Cuts:
    """Cuts time into intervals that follow each other without a gap."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.intervals, self._last = clock, list[Interval](), clock.mark()

    def __call__(self, path: str) -> None:
        """End a interval here."""
        now = self.clock.mark()
        self.intervals.append(Interval(path, self._last, now))
        self._last = now


@dataclass(frozen=True)
class Middle:
    """A suite's perturbation at its middle strength; sweep None: the suite has none, and none is timed."""

    sweep: Sweep | None
    seed: int
    fresh: bool

    def perturbed(self, image: Tensor, picture: TimedImage, pictures: TimedImages) -> Tensor:
        """Return a perturbed image uint8 [3, H, W] on its device."""
        if self.sweep is None:
            return image
        steps = self.sweep.steps(self.sweep.strengths[len(self.sweep.strengths) // 2])
        masks = None
        if self.sweep.any("moves") or self.sweep.any("needs_mask"):
            masks = torch.from_numpy(pictures.samples[picture.place].mask)[None].to(image.device)
        hash_ = pictures.samples.subset.rows[picture.place].image_hash
        keys = step_keys(steps, self.seed, hash_, fresh=self.fresh)
        return run_steps(image[None], steps, lambda _: keys, masks).images[0].contiguous()


@dataclass(frozen=True)
class Line:
    """What an image passes through. network: the steps of a torch network; none for a model without one."""

    segmenter: Segmenter
    network: tuple[NetworkStep, ...]
    pictures: TimedImages
    middle: Middle
    device: str
    clock: Clock

    def staged(self, call: int) -> list[Interval]:
        """Take one image through, and return the interval of each stage."""
        picture, cut = self._next(call)
        image = self._decoded(picture)
        cut("decode")
        image = image.to(self.device)
        cut("to_device")
        if self.middle.sweep is not None:
            image = self.middle.perturbed(image, picture, self.pictures)
            cut("perturb")
        labels = self._in_steps(image, picture, cut)
        labels.cpu()
        cut("to_host")
        return cut.intervals

    def whole(self, call: int) -> list[Interval]:
        """Take one image through as an evaluation does, with no mark between its first and its last."""
        picture, cut = self._next(call)
        image = self.middle.perturbed(self._decoded(picture).to(self.device), picture, self.pictures)
        self.segmenter.predict([image], [picture.prompt], sizes=[size_of(picture.image)])[0].labels.cpu()
        cut("end_to_end")
        return cut.intervals

    def _next(self, call: int) -> tuple[TimedImage, Cuts]:
        pictures = self.pictures.some(call, 1)
        announce(self.segmenter, pictures)
        return pictures[0], Cuts(self.clock)

    def _decoded(self, picture: TimedImage) -> Tensor:
        return to_tensor(self.pictures.decode(picture), "cpu").contiguous()

    def _in_steps(self, image: Tensor, picture: TimedImage, cut: Cuts) -> Tensor:
        """Return the labels on the device."""
        size = size_of(picture.image)
        if not isinstance(self.segmenter, TorchSegmenter):
            labels = self.segmenter.predict([image], [picture.prompt], sizes=[size])[0].labels
            cut("predict")
            return labels
        passed = self.segmenter.prepare([image], [picture.prompt])
        cut("preprocess")
        for step in self.network:
            passed = step.run(passed)
            cut(step.name)
        found = self.segmenter.predictions(passed, [image], [size])[0].labels  # type: ignore[arg-type]
        cut("resize_argmax")
        return found
