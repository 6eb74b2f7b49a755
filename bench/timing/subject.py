"""One model as it is timed: its images, its network in each variant, and what does not depend on the clock."""

from copy import copy
from typing import TYPE_CHECKING

from bench.evaluation.model_size import measured_size
from bench.evaluation.precision import Probe
from bench.evaluation.readiness import Ready
from bench.plan.segmenters import loaded_segmenter
from bench.timing.timed_images import TimedImage, TimedImages
from bench.timing.variants import agreement, arithmetic, labels_of, placed, precision_of
from registry.adapter import Inputs, TorchSegmenter
from registry.segmenter import Geometry, Segmenter, Size

if TYPE_CHECKING:
    from torch import Tensor


class Subject:
    """A ready model, and what its groups share. Its network is loaded once more: in fp32, which casting had ended."""

    def __init__(self, ready: Ready) -> None:
        self.ready = ready
        self.device = ready.settings.device
        self.fresh = loaded_segmenter(ready.job)
        self.pictures = TimedImages(ready.samples, ready.settings)
        self._reference: dict[Size | None, Tensor] = {}
        self._agreement: dict[tuple[str, Size | None], float] = {}
        self._macs: dict[Size | None, int | None] = {None: ready.measurement.macs}

    @property
    def resolved(self) -> str:
        """The precision that the suite's `precision` led to."""
        return self.ready.measurement.precision or "fp32"

    def precision(self, variant: str) -> str:
        """Return the precision that a variant runs at."""
        return precision_of(variant, self.resolved)

    def placed(self, variant: str, size: Size | None) -> Segmenter:
        """Return the model as a variant runs it, not compiled yet; see `placed`."""
        return placed(self.fresh, variant, self.resolved, self.device, size)

    def geometry(self, size: Size | None) -> Geometry | None:
        """Return the network's input; None: the model takes images as they are."""
        own = self.fresh.geometry if isinstance(self.fresh, TorchSegmenter) else self.ready.settings.geometry
        return own if size is None or own is None else Geometry(*size, own.mode)

    def inputs(self, segmenter: TorchSegmenter, pictures: list[TimedImage]) -> Inputs:
        """Return the network's inputs, on its device."""
        return segmenter.prepare([one.image for one in pictures], [one.prompt for one in pictures])

    def macs(self, size: Size | None) -> int | None:
        """Return the multiply-accumulates of one image at an input's size."""
        if size not in self._macs:
            self._macs[size] = self._counted(size)
        return self._macs[size]

    def _counted(self, size: Size | None) -> int | None:
        geometry = self.geometry(size)
        if not isinstance(self.fresh, TorchSegmenter) or geometry is None:
            return None
        one = copy(self.fresh)
        one.geometry = geometry
        pictures = self.pictures.some(0, len(self.pictures.all))
        probe = Probe([picture.image for picture in pictures], [picture.prompt for picture in pictures])
        return measured_size(one, probe, trained=False).macs

    def agreement(self, variant: str, segmenter: Segmenter, size: Size | None) -> float | None:
        """Return the share of pixels whose label is that of fp32, not compiled; None: there is no fp32."""
        if not isinstance(segmenter, TorchSegmenter):
            return None
        if variant == "fp32":
            return 1.0
        if (variant, size) not in self._agreement:
            if size not in self._reference:
                with arithmetic("fp32"):
                    self._reference[size] = labels_of(self.placed("fp32", size), self.pictures.all, self.device)
            with arithmetic(variant):
                labels = labels_of(segmenter, self.pictures.all, self.device)
            self._agreement[variant, size] = agreement(labels, self._reference[size])
        return self._agreement[variant, size]
