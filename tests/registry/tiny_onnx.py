"""A tiny torch network and the ONNX files that torch exports of it."""

import warnings

import pytest
import torch
from torch import nn

from registry import MODELS
from registry.adapter import TorchSegmenter
from registry.parameters import typed
from registry.segmenter import Geometry

CLASSES = ("background", "cat", "dog")
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
SIZES = [(40, 56), (64, 48), (33, 90), (20, 21), (50, 50)]
WEIGHTS = 3 * 8 * 9 + 8 + 8 * 3 * 9 + 3  # of the two convolutions below


class AtInput(nn.Module):
    """A network's scores brought to its input's size, bilinearly."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return nn.functional.interpolate(self.network(x), x.shape[-2:], mode="bilinear")


class Network(nn.Module):
    """Logits at half the input's size, in the forms that files have them in."""

    def __init__(self, form="logits"):
        super().__init__()
        torch.manual_seed(0)
        self.form = form
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 3, stride=2, padding=1))

    def forward(self, x):
        if "nhwc_in" in self.form:
            x = x.permute(0, 3, 1, 2)
        if self.form == "unbatched":
            x = x[None]
        if self.form == "whole":
            x = (x.float() / 255 - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
        z = self.body(x)
        forms = {
            "logits": z,
            "whole": z,
            "nothing": torch.zeros_like(z),
            "probabilities": z.softmax(1),
            "mask": z.argmax(1),
            "object": z[:, 1:2] - z[:, 2:],
            "object_probability": (z[:, 1:2] - z[:, 2:]).sigmoid(),
            "object_plane": (z[:, 1] - z[:, 2]).sigmoid(),
            "object_pair": z[:, [2, 1]],
            "nhwc_in_out": z.permute(0, 2, 3, 1),
            "nhwc_out": z.permute(0, 2, 3, 1),
            "nhwc_in": z,
            "mask_channel": z.argmax(1, keepdim=True).float(),
            "mask_int32": z.argmax(1).int(),
            "mask_uint8": z.argmax(1, keepdim=True).to(torch.uint8),
            "mask_last": z.argmax(1)[..., None],
            "mask_bool": z[:, 1] > z[:, 2],
            "mask_floats": z.argmax(1).float(),
            "mask_first": z.argmax(1)[0],
            "first": z[0],
            "first_last": z[0].permute(1, 2, 0),
            "first_pair": z[0, [2, 1]],
            "unbatched": z[0],
            "half": z.half(),
            "double": z.double(),
            "integers": (z * 1000).round().int(),
            "sigmoids": z.sigmoid(),
            "flat": z.flatten(2),
            "vector": z.mean((2, 3)),
            "nan": z / z.clamp_min(0),
            "bf16": z.to(torch.bfloat16),
            "beside": z - z.mean((0, 2, 3), keepdim=True),
            "random": z + torch.rand_like(z),
            "picture": ((z[:, 1:2] - z[:, 2:]).sigmoid() * 255).to(torch.uint8),
            "picture_floats": (z[:, 1:2] - z[:, 2:]).sigmoid() * 255,
        }
        return (z, z.softmax(1)) if self.form == "two" else forms[self.form]


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Return a function that exports a form of the network once; its name may end in what is fixed in it."""
    folder, done = tmp_path_factory.mktemp("onnx"), {}

    def get(form, *, fixed=None, dtype=None):
        key = form, fixed, dtype
        if key not in done:
            done[key] = folder / f"{form}-{fixed}-{dtype}.onnx"
            export(Network(form).eval(), done[key], nhwc=form.startswith("nhwc_in"), fixed=fixed, dtype=dtype)
        return str(done[key])

    return get


def export(network, path, *, nhwc=False, fixed=None, dtype=None):
    shape = (fixed or 2, 32, 48, 3) if nhwc else (fixed or 2, 3, 32, 48)
    shape = shape[1:] if network.form == "unbatched" else shape
    height, width = (1, 2) if nhwc else (2, 3)
    dtype = dtype or (torch.uint8 if network.form == "whole" else torch.float32)
    names = ["logits", "probabilities"] if network.form == "two" else ["out"]
    axes = None if fixed else {"image": {0: "n", height: "h", width: "w"}, **{name: {0: "n"} for name in names}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's newer exporter takes seconds; it has a test of its own below
        torch.onnx.export(
            network,
            (torch.zeros(shape, dtype=dtype),),
            str(path),
            dynamo=False,
            opset_version=17,
            input_names=["image"],
            output_names=names,
            dynamic_axes=axes,
        )


def some_images():
    generator = torch.Generator().manual_seed(1)
    coarse = [torch.rand(3, 6, 6, generator=generator) * 255 for _ in SIZES]
    fine = [nn.functional.interpolate(c[None], size, mode="bilinear")[0] for c, size in zip(coarse, SIZES, strict=True)]
    return [f.round().to(torch.uint8) for f in fine]


def build(**given):
    parameters = typed(MODELS["onnx"].parameters, {"size": (32, 48), "mean": MEAN, "std": STD, **given}, "onnx")
    MODELS["onnx"].check(parameters)
    return MODELS["onnx"].build(parameters, CLASSES, False)


def reference(mode="stretch", network=None, **given):
    """The torch network itself. Cut-off padding ends between pixels of the input, not of coarser scores."""
    network = network or Network()
    placed = AtInput(network) if mode == "letterbox" else network
    return TorchSegmenter(placed, Geometry(32, 48, mode), mean=MEAN, std=STD, **given)


def agreement(given, expected):
    """The share of all pixels with the same label."""
    same = torch.cat([(g.labels == e.labels).flatten() for g, e in zip(given, expected, strict=True)])
    assert len(torch.cat([e.labels.flatten() for e in expected]).unique()) > 1  # else anything would agree
    return same.double().mean()
