"""The small things that the tests of training train: tiny networks on twelve generated images, in a fraction of a second."""

import hashlib
import json
import os
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from bench.data import DATASETS, open_dataset
from bench.host.screen import Screen
from bench.training.trainer import Assignment, train
from registry.adapter import TorchSegmenter
from registry.recipe import Augmentation, Recipe
from registry.segmenter import Geometry

SIZE = 16
GEOMETRY = Geometry(SIZE, SIZE, "stretch")


class Net(nn.Module):
    """Two convolutions and no normalisation; each image by itself."""

    def __init__(self, outputs=3):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, outputs, 1))

    def forward(self, x):
        return self.layers(x)


class Mortal(Net):
    """Kills its process in the given step, once; `memory` gets a dot for it and for each step afterwards."""

    def __init__(self, step, memory):
        super().__init__()
        self.step, self.memory, self.seen = step, Path(memory), 0

    def forward(self, x):
        self.seen += self.training
        risen = self.memory.exists()
        if self.training and (risen or self.seen == self.step):
            with self.memory.open("a") as file:
                file.write(".")
            if not risen:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x)


class Dropping(nn.Module):
    """Batch normalisation, and whole channels dropped at random."""

    def __init__(self):
        super().__init__()
        first = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout2d(0.3)
        self.layers = nn.Sequential(*first, nn.Conv2d(4, 3, 1))

    def forward(self, x):
        return self.layers(x)


class Witness(TorchSegmenter):
    """Writes down each batch that it is trained or validated on: a line of JSON in SEEN, a file for each process.

    A line has a kind, the images' places in their list, and the hash of the pixels and labels of each.
    """

    def training_pass(self, batch, objective):
        if batch.inputs.any():  # else it is being tried out
            looks = [look(*pair) for pair in zip(batch.inputs, batch.labels, strict=True)]
            line = ["validation" if batch.generator is None else "training", batch.index.tolist(), looks]
            with Path(f"{os.environ['SEEN']}-{os.environ.get('LOCAL_RANK', '0')}").open("a") as file:
                file.write(json.dumps(line) + "\n")
        return super().training_pass(batch, objective)


def look(inputs, labels):
    """The hash of an image as the network gets it, and of its labels."""
    parts = [part.contiguous().numpy().tobytes() for part in (inputs, labels)]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


class Rough(TorchSegmenter):
    """Adds noise from the batch's generator in training, and drops pixels by torch's own random numbers."""

    def training_pass(self, batch, objective):
        logits = self.network(nn.functional.dropout(batch.inputs, 0.2, self.network.training))
        if batch.generator is not None:
            logits = logits + torch.randn(logits.shape, generator=batch.generator)
        return super().training_pass(batch, lambda _, labels: objective(logits, labels))


class Whole(TorchSegmenter):
    """Learns the border as background, so that every part of a batch has equally many labelled pixels."""

    def training_pass(self, batch, objective):
        return super().training_pass(replace(batch, labels=batch.labels.where(batch.labels != 255, 0)), objective)


class Pooled(nn.Module):
    """Adds to each pixel a normalised global mean, as DeepLabV3 does: a lone image has no variance."""

    def __init__(self):
        super().__init__()
        self.pixels, self.pool = nn.Conv2d(3, 3, 1), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(3))

    def forward(self, x):
        return self.pixels(x) + self.pool(x)


NO_AUGMENTATION = Augmentation(flip=0, rotate=0, crop=0, elastic=0, grid=0)


def recipe(**changes):
    """Three epochs of images as they are, four images a step."""
    return Recipe(**({"epochs": 3, "batch_size": 4, "learning_rate": 0.01, "augmentation": NO_AUGMENTATION} | changes))


def subsets(trainval=12):
    """Ten training images and two for validation."""
    entry = DATASETS["shapes"]
    opened = open_dataset("shapes", entry.parameters(trainval=trainval, test=2), None, download=False)
    return opened.subset("train"), opened.subset("val")


def segmenter(network=Net, wrap=TorchSegmenter):
    """A segmenter of that network."""
    return wrap(network(), GEOMETRY)


def start(folder, network=Net, wrap=TorchSegmenter, *, devices=1, device="cpu", trainval=12, workers=0, **changes):
    """Train and return the record's facts and the checkpoint's path."""
    learn, check = subsets(trainval)
    path = folder / "net.safetensors"
    build = partial(segmenter, network, wrap)
    todo = Assignment("net", build, recipe(**changes), (learn, check), seed=0, path=path, facts={})
    return train(todo, device, Screen(), workers=workers, devices=devices), path
