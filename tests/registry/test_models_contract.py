"""What every model promises, asked of every file in the registry."""

import numpy as np
import pytest
import torch
from PIL import Image

from bench.checkpoints import load_checkpoint, save_checkpoint
from registry import MODELS
from registry.adapter import TorchSegmenter
from registry.segmenter import Case, Size

CLASSES = ("background", "cat", "dog")
SIZES = [(37, 53), (64, 48), (1, 1), (20, 2000)]

# A quick form of each entry; an entry that is not listed is asked with its defaults.
SMALL = {
    "unet": {"width": 4, "size": 32},
    "smp": {"encoder": "tu-test_resnet", "size": 64},
}


@pytest.fixture
def masks(tmp_path):
    """A folder of stored masks for the pictures below."""
    folder = tmp_path / "masks" / "clean"
    folder.mkdir(parents=True)
    for i, (height, width) in enumerate(SIZES):
        Image.fromarray(np.full((height, width), i % 3, np.uint8)).save(folder / f"sample{i}.png")
    return folder.parent


@pytest.fixture(params=MODELS.names())
def model(request, masks):
    """Every entry with small parameters, built."""
    entry = MODELS[request.param]
    given = {"folder": str(masks)} if request.param == "predictions" else SMALL.get(request.param, {})
    parameters = entry.parameters(**given)
    entry.check(parameters)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return entry, parameters, entry.build(parameters, CLASSES, True)


def pictures():
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator) for size in SIZES]


def predicted(segmenter, indices, **options):
    images = pictures()
    segmenter.announce(Case("clean", 0.0, tuple(f"sample{i}" for i in indices)))
    return segmenter.predict([images[i] for i in indices], **options)


def test_labels_have_the_pictures_size_and_are_classes(model):
    """uint8 [H, W], within the classes, on the input's device, for any size."""
    for size, prediction in zip(SIZES, predicted(model[2], range(4)), strict=True):
        assert prediction.labels.shape == size
        assert prediction.labels.dtype == torch.uint8
        assert int(prediction.labels.max()) < len(CLASSES)
        assert prediction.probabilities is None


def test_the_pictures_are_not_written_to(model):
    """Inputs belong to the caller."""
    segmenter, images = model[2], pictures()
    segmenter.announce(Case("clean", 0.0, tuple(f"sample{i}" for i in range(4))))
    segmenter.predict(images)
    assert all(torch.equal(a, b) for a, b in zip(images, pictures(), strict=True))


def test_a_batch_says_what_single_pictures_say(model):
    """Batching is not allowed to matter."""
    together = predicted(model[2], range(4))
    for i, prediction in enumerate(together):
        alone = predicted(model[2], [i])[0]
        assert (alone.labels == prediction.labels).double().mean() >= 0.999


def test_the_same_picture_gets_the_same_labels(model):
    """A segmenter comes ready to predict: no dropout, no running statistics."""
    first, second = (predicted(model[2], range(4)) for _ in range(2))
    assert all(torch.equal(a.labels, b.labels) for a, b in zip(first, second, strict=True))


def test_probabilities_sum_to_one_and_agree_with_the_labels(model):
    """float32 [C, H, W]; a model of hard masks has none."""
    for prediction in predicted(model[2], range(2), probabilities=True):
        if prediction.probabilities is None:
            assert not isinstance(model[2], TorchSegmenter)
            continue
        shares = prediction.probabilities
        assert shares.shape == (3, *prediction.labels.shape)
        assert torch.allclose(shares.sum(0), torch.ones(()), atol=1e-5)
        assert torch.equal(shares.argmax(0).to(torch.uint8), prediction.labels)


def test_labels_come_at_the_wanted_size(model):
    """`sizes` asks for another size than the picture's (stored masks have only their own)."""
    entry, _, segmenter = model
    if entry is MODELS["predictions"]:
        pytest.skip("a stored mask has one size")
    wanted = Size(90, 70)
    assert predicted(segmenter, [0], sizes=[wanted])[0].labels.shape == wanted


def test_saved_weights_give_the_same_labels(model, tmp_path):
    """Save, build anew with other initial weights, load: nothing is lost."""
    entry, parameters, segmenter = model
    if not isinstance(segmenter, TorchSegmenter):
        pytest.skip("no weights to save")
    save_checkpoint(segmenter.network, tmp_path / "a.safetensors", {})
    other = entry.build(parameters, CLASSES, False)
    load_checkpoint(other.network, tmp_path / "a.safetensors")
    before, after = predicted(segmenter, range(3)), predicted(other, range(3))
    assert all(torch.equal(a.labels, b.labels) for a, b in zip(before, after, strict=True))


def test_every_parameter_gets_a_gradient(model):
    """No part of the network is dead."""
    segmenter = model[2]
    if not isinstance(segmenter, TorchSegmenter):
        pytest.skip("nothing to train")
    # In training mode, so that batch normalisation is as it will be.
    segmenter.network.train()
    logits = segmenter.network(segmenter.prepare(pictures()[:2]))
    (logits * torch.randn(logits.shape, generator=torch.Generator().manual_seed(0))).sum().backward()
    assert [n for n, p in segmenter.network.named_parameters() if p.grad is None] == []


def test_the_entry_says_what_it_is(model):
    """Source and licence stand in every report."""
    entry, parameters, _ = model
    assert entry.version >= 1
    assert entry.summary
    assert entry.source
    assert entry.licence
    assert entry.identity(parameters) == entry.identity(parameters)
    assert (entry.recipe is None) == (entry.geometry is None)


def test_it_overfits_four_pictures(model):
    """A trainable model can learn: four pictures with a class each by a corner, in a few dozen steps."""
    segmenter = model[2]
    if not isinstance(segmenter, TorchSegmenter):
        pytest.skip("nothing to train")
    height, width, _ = segmenter.geometry
    generator = torch.Generator().manual_seed(3)
    labels = torch.zeros(4, height, width, dtype=torch.long)
    for i in range(4):
        labels[i, : height // 2, : width // 2] = 1 + i % 2
    colours = torch.tensor([[-1.0, 0, 1], [1.0, -1, 0], [0.0, 1, -1]])
    inputs = colours[labels].permute(0, 3, 1, 2) + 0.1 * torch.randn(4, 3, height, width, generator=generator)
    network = segmenter.network.train()
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(network(inputs), labels)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.2
    network.eval()
