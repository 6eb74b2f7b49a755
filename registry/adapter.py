"""Any torch network with image in, logits out, behind the one predict interface."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from registry.errors import BenchError
from registry.geometry import from_input, to_input
from registry.prompts import Prompt
from registry.segmenter import Geometry, Prediction, Segmenter, Size, size_of

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

SHARES = 1e-3  # how far from 1 the scores of a pixel may add up and still be probabilities: half precision

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

Inputs = tuple[Tensor, ...]
Objective = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Batch:
    """What training gets: inputs float [N, 3, h, w], labels int64 [N, h, w] (255 ignored).

    index: int64 [N], the images' places in their list. generator: for random numbers of training, None in
    validation. frozen: what `network.features(inputs)` gave for these images earlier, None: not known.
    """

    inputs: Tensor
    labels: Tensor
    index: Tensor
    generator: torch.Generator | None = None
    frozen: Tensor | None = None


class Pass(NamedTuple):
    """One pass of training or validation: the loss, and logits [N, C, h, w] beside the labels [N, h, w] they meet."""

    loss: Tensor
    logits: Tensor
    labels: Tensor


class NetworkStep(NamedTuple):
    """A part of `forward` with a name; `run` takes what the step before returned, the first one the inputs."""

    name: str
    run: Callable[[Any], Any]


class TorchSegmenter(Segmenter):
    """Normalises, resizes, runs the network, resizes the logits back and takes the argmax.

    A network with a frozen part keeps it in evaluation mode and without gradients by itself. Where that part
    depends on the image alone, the network has `features(inputs)`, which returns its output, and its `forward`
    takes that as `features=`: training then computes it once per image, if an image is the same in every epoch.

    Args:
        network: float [N, 3, h, w] -> logits [N, C, h', w'].
        geometry: the network's input size and how an image gets there; padding is black.
        mean, std: of RGB scaled to 0..1, applied before the network.
        label_order: the data set's class index for each output channel; default: the same order.
        output: what the network's scores are: logits (or logarithms of probabilities), or probabilities.
    """

    def __init__(
        self,
        network: nn.Module,
        geometry: Geometry,
        *,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
        label_order: Sequence[int] | None = None,
        output: Literal["logits", "probabilities"] = "logits",
    ) -> None:
        self.network = network.eval()
        self.geometry = geometry
        self.label_order = None if label_order is None else torch.tensor(label_order)
        self.output = output
        self.mean, self.std = torch.tensor(mean) * 255, torch.tensor(std) * 255
        self.device = torch.device("cpu")
        self.dtype = torch.float32
        self.layout = torch.contiguous_format

    def place(self, device: str, precision: str) -> None:
        """Move the network to `device` and cast it: `fp32`, `fp32_channels_last`, `bf16_channels_last`, ….

        Casting back to fp32 does not restore the weights: reload them.
        """
        kind, _, layout = precision.partition("_")
        self.device, self.dtype = torch.device(device), DTYPES[kind]
        self.layout = torch.channels_last if layout == "channels_last" else torch.contiguous_format
        self.network.to(self.device, self.dtype, memory_format=self.layout)  # type: ignore[call-overload]

    def prepare(self, images: Sequence[Tensor], prompts: Sequence[Prompt | None]) -> Inputs:
        """Return the network's inputs for uint8 images [3, H, W] of any sizes: [N, 3, h, w] comes first."""
        batch = torch.stack([to_input(image.to(self.device), self.geometry) for image in images])
        mean, std = (t.to(self.device)[:, None, None] for t in (self.mean, self.std))
        return (((batch - mean) / std).to(self.dtype, memory_format=self.layout),)

    def canonical(self, logits: Tensor) -> Tensor:
        """Bring the channels of logits [N, C, h, w] into the data set's class order."""
        return logits if self.label_order is None else logits[:, self.label_order.argsort().to(logits.device)]

    @torch.no_grad()  # not inference_mode: a network may keep a tensor from here, which then could not be trained with
    def forward(self, inputs: Inputs) -> Tensor:
        """Run the network alone: what the harness's efficiency is measured against."""
        logits: Tensor = self.network(*inputs)
        return logits

    def network_steps(self) -> tuple[NetworkStep, ...]:
        """Return what `forward` consists of, in order, without gradients: of a promptable model, more than one step."""
        return (NetworkStep("network", self.forward),)

    @torch.no_grad()
    def predict_images(
        self,
        images: Sequence[Tensor],
        prompts: Sequence[Prompt | None],
        sizes: Sequence[Size],
    ) -> list[Prediction]:
        """See `Segmenter.predict`.

        Raises:
            BenchError: the network's scores are not finite.
        """
        return self.predictions(self.forward(self.prepare(images, prompts)), images, sizes)

    def predictions(self, logits: Tensor, images: Sequence[Tensor], sizes: Sequence[Size]) -> list[Prediction]:
        """Return the predictions at `sizes` from what `forward` returned for these images.

        Raises:
            BenchError: the network's scores are not finite.
        """
        logits = self.canonical(logits)
        self._check_finite(logits)
        each = zip(logits, images, sizes, strict=True)
        return [self.finish(*one) for one in each]

    def _check_finite(self, logits: Tensor) -> None:
        """Refuse what is no number: it would be labelled like the first class."""
        # One that is no number makes their sum none. A sum too large for a float32 is looked at score by score.
        if logits.sum(dtype=torch.float32).isfinite() or logits.isfinite().all():
            return
        if self.dtype != torch.float32:
            cause = f"{str(self.dtype).removeprefix('torch.')} may be too small for them; give precision: fp32"
        else:
            cause = "its weights are damaged or its training diverged; give other weights, or train at a lower rate"
        raise BenchError(f"the network's scores are not finite (nan or inf): {cause}")

    @torch.no_grad()
    def check_scores(self, images: Sequence[Tensor], prompts: Sequence[Prompt | None]) -> None:
        """Compare a network's scores for some images with what they are said to be: logits or probabilities.

        Raises:
            BenchError: they are the other ones.
        """
        scores = self.forward(self.prepare(images, prompts)).float()
        if self.output == "probabilities":
            if (low := float(scores.min())) < -SHARES:
                raise BenchError(f'the scores run down to {low:.3g}, so they are logits; give output="logits"')
        elif scores.shape[1] > 1 and scores.min() >= 0 and ((scores.sum(1) - 1).abs() <= SHARES).all():
            raise BenchError(
                "the scores of each pixel are at least 0 and add up to 1, so they are probabilities, not logits; give "
                'output="probabilities"'
            )

    def finish(self, logits: Tensor, image: Tensor, size: Size) -> Prediction:
        """Return the prediction at `size` from the logits [C, h, w] of one image."""
        own = size_of(image)
        scores = from_input(logits, self.geometry, own, size)
        # max, not argmax: the same indices, and on a CPU 40 times faster over the first axis.
        labels = scores.max(0).indices.to(image.device, torch.uint8)
        # The logits are kept, not the scores: they have the network's size, not the image's.
        return Prediction(labels, lambda: self.shares(from_input(logits, self.geometry, own, size)))

    def shares(self, scores: Tensor) -> Tensor:
        """Return scores [C, H, W] as probabilities that sum to 1 over C."""
        return scores.softmax(0) if self.output == "logits" else scores / scores.sum(0)

    def training_pass(self, batch: Batch, objective: Objective) -> Pass:
        """Return loss and logits of one batch; `objective` takes float32 logits [N, C, h, w] and labels [N, h, w].

        A model that is trained on more than images (prompts) draws it here, from `batch.generator`.
        """
        more = {} if batch.frozen is None else {"features": batch.frozen}
        logits = self.canonical(self.network(batch.inputs, **more)).float()
        return Pass(objective(logits, batch.labels), logits, batch.labels)
