"""SAM2 for single images, behind the one predict interface."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import Sam2Model

from registry.adapter import Batch, Inputs, NetworkStep, Objective, Pass, TorchSegmenter
from registry.errors import BenchError
from registry.geometry import from_input
from registry.networks.sam2_decode import PADDING, MaskOutput, PromptTensors, decode, decode_any, embed
from registry.networks.sam2_training import CORRECTIONS, Clicks, next_clicks, object_middle, step_loss
from registry.prompts import Point, Prompt
from registry.segmenter import Geometry, Prediction, Size, size_of

NOT_A_POINT = -1
CORNERS = (2, 3)
MASK_LOGIT = 10.0
"""What SAM2's code makes of a mask that a user gives: logits of 10 on it, and of -10 elsewhere."""


class Sam2Segmenter(TorchSegmenter):
    """Points, a box and a mask in; masks with the model's own estimate of their IoU out.

    A mask is where its logit is above 0. An image without a prompt is background. The network's inputs
    are the pixels [N, 3, S, S] and the four tensors of `PromptTensors`. `label_order` is of no concern: there are no
    classes.

    Args:
        network: transformers' model.
        size: side of its input.
        name: the entry's, for messages.
        multimask: predict the best of three masks by the model's own estimate; False: its single mask
            (or, where that is unstable, the best of the three: SAM2's "dynamic multimask via stability").
    """

    network: Sam2Model

    def __init__(self, network: Sam2Model, size: int, name: str, *, multimask: bool) -> None:
        super().__init__(network, Geometry(size, size, "stretch"))
        self.name, self.multimask = name, multimask

    def place(self, device: str, precision: str) -> None:
        """See `TorchSegmenter.place`; positions are encoded in fp32 always: bf16 would move a click by pixels."""
        encoders = (self.network.shared_image_embedding, self.network.prompt_encoder.shared_embedding)
        exact = [encoder.positional_embedding.float() for encoder in encoders]
        super().place(device, precision)
        for encoder, matrix in zip(encoders, exact, strict=True):
            encoder.register_buffer("positional_embedding", matrix.to(self.device))

    def prepare(self, images: Sequence[Tensor], prompts: Sequence[Prompt | None]) -> Inputs:
        """Return pixels [N, 3, S, S] and the tensors of `PromptTensors`.

        Raises:
            BenchError: a prompt is a text or a heat map.
        """
        (pixels,) = super().prepare(images, prompts)
        clicks = [self._clicks(p, size_of(image)) for p, image in zip(prompts, images, strict=True)]
        points = torch.zeros(len(images), max(len(labels) for _, labels in clicks), 2)
        labels = torch.full(points.shape[:2], PADDING)
        for i, (where, which) in enumerate(clicks):
            points[i, : len(where)] = torch.tensor(where).view(-1, 2)
            labels[i, : len(which)] = torch.tensor(which)
        drawn = [None if prompt is None else prompt.mask for prompt in prompts]
        masks = torch.stack([self._mask_logits(mask) for mask in drawn]).to(self.dtype)
        tensors = PromptTensors(points, labels, masks, torch.tensor([mask is not None for mask in drawn]))
        return pixels, *(tensor.to(self.device) for tensor in tensors)

    def _clicks(self, prompt: Prompt | None, seen: Size) -> tuple[list[Point], list[int]]:
        """Return points as the network wants them, and their labels; none at all without a prompt.

        A box is its corners, as two points with labels of their own. transformers adds 0.5 to what it takes for
        a pixel's index; ours are positions, so 0.5 is taken off once they are scaled to the input.
        """
        if prompt is None:
            return [], []
        for kind, given in (("text", prompt.text), ("heat map", prompt.heatmap)):
            if given is not None:
                raise BenchError(f"{self.name} takes points, a box or a mask, not a {kind}; leave it out of the prompt")
        scaled = prompt.resized(seen, Size(self.geometry.height, self.geometry.width))
        points, labels = list(scaled.points), list(scaled.labels)
        if scaled.box is not None:
            points, labels = [scaled.box[:2], scaled.box[2:], *points], [*CORNERS, *labels]
        if prompt.mask is not None and not points:
            points, labels = [(0.5, 0.5)], [NOT_A_POINT]
        return [(x - 0.5, y - 0.5) for x, y in points], labels

    def _mask_logits(self, mask: Tensor | None) -> Tensor:
        size = self.network.prompt_encoder.mask_input_size
        if mask is None:
            return torch.zeros(1, *size)
        logits = torch.where(mask.cpu(), MASK_LOGIT, -MASK_LOGIT)[None, None]
        return F.interpolate(logits, size, mode="bilinear", antialias=True)[0]

    @torch.no_grad()
    def forward(self, inputs: Inputs) -> Tensor:
        """Return masks [N, K, S / 4, S / 4] as logits, the best by the model's own estimate first."""
        return self._decode_prompts(self._encode_images(inputs))

    def network_steps(self) -> tuple[NetworkStep, ...]:
        """See `TorchSegmenter.network_steps`; the encoder's work is shared by all prompts on an image."""
        encode = NetworkStep("encode_image", torch.no_grad()(self._encode_images))
        return encode, NetworkStep("decode_prompt", torch.no_grad()(self._decode_prompts))

    def _encode_images(self, inputs: Inputs) -> tuple[list[Tensor], PromptTensors]:
        pixels, *tensors = inputs
        return embed(self.network, pixels), PromptTensors(*tensors)

    def _decode_prompts(self, encoded: tuple[list[Tensor], PromptTensors]) -> Tensor:
        output = decode_any(self.network, *encoded, multimask=self.multimask)
        order = output.ious.argsort(dim=1, descending=True, stable=True)
        return output.masks.gather(1, order[..., None, None].expand_as(output.masks))

    def canonical(self, logits: Tensor) -> Tensor:
        """Return the masks as they are: there are no classes to put in order."""
        return logits

    def finish(self, logits: Tensor, image: Tensor, size: Size) -> Prediction:
        """Return the first mask, and all where there are several; the probabilities are of background and object."""
        own = size_of(image)
        candidates = (from_input(logits, self.geometry, own, size) > 0).to(image.device, torch.uint8)

        def shares() -> Tensor:
            return self.shares(_two_channels(from_input(logits[:1], self.geometry, own, size)[0], 0))

        return Prediction(candidates[0], shares, candidates if len(candidates) > 1 else None)

    def training_pass(self, batch: Batch, objective: Objective) -> Pass:
        """Return SAM2's own loss, summed over a click and three corrections; `objective` is not used.

        The object is every class but the background, and the border (255) belongs to it. In validation there is
        one click, in the middle of the object, and no correction: that is how the model is evaluated. The logits
        [N, 2, S, S] are those of background (0) and object after the first click.
        """
        ground_truth, features = batch.labels > 0, embed(self.network, batch.inputs)
        if (generator := batch.generator) is None:
            # Whichever `multimask` the model predicts with, so that one training serves both.
            first = self._large(self._decode(features, object_middle(ground_truth), None, multimask=True))
            return _passed(step_loss(*first, ground_truth), first, ground_truth)
        clicks = next_clicks(ground_truth, None, generator)
        low = self._decode(features, clicks, None, multimask=True)
        first = output = self._large(low)
        loss = step_loss(*output, ground_truth)
        for _ in range(CORRECTIONS):
            more = next_clicks(ground_truth, output.best()[:, 0] > 0, generator)
            clicks = Clicks(*(torch.cat(pair, 1) for pair in zip(clicks, more, strict=True)))
            low = self._decode(features, clicks, low.best(), multimask=False)
            output = self._large(low)
            loss = loss + step_loss(*output, ground_truth)
        return _passed(loss, first, ground_truth)

    def _decode(self, features: list[Tensor], clicks: Clicks, masks: Tensor | None, multimask: bool) -> MaskOutput:
        return decode(self.network, features, clicks.points, clicks.labels, masks, multimask=multimask)

    def _large(self, output: MaskOutput) -> MaskOutput:
        """Return the output in float32, its masks at the input's size."""
        size = (self.geometry.height, self.geometry.width)
        masks = F.interpolate(output.masks.float(), size, mode="bilinear", align_corners=False)
        return MaskOutput(masks, output.ious.float(), output.object_score.float())


def _passed(loss: Tensor, output: MaskOutput, ground_truth: Tensor) -> Pass:
    return Pass(loss, _two_channels(output.best()[:, 0], 1), ground_truth.long())


def _two_channels(logits: Tensor, dim: int) -> Tensor:
    """Return logits of the object as those of background (0) and object, along a new axis."""
    return torch.stack([torch.zeros_like(logits), logits], dim)
