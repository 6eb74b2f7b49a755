"""Clicks as heat maps, classes by name, and how the model is trained on them."""

from dataclasses import replace
from math import exp

import pytest
import torch

from registry import MODELS
from registry.adapter import Batch
from registry.errors import BenchError
from registry.networks.clip_network import PromptNetwork
from registry.networks.heat import draw_clicks
from registry.networks.heat_segmenter import HeatSegmenter
from registry.prompts import Prompt
from registry.segmenter import Geometry

CLASSES = ("background", "cat", "dog")
SMALL = {"backbone": "timm:test_resnet", "encoder_weights": "none", "size": 64}


def built(**given):
    entry = MODELS["clip_prompt"]
    torch.manual_seed(0)
    return entry.build(entry.parameters(**(SMALL | given)), CLASSES, True)


def some_images(*sizes):
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator) for size in sizes]


def click(*points):
    return Prompt(points=points, labels=(1,) * len(points))


def by_colour():
    """A model of prompts whose classes are the colours: red, green, blue."""
    network = torch.nn.Identity()
    network.forward = lambda image, heat: image * 0.5
    return HeatSegmenter(network, Geometry(64, 64, "stretch"), CLASSES, sigma=3, target="full_mask")


def heat(segmenter, prompt, size=(64, 64)):
    """The heat map [h, w] that the network gets for a prompt on an image of `size`."""
    return segmenter.prepare(some_images(size), [prompt])[1][0, 0]


def batch(labels, seed=0, **more):
    x = torch.randn(*labels.shape[:1], 3, *labels.shape[1:], generator=torch.Generator().manual_seed(9))
    return Batch(x, labels, torch.arange(len(labels)), torch.Generator().manual_seed(seed), **more)


def unasked(labels):
    """The same as validation has it."""
    return replace(batch(labels), generator=None)


def mean_logit(logits, labels):
    return logits.mean()


def test_a_click_is_a_gaussian_of_ten_pixels_at_224():
    """Peak 1 at the pixel's centre, e^-1/2 at sigma, e^-2 at two sigma, the same in all directions."""
    found = heat(built(size=224), click((100.5, 60.5)), (224, 224))
    assert found[60, 100] == 1
    for r, c in ((60, 110), (60, 90), (70, 100), (50, 100)):
        assert found[r, c].item() == pytest.approx(exp(-0.5), abs=1e-6)
    assert found[80, 100].item() == pytest.approx(exp(-2), abs=1e-6)
    assert found[66, 108].item() == pytest.approx(exp(-0.5), abs=1e-6)


def test_sigma_grows_with_the_input():
    """10 at 224 is 5 at 112; another sigma is a parameter."""
    assert heat(built(size=112), click((20.5, 20.5)), (112, 112))[20, 25].item() == pytest.approx(exp(-0.5), abs=1e-6)
    found = heat(built(size=112, sigma=4), click((20.5, 20.5)), (112, 112))
    assert found[20, 22].item() == pytest.approx(exp(-0.5), abs=1e-6)


def test_a_click_lies_where_the_stretched_image_has_it():
    """x and y are stretched by factors of their own."""
    found = heat(built(), click((150.0, 10.0)), (40, 200))
    assert divmod(found.argmax().item(), 64) in [(r, c) for r in (15, 16) for c in (47, 48)]


def test_the_nearest_of_several_clicks_counts():
    """The maximum of their Gaussians: two clicks are never more than 1."""
    segmenter = built()
    one, other = (heat(segmenter, click(p)) for p in ((10.5, 10.5), (14.5, 12.5)))
    assert torch.equal(heat(segmenter, click((10.5, 10.5), (14.5, 12.5))), one.maximum(other))


def test_a_heat_map_is_used_as_it_is_given():
    """At the image's size; a click beside it joins it."""
    segmenter, own = built(), torch.rand(64, 64, generator=torch.Generator().manual_seed(2))
    assert torch.equal(heat(segmenter, Prompt(heatmap=own)), own)
    both = heat(segmenter, Prompt(points=((5.5, 5.5),), labels=(1,), heatmap=own))
    assert both[5, 5] == 1
    assert both[60, 60] == own[60, 60]


def test_no_prompt_is_a_heat_map_of_zeros():
    """None, an empty prompt, no prompts at all and a network without a heat map give the same."""
    segmenter, images = built(), some_images((50, 70))
    found = [segmenter.predict(images, p)[0] for p in (None, [None], [Prompt()])]
    assert not heat(segmenter, None).any()
    assert all(torch.equal(a.probabilities, found[0].probabilities) for a in found)
    x = torch.randn(1, 3, 64, 64)
    assert torch.equal(segmenter.network(x), segmenter.network(x, torch.zeros(1, 1, 64, 64)))


def test_a_click_changes_the_prediction():
    """The heat map reaches the logits."""
    segmenter, images = built(), some_images((64, 64))
    with torch.no_grad():  # random weights hardly listen to one channel among 97
        segmenter.network.decoder.up[0].weight[-1] = 100.0
    clicked, plain = (segmenter.predict(images, [p])[0] for p in (click((9, 9)), None))
    assert (clicked.probabilities - plain.probabilities).abs().max() > 0.01


def test_the_heat_map_is_one_more_channel_averaged_to_the_maps_size():
    """769 channels for CLIP's 768, 7 x 7; the backbone sees three colours alone (M-16, M-17)."""
    seen = []
    network = PromptNetwork(lambda image: image.new_zeros(1, 768, 7, 7), 768, 3)
    network.decoder.up[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    given = torch.rand(1, 1, 224, 224)
    network(torch.randn(1, 3, 224, 224), given)
    assert seen[0].shape == (1, 769, 7, 7)
    blocks = given.reshape(7, 32, 7, 32).mean((1, 3))
    assert torch.allclose(seen[0][0, 768], blocks, atol=1e-6)


def test_clicks_are_drawn_by_class_first_and_by_pixel_then():
    """A class of few pixels is as likely as one of many, and each of its pixels as likely as another."""
    labels = torch.zeros(1, 8, 8, dtype=torch.long)
    labels[0, 0, :2], labels[0, 4:, :] = 1, 255
    generator = torch.Generator().manual_seed(0)
    n = 4000
    chosen, points = draw_clicks(labels.expand(n, 8, 8), 3, generator)
    # Binomial, p = 1/2: five standard deviations are 158 of 4000.
    assert abs((chosen == 1).sum().item() - n / 2) < 158
    assert not (chosen == 2).any()
    x, y = points.long().unbind(1)
    assert torch.equal(labels[0][y, x], chosen)
    assert torch.equal(points - points.floor(), torch.full_like(points, 0.5))
    share = (x[chosen == 1] == 0).double().mean().item()
    assert abs(share - 0.5) < 0.06
    assert len({(a, b) for a, b in points[chosen == 0].tolist()}) == 30


def test_clicks_on_objects_are_never_on_the_background():
    """However much of it there is; an image of background alone gets none, as in validation."""
    labels = torch.zeros(400, 8, 8, dtype=torch.long)
    labels[:300, 0, :2], labels[:100, 4, 4] = 1, 2
    chosen, points = draw_clicks(labels, 3, torch.Generator().manual_seed(0), objects=True)
    x, y = points.long().unbind(1)
    assert torch.equal(labels[torch.arange(300), y[:300], x[:300]], chosen[:300])
    assert set(chosen[:100].tolist()) == {1, 2}
    assert set(chosen[100:300].tolist()) == {1}
    assert set(chosen[300:].tolist()) == {-1}
    empty = torch.zeros(1, 64, 64, dtype=torch.long)
    for clicks, same in (("objects", True), ("any_class", False)):
        segmenter = built(clicks=clicks)
        drawn, still = (segmenter.training_pass(b, mean_logit).logits for b in (batch(empty), unasked(empty)))
        assert torch.equal(drawn, still) is same


def test_an_image_without_labels_gets_no_click():
    """Border alone: class -1."""
    chosen, _ = draw_clicks(torch.full((2, 4, 4), 255), 3, torch.Generator().manual_seed(0))
    assert chosen.tolist() == [-1, -1]
    segmenter, labels = built(), torch.full((1, 64, 64), 255)
    still, drawn = (segmenter.training_pass(b, mean_logit) for b in (unasked(labels), batch(labels)))
    assert torch.equal(still.logits, drawn.logits)


def test_training_draws_clicks_from_the_batchs_generator_and_validation_none():
    """Equal seeds give equal logits; validation is the pass with a heat map of zeros (D-23, D-24)."""
    segmenter = built()
    labels = torch.zeros(2, 64, 64, dtype=torch.long)
    labels[:, 20:40, 20:40] = 1
    first, again, other = (segmenter.training_pass(batch(labels, seed), mean_logit) for seed in (0, 0, 1))
    assert torch.equal(first.logits, again.logits)
    assert not torch.equal(first.logits, other.logits)
    assert first.loss == first.logits.mean()
    still = unasked(labels)
    assert torch.equal(segmenter.training_pass(still, mean_logit).logits, segmenter.network(still.inputs))


def test_features_computed_earlier_are_used_in_training():
    """The click joins behind them."""
    segmenter, labels = built(), torch.zeros(2, 64, 64, dtype=torch.long)
    plain = batch(labels)
    frozen = segmenter.network.features(plain.inputs)
    kept = segmenter.training_pass(batch(labels, frozen=frozen), mean_logit)
    assert torch.equal(kept.logits, segmenter.training_pass(plain, mean_logit).logits)
    wrong = segmenter.training_pass(batch(labels, frozen=torch.randn_like(frozen)), mean_logit)
    assert not torch.allclose(wrong.logits, kept.logits, atol=1e-3)


def test_the_target_is_the_whole_mask_or_the_clicked_class():
    """The border stays ignored; validation is always against the whole mask."""
    labels = torch.zeros(6, 64, 64, dtype=torch.long)
    labels[:, :20], labels[:, 20:40], labels[:, 40:42] = 1, 2, 255
    whole = built().training_pass(batch(labels), mean_logit)
    assert torch.equal(whole.labels, labels)
    segmenter = built(target="prompted_class")
    learned = segmenter.training_pass(batch(labels), mean_logit).labels
    chosen, _ = draw_clicks(labels, 3, batch(labels).generator)
    assert set(chosen.tolist()) == {0, 1, 2}
    for image, label, c in zip(learned, labels, chosen.tolist(), strict=True):
        assert torch.equal(image == 255, label == 255)
        assert torch.equal(image == c, (label == c) if c else (label < 255))
        assert set(image.unique().tolist()) <= {0, c, 255}
    still = unasked(labels)
    assert torch.equal(segmenter.training_pass(still, mean_logit).labels, labels)


def test_the_name_of_a_class_keeps_its_pixels_alone():
    """With the heat map of zeros; the other classes' probability goes to the background."""
    segmenter, images = by_colour(), some_images((50, 70))
    plain = segmenter.predict(images)[0]
    assert set(plain.labels.unique().tolist()) == {0, 1, 2}
    named = segmenter.predict(images, [Prompt(text="puppy")])[0]
    assert torch.equal(named.labels == 2, plain.labels == 2)
    assert set(named.labels.unique().tolist()) == {0, 2}
    assert torch.equal(named.probabilities.argmax(0), named.labels.long())
    assert torch.allclose(named.probabilities.sum(0), torch.ones(50, 70), atol=1e-5)
    assert torch.equal(segmenter.predict(images, [Prompt(text="puppy")])[0].labels, named.labels)


def test_background_by_name_is_the_whole_prediction():
    """Its pixels are those that are labelled so already."""
    segmenter, images = by_colour(), some_images((50, 70), (20, 20))
    plain = segmenter.predict(images)
    named = segmenter.predict(images, [Prompt(text="background"), None])
    assert all(torch.equal(a.labels, b.labels) for a, b in zip(plain, named, strict=True))


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (Prompt(box=(0, 0, 5, 5)), "not a box"),
        (Prompt(mask=torch.ones(9, 9, dtype=torch.bool)), "not a mask"),
        (Prompt(points=((1, 1),), labels=(0,)), "takes no points with label 0"),
        (Prompt(text="horse"), "background, cat, dog"),
        (Prompt(points=((10, 1),), labels=(1,)), "outside"),
    ],
)
def test_what_the_model_does_not_understand_is_refused(prompt, words):
    """In one line, never ignored."""
    with pytest.raises(BenchError, match=words):
        built().predict(some_images((9, 9)), [prompt])


def test_the_entry_declares_its_policies():
    """No ground truth by default, as in the report's validation."""
    entry = MODELS["clip_prompt"]
    assert entry.prompts == ("zero_heatmap", "image_center", "gt_centroid", "gt_random_pixel")
    recipe = entry.recipe(entry.parameters())
    assert (recipe.epochs, recipe.optimizer, recipe.schedule, recipe.class_weights) == (
        100,
        "adam",
        "plateau",
        (0.1, 1.0),
    )
