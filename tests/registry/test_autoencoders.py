"""Autoencoders and the segmenters on their encoders are the two reports', and the encoder is handed over whole."""

from itertools import pairwise

import pytest
import torch

from registry import MODELS
from registry.errors import BenchError
from registry.geometry import mask_to_input

SIZES = {"autoencoder_simple": 16, "autoencoder_strided": 16, "autoencoder_unet": 32, "autoencoder_skip": 64}
CLASSES = ("background", "cat", "dog")


def made(name, **given):
    """Return the entry, its parameters (small ones by default), the autoencoder and the segmenter."""
    entry = MODELS[name]
    parameters = entry.parameters(**{"width": 4, "size": SIZES[name], **given})
    with torch.random.fork_rng():
        torch.manual_seed(0)
        autoencoder = entry.pretext(parameters).build(parameters)
        torch.manual_seed(1)
        return entry, parameters, autoencoder, entry.build(parameters, CLASSES, False)


def inputs(segmenter, count=2):
    return torch.randn(count, 3, *segmenter.geometry[:2], generator=torch.Generator().manual_seed(2))


def size(network):
    return sum(p.numel() for p in network.parameters())


def chain(*channels, kernel=3, bias=True, norm=False):
    """Parameters of convolutions (or transposed ones) one behind the other."""
    return sum(kernel**2 * i * o + o * bias + 2 * o * norm for i, o in pairwise(channels))


@pytest.mark.parametrize("name", SIZES)
def test_images_come_back_and_labels_come_out(name):
    """The autoencoder returns 0..1 at the input's size, the segmenter with a score for each class."""
    _, _, autoencoder, segmenter = made(name)
    batch = inputs(segmenter)
    image = autoencoder.eval()(batch)
    assert image.shape == batch.shape
    assert image.min() >= 0
    assert image.max() <= 1
    assert segmenter.network(batch).shape == (2, 3, *batch.shape[2:])


@pytest.mark.parametrize(
    ("name", "bottleneck", "mode"),
    [
        ("autoencoder_simple", (64, 56, 56), "stretch"),
        ("autoencoder_strided", (128, 28, 28), "stretch"),
        ("autoencoder_unet", (512, 7, 7), "stretch"),
        ("autoencoder_skip", (512, 16, 16), "letterbox"),
    ],
)
def test_the_default_shapes_are_the_reports(name, bottleneck, mode):
    """What is left of an image of 224 (512) pixels a side where it is smallest."""
    entry = MODELS[name]
    parameters = entry.parameters()
    with torch.device("meta"):
        encoder = entry.pretext(parameters).build(parameters).encoder
        geometry = entry.geometry(parameters)
        assert encoder(torch.empty(1, 3, geometry.height, geometry.width))[-1].shape[1:] == bottleneck
    assert geometry.mode == mode


def test_their_sizes_have_closed_forms():
    """Counted from the widths of the layers; the last autoencoder differs from its U-Net in the head alone."""
    with torch.device("meta"):
        sizes = {n: [size(made(n, width=32)[2]), size(made(n, width=32)[3].network)] for n in SIZES}
        skipping = size(made("autoencoder_strided", width=32, skips=True)[3].network)
        pretrained = {s: size(made("autoencoder_unet", width=32, pretrain_skips=s)[2]) for s in ("pooled", "full")}
        plain = size(made("autoencoder_unet", width=32, skips=False)[3].network)
    head = chain(32, 3)
    assert sizes["autoencoder_simple"] == [chain(3, 32, 64) + chain(64, 32, 32, kernel=2) + head] * 2
    strided = chain(3, 32, 64, 128, 64, 32, 32, bias=False, norm=True) + head
    assert sizes["autoencoder_strided"] == [strided] * 2
    assert skipping == strided + 9 * (64 * 64 + 32 * 32)
    doubled = [3, 32, 32, 64, 64, 128, 128, 256, 256, 512, 512]
    encoder, up = chain(*doubled), chain(512, 256, 128, 64, 32, 32, kernel=2)
    mixing = sum(chain(c, c, c) for c in (256, 128, 64, 32, 32))
    assert sizes["autoencoder_unet"][0] == encoder + up + mixing + chain(32, 3, kernel=1)
    assert plain == encoder + up + head
    # The first of a step's two convolutions takes the skip's channels too: those of the block it meets.
    pooled = 9 * (256 * 256 + 128 * 128 + 64 * 64 + 32 * 32)
    assert pretrained["pooled"] == sizes["autoencoder_unet"][0] + pooled
    full = 9 * (512 * 256 + 256 * 128 + 128 * 64 + 64 * 32 + 32 * 32)
    assert pretrained["full"] == sizes["autoencoder_unet"][0] + full
    skips = 4 * (512 * 128 + 256 * 64 + 128 * 32 + 64 * 32) + 9 * 32 * 3
    assert sizes["autoencoder_unet"][1] == encoder + up + head + skips
    assert sizes["autoencoder_skip"] == [19_655_235 + head - chain(32, 3, kernel=1), 19_655_235]


@pytest.mark.parametrize(("name", "frozen"), [(n, n != "autoencoder_strided") for n in SIZES])
def test_the_encoders_are_frozen_as_in_the_reports(name, frozen):
    """All but the second one's."""
    _, parameters, _, segmenter = made(name)
    assert parameters.frozen is frozen
    assert {p.requires_grad for p in segmenter.network.encoder.parameters()} == {not frozen}
    assert {p.requires_grad for p in segmenter.network.decoder.parameters()} == {True}


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("name", SIZES)
def test_a_frozen_encoder_learns_nothing(name, frozen):
    """A step of training changes its weights and running statistics if it is not frozen, and only then."""
    *_, segmenter = made(name, frozen=frozen)
    network = segmenter.network
    before = {k: v.clone() for k, v in network.state_dict().items()}
    network.train()
    batch = inputs(segmenter)
    assert torch.equal(network.encoder(batch)[-1], network.encoder(batch)[-1]) or not frozen
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    network(batch).square().mean().backward()
    optimizer.step()
    changed = {k.split(".")[0] for k, v in network.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == ({"decoder"} if frozen else {"encoder", "decoder"})
    assert network.decoder.training
    assert network.encoder.training is not frozen
    assert not network.eval().decoder.training


@pytest.mark.parametrize("skips", [True, False])
def test_an_unfrozen_batch_norm_counts_and_a_frozen_one_does_not(skips):
    """Running means move in training only with the encoder."""
    for frozen in (True, False):
        *_, segmenter = made("autoencoder_strided", frozen=frozen, skips=skips)
        segmenter.network.train()(inputs(segmenter))
        mean = segmenter.network.encoder.stages[0][1].running_mean
        assert bool(mean.any()) is not frozen


@pytest.mark.parametrize("name", SIZES)
def test_the_encoder_is_handed_over_and_nothing_else(name):
    """The segmenter then sees what the autoencoder saw; its decoder is untouched."""
    entry, parameters, autoencoder, segmenter = made(name)
    network = segmenter.network
    decoder = {k: v.clone() for k, v in network.decoder.state_dict().items()}
    entry.pretext(parameters).transfer(autoencoder.state_dict(), network)
    batch = inputs(segmenter)
    pairs = zip(autoencoder.eval().encoder(batch), network.encoder(batch), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert all(torch.equal(v, decoder[k]) for k, v in network.decoder.state_dict().items())
    assert {p.requires_grad for p in network.encoder.parameters()} == {not parameters.frozen}


def test_another_encoder_is_refused():
    """A different width, a different kind, or none at all."""
    entry, parameters, _, segmenter = made("autoencoder_simple")
    transfer = entry.pretext(parameters).transfer
    with pytest.raises(BenchError, match=r"the autoencoder's encoder does not match .* is \(8, 3, 3, 3\)"):
        transfer(made("autoencoder_simple", width=8)[2].state_dict(), segmenter.network)
    with pytest.raises(BenchError, match="unknown"):
        transfer(made("autoencoder_unet")[2].state_dict(), segmenter.network)
    with pytest.raises(BenchError, match="4 missing"):
        transfer({}, segmenter.network)


@pytest.mark.parametrize(
    ("skips", "sides"),
    [("none", []), ("pooled", [16, 8, 4, 2]), ("full", [32, 16, 8, 4, 2])],
)
def test_an_autoencoders_skips_bring_the_features_of_these_sides(skips, sides):
    """Seen in its gradients: which stages reach the image but through the last one."""
    autoencoder = made("autoencoder_unet", pretrain_skips=skips)[2]
    features = [found.detach().requires_grad_() for found in autoencoder.encoder(torch.randn(1, 3, 32, 32))]
    autoencoder.decoder(features).sum().backward()
    *early, last = features
    assert last.grad is not None
    reached = [found.shape[-1] for found in early if found.grad is not None]
    assert reached == [side * 2 if skips == "pooled" else side for side in sides]


@pytest.mark.parametrize("skips", ["pooled", "full"])
def test_an_encoder_that_learned_beside_skips_is_handed_over_alone(skips):
    """It is the same encoder; the segmenter's own skips are another matter."""
    for own in (True, False):
        entry, parameters, autoencoder, segmenter = made("autoencoder_unet", pretrain_skips=skips, skips=own)
        plain = made("autoencoder_unet", skips=own)[3].network
        assert {k: v.shape for k, v in segmenter.network.state_dict().items()} == {
            k: v.shape for k, v in plain.state_dict().items()
        }
        entry.pretext(parameters).transfer(autoencoder.state_dict(), segmenter.network)
        pairs = zip(autoencoder.encoder.parameters(), segmenter.network.encoder.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", SIZES)
def test_segmenters_share_an_autoencoder_where_they_can(name):
    """What comes after the encoder does not matter; width and size do."""
    entry, parameters, *_ = made(name)

    def identity(**given):
        changed = parameters.model_copy(update=given)
        return entry.pretext(changed).identity(changed)

    after = {"frozen": not parameters.frozen, "activation": "softmax"}
    after |= {"skips": not parameters.skips} if hasattr(parameters, "skips") else {}
    assert identity(**after) == identity()
    assert identity(width=8) != identity()
    assert identity(size=96) != identity()
    if name == "autoencoder_unet":
        assert len({str(identity(pretrain_skips=skips)) for skips in ("none", "pooled", "full")}) == 3


@pytest.mark.parametrize("name", ["autoencoder_strided", "autoencoder_unet"])
def test_skips_bring_the_early_features(name):
    """With them the decoder depends on the first stage's features; without them only to the last one's."""
    for skips in (True, False):
        *_, segmenter = made(name, skips=skips)
        first, *rest = segmenter.network.encoder(inputs(segmenter))
        decoder = segmenter.network.decoder
        assert torch.equal(decoder([first, *rest]), decoder([first + 1, *rest])) is not skips


@pytest.mark.parametrize("name", SIZES)
def test_an_activation_changes_the_scores_and_not_the_prediction(name):
    """softmax gives probabilities, log_softmax their logarithms; the labels and shares stay the same."""
    outputs = {}
    for activation in ("none", "softmax", "log_softmax"):
        *_, segmenter = made(name, activation=activation)
        side = segmenter.geometry.height
        image = torch.randint(0, 256, (3, side, side), generator=torch.Generator().manual_seed(3)).to(torch.uint8)
        scores = segmenter.forward(segmenter.prepare([image], [None]))[0]
        outputs[activation] = scores, segmenter.predict([image])[0]
    expected, plain = outputs["none"][0].softmax(0), outputs["none"][1]
    assert torch.allclose(outputs["softmax"][0], expected, atol=1e-6)
    assert torch.allclose(outputs["log_softmax"][0].exp(), expected, atol=1e-6)
    for _, prediction in outputs.values():
        assert torch.allclose(prediction.probabilities, plain.probabilities, atol=1e-5)
        assert torch.equal(prediction.labels, plain.labels)


@pytest.mark.parametrize("name", [*SIZES, "unet_strided"])
@pytest.mark.parametrize("shape", [(375, 500), (500, 300)])
def test_the_ground_truth_comes_back_through_each_geometry(name, shape):
    """A network that predicts the ground truth at its input's size is right at the image's, but for edges: Dice > .98."""
    entry = MODELS[name]
    parameters = entry.parameters(width=1, size=224)
    segmenter = entry.build(parameters, CLASSES, False)
    ground_truth = torch.zeros(shape, dtype=torch.uint8)
    ground_truth[80:240, 40:200], ground_truth[220:340, 160:260] = 1, 2
    predicted = mask_to_input(ground_truth, segmenter.geometry, ignore=0).long()
    scores = torch.nn.functional.one_hot(predicted, 3).permute(2, 0, 1)[None].float()
    segmenter.network.forward = lambda _: scores
    labels = segmenter.predict([torch.zeros(3, *shape, dtype=torch.uint8)])[0].labels
    for label in range(3):
        a, b = ground_truth == label, labels == label
        assert 2 * (a & b).sum() / (a.sum() + b.sum()) > 0.98


@pytest.mark.parametrize(
    ("name", "first", "then"),
    [
        ("autoencoder_simple", (100, 1e-3, 0, "constant", "mse"), (50, 1e-3, 0, "constant", "cross_entropy")),
        ("autoencoder_strided", (100, 1e-3, 0, "constant", "mse"), (50, 1e-4, 0, "constant", "cross_entropy")),
        ("autoencoder_unet", (50, 1e-3, 0, "constant", "mse"), (50, 1e-3, 0, "constant", "cross_entropy")),
        (
            "autoencoder_skip",
            (200, 1e-3, 1e-5, "cosine", "mse_ssim_perceptual"),
            (200, 5e-3, 1e-4, "poly", "dice_cross_entropy"),
        ),
    ],
)
def test_the_recipes_are_the_reports(name, first, then):
    """Epochs, rate, weight decay, schedule and loss of both stages; Adam before, and after but for the last one."""
    entry, parameters, *_ = made(name)
    recipes = entry.pretext(parameters).recipe(parameters), entry.recipe(parameters)
    for recipe, expected in zip(recipes, (first, then), strict=True):
        found = (recipe.epochs, recipe.learning_rate, recipe.weight_decay, recipe.schedule, recipe.loss)
        assert found == expected
    assert recipes[0].optimizer == "adam"
    assert recipes[1].optimizer == ("sgd" if name == "autoencoder_skip" else "adam")
    assert set(recipes[1].class_weights) == {1.0} or name == "autoencoder_skip"
