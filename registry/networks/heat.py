"""Heat maps of clicks, and clicks drawn from labels for training."""

import torch
from torch import Tensor

from registry.geometry import resize
from registry.prompts import Prompt
from registry.segmenter import Geometry, Size


def gaussians(points: Tensor, geometry: Geometry, sigma: float) -> Tensor:
    """Return float32 [K, h, w]: exp(-d^2 / (2 sigma^2)) for the distance d of a pixel's centre from each point.

    points: float [K, 2], (x, y) in pixels of the input; sigma in the same.
    """
    x = torch.arange(geometry.width, device=points.device) + 0.5 - points[:, :1]
    y = torch.arange(geometry.height, device=points.device) + 0.5 - points[:, 1:]
    # The exponential of a sum is a product: h + w of them per point instead of h x w.
    along_x, along_y = ((-(d**2) / (2 * sigma**2)).exp() for d in (x, y))
    return along_y[:, :, None] * along_x[:, None, :]


def heat_map(prompt: Prompt | None, seen: Size, geometry: Geometry, sigma: float, device: torch.device) -> Tensor:
    """Return float32 [1, h, w] in 0..1, the input's size, for a prompt on an image of size `seen`.

    The largest of the clicks' Gaussians and of the prompt's own heat map holds; without either: zeros.
    """
    layers = [torch.zeros(1, geometry.height, geometry.width, device=device)]
    if prompt is not None and prompt.heatmap is not None:
        layers.append(resize(prompt.heatmap.to(device).float()[None], geometry.height, geometry.width))
    if prompt is not None and prompt.points:
        stretched = prompt.resized(seen, Size(geometry.height, geometry.width))
        layers.append(gaussians(torch.tensor(stretched.points, device=device), geometry, sigma))
    return torch.cat(layers).amax(0, keepdim=True)


def draw_clicks(
    labels: Tensor, classes: int, generator: torch.Generator, *, objects: bool = False
) -> tuple[Tensor, Tensor]:
    """Draw for each image one of the classes in it, then one of that class's pixels, each as likely as another.

    labels: int64 [N, h, w]. objects: class 0, the background, is never drawn. Returns the classes, int64 [N], -1
    where an image has none to draw (border alone), and the pixels' centres (x, y), float [N, 2].
    """
    width, flat = labels.shape[-1], labels.flatten(1)

    def largest(allowed: Tensor) -> Tensor:
        # The place of the largest of independent random numbers is uniform over the allowed places.
        drawn = torch.rand(allowed.shape, generator=generator, device=generator.device).to(labels.device)
        return torch.where(allowed, drawn, -1.0).argmax(1)

    present = torch.stack([(flat == c).any(1) for c in range(classes)], 1)
    present[:, 0] &= not objects
    chosen = torch.where(present.any(1), largest(present), -1)
    place = largest(flat == chosen[:, None])
    return chosen, torch.stack([place % width + 0.5, place // width + 0.5], 1)
