"""Models of transformers give what the library itself gives: scores, labels, pre-processing, training."""

import json
from types import SimpleNamespace

import pytest
import torch
import transformers as hf
from tiny_transformers import CLASSES, FIVE, SEMANTIC, UNIVERSAL, build, copied, saved, segformer, some_images

from registry import MODELS
from registry.adapter import Batch
from registry.errors import BenchError
from registry.networks.transformers_config import preprocessing
from registry.networks.transformers_network import semantic_scores
from registry.parameters import typed
from registry.segmenter import Geometry

__all__ = ["copied", "saved"]  # fixtures


@pytest.mark.parametrize("name", SEMANTIC)
@pytest.mark.parametrize("label_map", [FIVE, {"LABEL_1": "LABEL_2", "4": "LABEL_1"}])
def test_a_semantic_model_agrees_with_the_library(saved, name, label_map):
    """Labels and scores at the images' own size are those of the library's own post-processing, then mapped."""
    model, folder = saved(name)
    segmenter, images = build(folder, FIVE, label_map=label_map), some_images(90, 70)
    (inputs,) = segmenter.prepare(images, [None, None])
    with torch.no_grad():
        outputs = model(inputs)
    library = hf.SegformerImageProcessor().post_process_semantic_segmentation(
        outputs, target_sizes=[(90, 70)] * 2, return_segmentation_scores=True
    )
    table = torch.tensor([0, 1, 2, 3, 4] if label_map == FIVE else [0, 2, 0, 0, 1])
    for own, their in zip(segmenter.predict(images), library, strict=True):
        assert len(own.labels.unique()) > 1
        assert (own.labels == table[their.segmentation]).double().mean() >= 0.999
        shares = torch.zeros(5, 90, 70).index_add_(0, table, their.segmentation_scores.softmax(0))
        assert torch.allclose(own.probabilities, shares, atol=1e-4)


@pytest.mark.parametrize(("name", "size"), [("mask2former", 384), ("maskformer", 64), ("eomt", 64)])
def test_a_universal_model_agrees_with_the_library(saved, name, size):
    """Semantic scores of queries, by the library's own post-processing.

    Mask2Former's resizes masks to 384 pixels whatever the input is, so it is run at that size. MaskFormer's does
    not resize them, unlike the paper's code, so it gets them resized.
    """
    model, folder = saved(name)
    segmenter, images = build(folder, FIVE, label_map=FIVE, size=size), some_images(size, size)
    (inputs,) = segmenter.prepare(images, [None, None])
    with torch.no_grad():
        outputs, scores = model(inputs), segmenter.network(inputs)
    masks = torch.nn.functional.interpolate(outputs.masks_queries_logits, (size, size), mode="bilinear")
    given = SimpleNamespace(
        class_queries_logits=outputs.class_queries_logits,
        masks_queries_logits=outputs.masks_queries_logits if name == "mask2former" else masks,
        patch_offsets=None,
    )
    kinds = {"mask2former": hf.Mask2FormerImageProcessor, "maskformer": hf.MaskFormerImageProcessor}
    more = {"size": {"shortest_edge": 64, "longest_edge": 64}} if name == "eomt" else {}
    library = kinds.get(name, hf.EomtImageProcessor)().post_process_semantic_segmentation(
        given, target_sizes=[(size, size)] * 2, return_segmentation_scores=True, **more
    )
    for own, their in zip(scores, library, strict=True):
        assert own.std() > 1e-3
        assert torch.allclose(own, their.segmentation_scores, atol=1e-4)
    for own, their in zip(segmenter.predict(images), library, strict=True):
        assert own.probabilities.sum(0).sub(1).abs().max() < 1e-5
        first, second = their.segmentation_scores.topk(2, 0).values
        clear = first - second > 1e-6  # random masks can leave a pixel with no score at all
        assert clear.double().mean() > 0.5
        assert torch.equal(own.labels[clear].long(), their.segmentation[clear])


def test_images_are_prepared_as_by_the_library(copied):
    """Mean, deviation and size come from preprocessor_config.json, written by the library."""
    folder = copied("segformer")
    given = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "size": {"height": 32, "width": 48}}
    processor = hf.SegformerImageProcessor(**given)
    processor.save_pretrained(folder)
    segmenter = build(folder, size=None)
    assert segmenter.geometry == Geometry(32, 48, "stretch")
    images = some_images(32, 48)
    (inputs,) = segmenter.prepare(images, [None, None])
    assert torch.allclose(inputs, processor(images, return_tensors="pt")["pixel_values"], atol=1e-5)


@pytest.mark.parametrize("older", [False, True])
def test_a_processor_without_normalisation_is_taken_at_its_word(copied, older):
    """MobileViT takes BGR from 0 to 1. Its files do not state it: older ones name no mean, newer ones one in vain."""
    folder = copied("segformer")
    processor = hf.MobileViTImageProcessor(size={"shortest_edge": 64}, crop_size={"height": 64, "width": 64})
    processor.save_pretrained(folder)
    if older:
        file = folder / "preprocessor_config.json"
        stored = json.loads(file.read_text())
        assert stored.pop("image_mean")
        assert stored.pop("image_std")
        assert stored.pop("image_processor_type") == "MobileViTImageProcessor"
        file.write_text(json.dumps(stored))
    segmenter, seen = build(folder, size=None), []
    segmenter.network.model.register_forward_pre_hook(
        lambda _, __, given: seen.append(given["pixel_values"]), with_kwargs=True
    )
    segmenter.predict(some_images())
    expected = processor(some_images(), return_tensors="pt")["pixel_values"]
    assert expected.max() > 0.9
    assert torch.allclose(seen[0], expected, atol=1e-5)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({"do_rescale": False, "image_mean": [127.5] * 3, "image_std": [51] * 3}, (0.5, 0.2, (512, 512), False)),
        ({"do_normalize": False, "do_flip_channel_order": True, "size": 96}, (0.0, 1.0, (96, 96), True)),
        ({"rescale_factor": 1 / 127.5, "image_mean": [1] * 3, "image_std": [1] * 3}, (0.5, 0.5, (512, 512), False)),
        ({"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"shortest_edge": 80}}, (0.5, 0.5, (80, 80), False)),
        ({"do_rescale": True, "image_mean": None, "do_normalize": None, "size": [32, 48]}, (0.0, 1.0, (32, 48), False)),
    ],
)
def test_every_way_to_normalise_is_one_of_values_up_to_1(tmp_path, stored, expected):
    """(value * factor - mean) / std of values in 0..255, in the words of mean and deviation of 0..1."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(stored))
    seen, (mean, std, size, bgr) = preprocessing(tmp_path, None, None, None), expected
    assert seen.mean == pytest.approx((mean,) * 3)
    assert seen.std == pytest.approx((std,) * 3)
    assert (seen.geometry[:2], seen.bgr) == (size, bgr)
    own = preprocessing(tmp_path, (30, 40), (0.1, 0.2, 0.3), (1.0, 1.0, 1.0))
    assert (own.geometry[:2], own.mean) == ((30, 40), (0.1, 0.2, 0.3))


def test_a_model_can_want_blue_first(saved):
    """Its channels are turned round before it sees them."""
    network = build(saved("segformer")[1], FIVE, label_map=FIVE).network
    inputs = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = network(inputs.flip(1))
        network.bgr = True
        assert torch.equal(network(inputs), expected)
        assert not torch.equal(network(inputs.flip(1)), expected)


@pytest.mark.parametrize("label_map", [{"LABEL_1": "cat", "2": "cat", "LABEL_4": "dog"}, None])
def test_labels_are_mapped_to_classes(saved, label_map):
    """Several to one; what is not named is background. UPerNet's scores come at the input's size: nothing is mixed."""
    model, folder = saved("upernet")
    segmenter = build(folder, label_map=label_map or ("background", "cat", "cat", "background", "dog"))
    (inputs,) = segmenter.prepare(some_images(), [None, None])
    with torch.no_grad():
        own = model(inputs).logits.argmax(1)
    expected = torch.tensor([0, 1, 1, 0, 2])[own]
    labels = torch.stack([p.labels for p in segmenter.predict(some_images())])
    assert len(own.unique()) > 2
    assert torch.equal(labels, expected.to(torch.uint8))


def test_a_class_that_no_label_means_is_never_predicted(saved):
    """Neither by a semantic nor by a universal model."""
    for name in ("upernet", "mask2former"):
        predicted = build(saved(name)[1], label_map={"LABEL_1": "cat"}).predict(some_images())
        assert max(float(p.probabilities[2].max()) for p in predicted) < 1e-3


def test_the_only_label_is_there_above_a_probability_of_one_half(tmp_path):
    """A model of one label: the logistic function of its logit, resized; elsewhere is background."""
    torch.manual_seed(0)
    config = segformer().config
    config.num_labels = 1
    model = hf.SegformerForSemanticSegmentation(config).eval()
    torch.nn.init.normal_(model.decode_head.classifier.weight)
    model.save_pretrained(tmp_path)
    segmenter, images = build(tmp_path, label_map={"LABEL_0": "dog"}), some_images(90, 70)
    (inputs,) = segmenter.prepare(images, [None, None])
    with torch.no_grad():
        logits = torch.nn.functional.interpolate(model(inputs).logits, (90, 70), mode="bilinear")
    for own, their in zip(segmenter.predict(images), logits[:, 0], strict=True):
        assert set(own.labels.unique().tolist()) == {0, 2}
        clear = their.abs() > 1e-5
        assert torch.equal(own.labels[clear], ((their.sigmoid() > 0.5) * 2).to(torch.uint8)[clear])
        assert torch.allclose(own.probabilities[2], their.sigmoid(), atol=1e-5)
    with pytest.raises(BenchError, match="only label means background"):
        build(tmp_path, label_map={"LABEL_0": "background"})


@pytest.mark.parametrize("name", ["beit", "segformer"])
def test_a_model_that_has_predicted_can_be_trained(saved, name):
    """BEiT keeps a tensor of positions from its first call."""
    segmenter = build(saved(name)[1])
    segmenter.predict(some_images())
    segmenter.network.train()
    batch = Batch(torch.randn(2, 3, 64, 64), torch.zeros(2, 64, 64, dtype=torch.long), torch.arange(2))
    done = segmenter.training_pass(batch, torch.nn.functional.cross_entropy)
    done.loss.backward()
    assert done.logits.shape == (2, 3, 64, 64)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ["segformer", "upernet", "beit"])
def test_weights_of_half_precision_are_used_in_fp32(saved, tmp_path, name, dtype):
    """As the library's own model from the same file in fp32; ready, with a new head, or to be filled later."""
    model = type(saved(name)[0]).from_pretrained(saved(name)[1], dtype=dtype)
    model.save_pretrained(tmp_path)
    theirs = type(model).from_pretrained(tmp_path, dtype=torch.float32).eval()
    ready = build(tmp_path, FIVE, label_map=FIVE)
    (inputs,) = ready.prepare(some_images(), [None, None])
    with torch.no_grad():
        assert torch.allclose(ready.network(inputs), theirs(inputs).logits, atol=1e-5)
    for given in ({"label_map": FIVE}, {}):
        for initialise in (True, False):
            made = build(tmp_path, FIVE, initialise, **given)
            assert {p.dtype for p in made.network.parameters()} == {torch.float32}
            made.predict(some_images())


@pytest.mark.parametrize("name", [*SEMANTIC, *UNIVERSAL])
def test_a_new_head_is_put_on_the_models_weights(saved, name):
    """Everything but what has one row per label is the folder's; a checkpoint goes in without the folder's weights."""
    model, folder = saved(name)
    network, theirs = build(folder).network, model.state_dict()
    own = network.model.state_dict()
    new = {k for k in own if own[k].shape != theirs[k].shape}
    assert {own[k].shape[0] for k in new} <= {3, 4}  # classes, or classes and "no object"
    assert all(torch.equal(own[k], theirs[k]) for k in own.keys() - new)
    assert not any("auxiliary" in k for k in own)
    empty = build(folder, initialise=False).network
    empty.load_state_dict(network.state_dict())
    inputs = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(empty.eval()(inputs), network(inputs), atol=1e-6)


@pytest.mark.slow
def test_a_universal_model_learns_per_pixel(saved):
    """The loss is that of its shares: the semantic scores over their sum. It falls."""
    segmenter = build(saved("mask2former")[1])
    (inputs,) = segmenter.prepare(some_images(), [None, None])
    labels = torch.zeros(2, 64, 64, dtype=torch.long)
    labels[:, :32] = 1
    labels[:, 32:, :32] = 2
    batch, objective = Batch(inputs, labels, torch.arange(2)), torch.nn.functional.cross_entropy
    scores = segmenter.network(inputs)
    chosen = (scores / scores.sum(1, keepdim=True)).gather(1, labels[:, None])
    assert segmenter.training_pass(batch, objective).loss.item() == pytest.approx(-chosen.log().mean().item(), rel=1e-4)
    optimizer = torch.optim.Adam(segmenter.network.parameters(), 3e-3)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        losses.append(segmenter.training_pass(batch, objective).loss)
        losses[-1].backward()
        optimizer.step()
    assert losses[-1] < 0.9 * losses[0]


def test_scores_of_queries_are_fp32_under_autocast():
    """Products of three digits would leave shares that do not add up to 1, and logarithms in steps."""
    generator = torch.Generator().manual_seed(0)
    queries = SimpleNamespace(
        class_queries_logits=torch.randn(1, 6, 4, generator=generator),
        masks_queries_logits=torch.randn(1, 6, 16, 16, generator=generator),
    )
    inputs = torch.zeros(1, 3, 32, 32)
    expected = semantic_scores(queries, inputs)
    with torch.autocast("cpu", torch.bfloat16):
        scores = semantic_scores(queries, inputs)
    assert scores.dtype == torch.float32
    assert torch.equal(scores, expected)


def test_a_ready_model_is_not_trained(saved):
    """With label_map there is no recipe, and its weights are the folder's unless a checkpoint's are to follow."""
    model, folder = saved("segformer")
    entry = MODELS["transformers"]
    ready, fresh = (typed(entry.parameters, {"model": str(folder), "label_map": m}, "t") for m in ({"1": "cat"}, None))
    assert entry.recipe(ready) is None
    assert entry.recipe(fresh).epochs
    own = model.state_dict()
    loaded, random = (entry.build(ready, CLASSES, which).network.model.state_dict() for which in (True, False))
    assert all(torch.equal(loaded[k], v) for k, v in own.items())
    assert loaded.keys() == random.keys()
    assert not all(torch.equal(random[k], v) for k, v in own.items())
    assert entry.pretraining(ready) == "the folder segformer, taken as it is"
