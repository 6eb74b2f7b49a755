"""SAM2: against transformers' own forward, against closed forms, and against what is published of the report's model."""

import json

import pytest
import torch
from torchvision.ops import sigmoid_focal_loss

from bench.plan.checkpoints import load_checkpoint, save_checkpoint
from registry import MODELS, Prompt
from registry.adapter import Batch
from registry.errors import BenchError
from registry.segmenter import Size

transformers = pytest.importorskip("transformers")

from registry.networks import sam2_variants  # noqa: E402
from registry.networks.sam2_decode import decode, embed  # noqa: E402
from registry.networks.sam2_network import from_scratch  # noqa: E402
from registry.networks.sam2_training import next_clicks, object_middle, step_loss  # noqa: E402
from registry.networks.sam2_variants import configuration  # noqa: E402

CLASSES = ("background", "cat", "dog")
SIZES = [Size(37, 53), Size(64, 48), Size(90, 60), Size(30, 30), Size(20, 200)]


def click(x, y, label=1):
    return Prompt(points=((x, y),), labels=(label,))


def prompts():
    """One click, three clicks, a box with a click, a drawn mask, nothing."""
    mask = torch.zeros(30, 30, dtype=torch.bool)
    mask[5:20, 8:22] = True
    return [
        click(10, 20),
        Prompt(points=((10, 20), (40, 60), (1, 1)), labels=(1, 1, 0)),
        Prompt(points=((30, 45),), labels=(1,), box=(10, 20, 50, 70)),
        Prompt(mask=mask),
        None,
    ]


def some_images():
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator) for size in SIZES]


def build(name="sam2", *, seed=0, initialise=True, **parameters):
    entry = MODELS[name]
    given = {"variant": "micro", "size": 64} if name == "sam2" else {}
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return entry.build(entry.parameters(**{**given, **parameters}), CLASSES, initialise)


@pytest.fixture(scope="module")
def segmenter():
    return build()


@pytest.fixture
def folder(tmp_path):
    """A folder as save_pretrained makes it, and the network that is in it."""
    network = build(seed=5).network
    network.save_pretrained(tmp_path / "weights")
    return tmp_path / "weights", network


def reference(segmenter, image, **prompt):
    """What transformers' own forward returns for one image; points and boxes in pixels of the input."""
    with torch.no_grad():
        return segmenter.network(pixel_values=segmenter.prepare([image], [None])[0], **prompt)


# The report's model, and the published ones


@pytest.mark.parametrize(
    ("variant", "millions"), [("tiny", 31.4), ("small", 38.5), ("base_plus", 73.3), ("large", 216.9)]
)
def test_the_published_sizes_have_the_published_number_of_weights(variant, millions):
    """The image part alone: without the video's memory."""
    with torch.device("meta"):
        network = transformers.Sam2Model(configuration(variant, 1024))
    assert sum(p.numel() for p in network.parameters()) / 1e6 == pytest.approx(millions, abs=0.05)


@pytest.mark.slow
def test_the_default_is_the_reports_model():
    """Hiera-B+ at 256: trunk and neck, features of 64, 32 and 16, masks of 64 x 64, 49.5 GFLOP for an image."""
    from torch.utils.flop_counter import FlopCounterMode

    parameters = MODELS["sam2"].parameters()
    with torch.device("meta"):
        network = transformers.Sam2Model(configuration(parameters.variant, parameters.size)).eval()
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            features = embed(network, torch.empty(1, 3, 256, 256))
        click = {"input_points": torch.zeros(1, 1, 1, 2), "input_labels": torch.ones(1, 1, 1, dtype=torch.long)}
        output = network(image_embeddings=features, **click)
    assert parameters.size == 256
    assert [conv.in_channels for conv in network.vision_encoder.neck.convs] == [896, 448, 224, 112]
    assert len(network.vision_encoder.backbone.blocks) == 2 + 3 + 16 + 3
    assert [tuple(f.shape) for f in features] == [(1, 32, 64, 64), (1, 64, 32, 32), (1, 256, 16, 16)]
    assert output.pred_masks.shape == (1, 1, 3, 64, 64)
    assert counter.get_total_flops() / 1e9 == pytest.approx(49.5, abs=0.05)


def test_its_recipe_is_the_reports():
    recipe = MODELS["sam2"].recipe(MODELS["sam2"].parameters())
    found = (recipe.optimizer, recipe.learning_rate, recipe.weight_decay, recipe.gradient_clip, recipe.batch_size)
    assert found == ("adamw", 5e-6, 0.01, 0.1, 1)
    assert (recipe.epochs, recipe.schedule, recipe.loss) == (40, "constant", "focal_dice_iou")
    assert recipe.augmentation.model_dump(exclude_defaults=True) == {"rotate": 0, "crop": 0, "elastic": 0, "grid": 0}


def test_from_scratch_points_and_images_share_one_matrix():
    """transformers draws two: a click would be encoded otherwise than the image's positions."""
    network = from_scratch(configuration("micro", 64))
    matrix = network.shared_image_embedding.positional_embedding
    assert torch.equal(network.prompt_encoder.shared_embedding.positional_embedding, matrix)
    # Layers begin as torch's: a linear one within 1 / sqrt(inputs), an embedding with a deviation of 1.
    assert network.mask_decoder.mask_tokens.weight.std().item() == pytest.approx(1, abs=0.2)
    layer = network.mask_decoder.transformer.layers[0].mlp.proj_in
    assert layer.weight.abs().max().item() == pytest.approx(layer.in_features**-0.5, rel=0.01)


# Prompts


def test_a_click_is_scaled_to_the_input_and_means_a_position(segmenter):
    """The middle of pixel (10, 20) of 53 x 37 pixels; transformers adds 0.5 to a pixel's index again."""
    _, points, labels, _, masked = segmenter.prepare([some_images()[0]], [click(10.5, 20.5)])
    assert points[0, 0].tolist() == pytest.approx([10.5 * 64 / 53 - 0.5, 20.5 * 64 / 37 - 0.5])
    assert labels.tolist() == [[1]]
    assert not masked


def test_clicks_give_what_transformers_gives(segmenter):
    """On an image of the input's size, where nothing is resized but the prediction."""
    image = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    prompt = Prompt(points=((10.5, 20.5), (40.5, 3.5)), labels=(1, 0))
    points = {"input_points": torch.tensor([[[[10.0, 20], [40, 3]]]]), "input_labels": torch.tensor([[[1, 0]]])}
    theirs = reference(segmenter, image, **points)
    order = theirs.iou_scores[0, 0].argsort(descending=True)
    ours = segmenter.forward(segmenter.prepare([image], [prompt]))
    assert torch.allclose(ours[0], theirs.pred_masks[0, 0][order], atol=1e-5)


def test_a_box_gives_what_transformers_gives(segmenter):
    image = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    theirs = reference(segmenter, image, input_boxes=torch.tensor([[[10.0, 20, 50, 40]]]) - 0.5)
    ours = segmenter.forward(segmenter.prepare([image], [Prompt(box=(10, 20, 50, 40))]))
    order = theirs.iou_scores[0, 0].argsort(descending=True)
    assert torch.allclose(ours[0], theirs.pred_masks[0, 0][order], atol=1e-5)


def test_a_mask_gives_what_transformers_gives(segmenter):
    """-10 and 10 where the mask is false and true."""
    image = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    mask = torch.zeros(64, 64, dtype=torch.bool)
    mask[10:40, 5:30] = True
    theirs = reference(segmenter, image, input_masks=(mask.float() * 20 - 10)[None, None])
    ours = segmenter.forward(segmenter.prepare([image], [Prompt(mask=mask)]))
    order = theirs.iou_scores[0, 0].argsort(descending=True)
    assert torch.allclose(ours[0], theirs.pred_masks[0, 0][order], atol=1e-5)


def test_a_batch_of_all_kinds_predicts_what_single_images_do(segmenter):
    """Different numbers of points, a box, a mask and nothing, together."""
    together = segmenter.predict(some_images(), prompts())
    for image, prompt, found in zip(some_images(), prompts(), together, strict=True):
        alone = segmenter.predict([image], [prompt])[0]
        assert torch.allclose(alone.probabilities, found.probabilities, atol=1e-5)
        assert (alone.labels == found.labels).double().mean() >= 0.999


def test_the_best_by_its_own_estimate_is_the_prediction_and_all_are_candidates(segmenter):
    """Three masks from transformers at the image's size; the first candidate is the one that was taken."""
    image = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    theirs = reference(
        segmenter, image, input_points=torch.tensor([[[[31.0, 31]]]]), input_labels=torch.ones(1, 1, 1, dtype=int)
    )
    large = torch.nn.functional.interpolate(theirs.pred_masks[0], (64, 64), mode="bilinear")[0] > 0
    found = segmenter.predict([image], [click(31.5, 31.5)])[0]
    assert found.candidates.shape == (3, 64, 64)
    assert found.candidates.dtype == torch.uint8
    assert torch.equal(found.labels, large[theirs.iou_scores[0, 0].argmax()].to(torch.uint8))
    assert torch.equal(found.candidates[0], found.labels)
    same = [[torch.equal(ours, one.to(torch.uint8)) for one in large] for ours in found.candidates]
    assert all(map(any, same))


def test_a_single_mask_has_no_candidates():
    """multimask: false predicts as transformers does with multimask_output=False."""
    segmenter = build(multimask=False)
    image = torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    points = {"input_points": torch.tensor([[[[31.0, 31]]]]), "input_labels": torch.ones(1, 1, 1, dtype=int)}
    theirs = reference(segmenter, image, **points, multimask_output=False).pred_masks[0, 0]
    assert torch.allclose(segmenter.forward(segmenter.prepare([image], [click(31.5, 31.5)]))[0], theirs, atol=1e-5)
    assert segmenter.predict([image], [click(31.5, 31.5)])[0].candidates is None


@pytest.mark.parametrize("nothing", [None, Prompt()])
def test_without_a_prompt_there_is_background(segmenter, nothing):
    """With probability 1; without `prompts` too."""
    found = segmenter.predict(some_images()[:1], [nothing])[0]
    assert found.labels.max() == 0
    assert found.candidates.max() == 0
    assert found.probabilities[0].min() == 1
    assert segmenter.predict(some_images()[:1])[0].labels.max() == 0


def test_probabilities_are_of_background_and_object(segmenter):
    for found in segmenter.predict(some_images(), prompts(), sizes=[Size(40, 30)] * 5):
        assert found.probabilities.shape == (2, 40, 30)
        assert torch.allclose(found.probabilities.sum(0), torch.ones(()))
        assert torch.equal(found.probabilities.argmax(0).to(torch.uint8), found.labels)


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        (click(54, 3), "outside the image of 53 x 37 pixels"),
        (click(3, -1), "outside the image of 53 x 37 pixels"),
        (Prompt(text="cat"), "sam2 takes points, a box or a mask, not a text"),
        (Prompt(heatmap=torch.zeros(37, 53)), "sam2 takes points, a box or a mask, not a heat map"),
    ],
)
def test_a_prompt_that_it_cannot_use_is_refused_in_one_line(segmenter, prompt, words):
    with pytest.raises(BenchError, match=words) as caught:
        segmenter.predict(some_images()[:1], [prompt])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("precision", ["fp32_channels_last", "bf16_channels_last"])
def test_other_precisions_run_and_keep_positions_exact(precision):
    """The matrix of the positions stays in fp32; in channels_last the prediction stays what it is."""
    segmenter, plain = build(), build()
    matrix = segmenter.network.prompt_encoder.shared_embedding.positional_embedding.clone()
    segmenter.place("cpu", precision)
    assert torch.equal(segmenter.network.prompt_encoder.shared_embedding.positional_embedding, matrix)
    ours, theirs = (one.forward(one.prepare(some_images(), prompts())).float() for one in (segmenter, plain))
    assert ours.shape == theirs.shape
    if precision.startswith("fp32"):
        assert torch.allclose(ours, theirs, atol=1e-4)


@pytest.mark.gpu
def test_a_gpu_predicts_what_the_cpu_does(segmenter):
    """In fp32, and for every kind of prompt; a training pass draws its clicks on the CPU as well."""
    placed = build()
    placed.place("cuda", "fp32")
    for ours, theirs in zip(
        placed.predict([p.cuda() for p in some_images()], prompts()),
        segmenter.predict(some_images(), prompts()),
        strict=True,
    ):
        assert ours.labels.is_cuda
        assert (ours.labels.cpu() == theirs.labels).double().mean() > 0.99
    batch = training_batch(torch.Generator().manual_seed(0))
    moved = batch._replace(inputs=batch.inputs.cuda(), labels=batch.labels.cuda())
    again = training_batch(torch.Generator().manual_seed(0))
    with torch.no_grad():
        losses = [placed.training_pass(moved, refuse).loss.item(), segmenter.training_pass(again, refuse).loss.item()]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


# Weights


def test_saved_weights_give_the_same_masks(segmenter, tmp_path):
    """Also the matrix of the positions, which is drawn and not trained."""
    save_checkpoint(segmenter.network, tmp_path / "a.safetensors", {})
    other = build(seed=1, initialise=False)
    load_checkpoint(other.network, tmp_path / "a.safetensors")
    before, after = (one.forward(one.prepare(some_images(), prompts())) for one in (segmenter, other))
    assert torch.equal(before, after)


@pytest.mark.parametrize("name", ["sam2_pretrained", "sam2_finetuned"])
def test_a_folder_of_weights_is_loaded_as_it_is(name, folder, capfd):
    """The size is of the network's input alone; nothing is printed."""
    path, network = folder
    MODELS[name].check(MODELS[name].parameters(weights=str(path)))
    loaded = build(name, weights=str(path), size=96)
    assert loaded.geometry == (96, 96, "stretch")
    state = network.state_dict()
    assert all(torch.equal(tensor, state[key]) for key, tensor in loaded.network.state_dict().items())
    assert loaded.predict(some_images(), prompts())[0].labels.shape == SIZES[0]
    assert capfd.readouterr() == ("", "")


def test_weights_of_the_video_model_are_taken_without_its_memory(tmp_path):
    """The published files are of this kind."""
    config = configuration("micro", 64)
    parts = {key: getattr(config, key) for key in ("vision_config", "prompt_encoder_config", "mask_decoder_config")}
    widths = (
        "memory_attention_hidden_size",
        "memory_attention_feed_forward_hidden_size",
        "memory_encoder_hidden_size",
        "memory_encoder_output_channels",
        "memory_fuser_embed_dim",
        "memory_fuser_intermediate_dim",
        "mask_downsampler_embed_dim",
    )
    video = transformers.Sam2VideoModel(transformers.Sam2VideoConfig(**parts, **dict.fromkeys(widths, 64)))
    video.save_pretrained(tmp_path)
    loaded = build("sam2_pretrained", weights=str(tmp_path), size=64)
    theirs = video.state_dict()
    assert all(torch.equal(tensor, theirs[key]) for key, tensor in loaded.network.state_dict().items())
    assert len(theirs) > len(loaded.network.state_dict())


def test_a_weight_that_is_missing_is_never_made_up(folder):
    from safetensors.torch import load_file, save_file

    path, _ = folder
    state = load_file(path / "model.safetensors")
    del state["mask_decoder.iou_token.weight"]
    save_file(state, path / "model.safetensors", {"format": "pt"})
    with pytest.raises(BenchError, match=r"does not match SAM2: tensors 1 missing \(mask_decoder.iou_token.weight\)"):
        build("sam2_pretrained", weights=str(path), size=64)


def test_weights_of_another_shape_are_refused(folder):
    path, _ = folder
    config = json.loads((path / "config.json").read_text())
    config["mask_decoder_config"]["mlp_dim"] = 96
    (path / "config.json").write_text(json.dumps(config))
    with pytest.raises(BenchError, match="does not match SAM2: tensors 6 of another shape"):
        build("sam2_pretrained", weights=str(path), size=64)


def test_another_kind_of_model_is_refused(folder):
    path, _ = folder
    (path / "config.json").write_text(json.dumps({"model_type": "clip"}))
    with pytest.raises(BenchError, match="holds a model of type 'clip'; weights: wants sam2"):
        build("sam2_pretrained", weights=str(path), size=64)


@pytest.mark.parametrize("name", ["sam2_pretrained", "sam2_finetuned"])
@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("config.json", b"{", r"config\.json cannot be read \(OSError: .* make the folder anew by save_pretrained"),
        ("config.json", b"[]", r"config\.json cannot be read \(TypeError"),
        ("config.json", b'{"model_type": "sam2", "vision_config": 3}', r"config\.json cannot be read"),
        ("model.safetensors", None, r"model\.safetensors is not a readable safetensors file"),
        ("model.safetensors", b"", r"model\.safetensors is not a readable safetensors file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_one_line_before_a_run_and_when_built(
    name, file, content, words, folder
):
    """None: the file's first half, as a copy that was broken off leaves it."""
    path, _ = folder
    whole = (path / file).read_bytes()
    (path / file).write_bytes(whole[: len(whole) // 2] if content is None else content)
    entry = MODELS[name]
    for act in (lambda: entry.check(entry.parameters(weights=str(path))), lambda: build(name, weights=str(path))):
        with pytest.raises(BenchError, match=words) as caught:
            act()
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_an_empty_folder_is_refused_before_a_run(tmp_path):
    entry = MODELS["sam2_pretrained"]
    with pytest.raises(BenchError, match="weights: there is no config.json and no model.safetensors in .*; give hub"):
        entry.check(entry.parameters(weights=str(tmp_path)))


def test_the_identity_follows_the_weights(folder):
    entry, (path, _) = MODELS["sam2_pretrained"], folder
    parameters = entry.parameters(weights=str(path))
    before = entry.identity(parameters)
    content = bytearray((path / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (path / "model.safetensors").write_bytes(content)
    assert entry.identity(parameters) != before
    assert entry.identity(entry.parameters())["weights"] == "facebook/sam2.1-hiera-tiny"


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """A hub that cannot be reached and has an empty cache."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_missing_weights_are_named_with_size_source_and_place(offline):
    """One line: which file, how big, where from, where to put it."""
    entry = MODELS["sam2_pretrained"]
    (needed,) = entry.needs(entry.parameters(variant="base_plus"))
    assert (needed.present, needed.megabytes, needed.source) == (
        False,
        323,
        "huggingface.co/facebook/sam2.1-hiera-base-plus",
    )
    with pytest.raises(BenchError) as caught:
        build("sam2_pretrained")
    message = str(caught.value)
    assert "\n" not in message
    for word in ("model.safetensors", "about 156 MB", "huggingface.co/facebook/sam2.1-hiera-tiny", str(offline)):
        assert word in message


def test_weights_in_the_hubs_cache_are_loaded_without_a_network(offline, folder, monkeypatch):
    """A cache as the hub's client leaves it; the micro size stands in for the published one."""
    path, network = folder
    monkeypatch.setitem(sam2_variants.VARIANTS, "tiny", sam2_variants.VARIANTS["micro"])
    cached = offline / "models--facebook--sam2.1-hiera-tiny"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("abc")
    (cached / "snapshots" / "abc").mkdir(parents=True)
    (path / "model.safetensors").rename(cached / "snapshots" / "abc" / "model.safetensors")
    entry = MODELS["sam2_pretrained"]
    assert entry.needs(entry.parameters())[0].present
    loaded = build("sam2_pretrained", size=64).network.state_dict()
    assert all(torch.equal(tensor, loaded[key]) for key, tensor in network.state_dict().items())


def test_what_a_report_shows_of_the_weights(folder):
    entry = MODELS["sam2_pretrained"]
    ours, hub = entry.parameters(weights=str(folder[0])), entry.parameters()
    assert entry.pretraining(hub) == "SA-1B and SA-V, facebook/sam2.1-hiera-tiny"
    assert entry.weights_licence(hub) == "Apache-2.0"
    assert (entry.pretraining(ours), entry.weights_licence(ours)) == ("the user's own weights of SAM2", "")
    assert list(entry.needs(ours)) == []


# Training


def square(size, top, left, side):
    mask = torch.zeros(size, size, dtype=torch.bool)
    mask[top : top + side, left : left + side] = True
    return mask


def test_the_loss_of_a_mask_is_the_papers():
    """Focal loss against torchvision's; dice, IoU and the score by hand."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 1, 8, 8, generator=generator)
    ground_truth = torch.rand(1, 8, 8, generator=generator) < 0.4
    target = ground_truth[:, None].float()
    shares = logits.sigmoid()
    # |p - t| summed is p + t summed less twice the smaller of both.
    overlap, total = torch.minimum(shares, target).sum(), shares.sum() + target.sum()
    dice = 1 - (2 * overlap + 1) / (total + 1)
    iou = ((logits > 0) & (target > 0)).sum() / ((logits > 0) | (target > 0)).sum()
    expected = 20 * sigmoid_focal_loss(logits, target, reduction="mean") + dice + (iou - 0.3).abs()
    expected = expected + torch.log1p(torch.exp(torch.tensor(-2.0)))
    assert step_loss(logits, torch.tensor([[0.3]]), torch.tensor([2.0]), ground_truth).item() == pytest.approx(
        expected.item(), rel=1e-5
    )


def test_of_three_masks_the_best_counts_and_every_estimate():
    """A perfect mask among wrong ones: its focal and dice terms vanish; the estimates err by 0, 1 and 0.5."""
    ground_truth = square(16, 2, 3, 8)[None]
    good = torch.where(ground_truth, 40.0, -40.0)[:, None]
    masks = torch.cat([-good, good, -good], 1)
    loss = step_loss(masks, torch.tensor([[0.0, 0.0, 0.5]]), torch.tensor([50.0]), ground_truth)
    assert loss.item() == pytest.approx((0 + 1 + 0.5) / 3, abs=1e-5)


def test_an_image_without_an_object_teaches_only_that_there_is_none():
    ground_truth = torch.zeros(1, 8, 8, dtype=torch.bool)
    loss = step_loss(torch.full((1, 3, 8, 8), 9.0), torch.zeros(1, 3), torch.tensor([1.0]), ground_truth)
    assert loss.item() == pytest.approx(1.3132617, rel=1e-5)  # log(1 + e)


def test_the_loss_is_a_mean_over_images():
    generator = torch.Generator().manual_seed(0)
    masks, ious = torch.randn(3, 3, 8, 8, generator=generator), torch.rand(3, 3, generator=generator)
    scores, ground_truth = torch.randn(3, generator=generator), torch.rand(3, 8, 8, generator=generator) < 0.5
    alone = [step_loss(masks[i : i + 1], ious[i : i + 1], scores[i : i + 1], ground_truth[i : i + 1]) for i in range(3)]
    assert torch.allclose(step_loss(masks, ious, scores, ground_truth), torch.stack(alone).mean())


def test_a_first_click_lies_on_the_object_and_a_correction_on_an_error():
    """500 images: 10 % of the corrections are drawn from the object instead, where nothing may be wrong."""
    ground_truth = square(16, 2, 3, 8)[None].expand(500, -1, -1)
    predicted = square(16, 2, 7, 8)[None].expand(500, -1, -1)
    first = next_clicks(ground_truth, None, torch.Generator().manual_seed(0))
    assert first.points.shape == (500, 1, 2)
    assert first.labels.unique().tolist() == [1]
    columns, rows = first.points[:, 0].long().unbind(1)
    assert ground_truth[0, rows, columns].all()
    assert len({(c, r) for c, r in zip(columns.tolist(), rows.tolist(), strict=True)}) == 64
    more = next_clicks(ground_truth, predicted, torch.Generator().manual_seed(1))
    columns, rows = more.points[:, 0].long().unbind(1)
    assert torch.equal(more.labels[:, 0], ground_truth[0, rows, columns].long())
    agreed = (ground_truth & predicted)[0, rows, columns].double().mean().item()
    assert agreed == pytest.approx(0.1 * 32 / 64, abs=0.03)
    assert more.labels.double().mean().item() == pytest.approx(0.9 * 0.5 + 0.1, abs=0.07)


@pytest.mark.parametrize("filled", [True, False])
def test_where_nothing_is_wrong_any_pixel_may_be_clicked(filled):
    """An image full of object that was found, and one without any: the label is still the ground truth's."""
    ground_truth = torch.full((20, 4, 4), filled)
    clicks = next_clicks(ground_truth, ground_truth, torch.Generator().manual_seed(0))
    assert clicks.labels.unique().tolist() == [int(filled)]
    assert len(clicks.points.unique(dim=0)) > 3


def test_clicks_come_from_the_generator_alone():
    ground_truth = square(16, 2, 3, 8)[None]
    before = torch.get_rng_state()
    first, again, other = (next_clicks(ground_truth, None, torch.Generator().manual_seed(s)) for s in (4, 4, 5))
    assert torch.equal(first.points, again.points)
    assert not torch.equal(first.points, other.points)
    assert torch.equal(torch.get_rng_state(), before)


def test_validation_clicks_in_the_middle():
    """Rows 2..9 and columns 3..10: (6.5, 5.5) as pixels' indices; without an object (7.5, 7.5), and not on it."""
    ground_truth = torch.stack([square(16, 2, 3, 8), torch.zeros(16, 16, dtype=torch.bool)])
    clicks = object_middle(ground_truth)
    assert clicks.points.tolist() == [[[6.5, 5.5]], [[7.5, 7.5]]]
    assert clicks.labels.tolist() == [[1], [0]]


def training_batch(generator=None):
    """Four images with a bright square each, on a noisy ground."""
    noise = torch.Generator().manual_seed(3)
    ground_truth = torch.stack([square(64, top, left, 32) for top, left in ((0, 0), (0, 32), (32, 0), (32, 32))])
    looks = 2 * ground_truth[:, None].float() + 0.1 * torch.randn(4, 3, 64, 64, generator=noise)
    labels = ground_truth.long() * torch.tensor([1, 2, 1, 2])[:, None, None]
    return Batch(looks, labels, torch.arange(4), generator)


def ambiguous_batch(generator=None):
    """Two images of two squares; each comes twice, with the left square as the object and with the right one."""
    noise = torch.Generator().manual_seed(3)
    left, right = square(64, 8, 4, 24), square(64, 30, 36, 24)
    both = (left | right).float()
    colours = [torch.tensor([2.0, -1, 0]), torch.tensor([0.0, 1, -2])]
    looks = [both * colour[:, None, None] + 0.1 * torch.randn(3, 64, 64, generator=noise) for colour in colours]
    labels = torch.stack([left * 1, right * 1, left * 2, right * 2]).long()
    return Batch(torch.stack([looks[0], looks[0], looks[1], looks[1]]), labels, torch.arange(4), generator)


def trained_on(make, steps, rate):
    """Return each image's IoU after training on one batch, with a click in the middle of its object."""
    segmenter = build()
    network, generator = segmenter.network.train(), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.parameters(), rate)
    for _ in range(steps):
        loss = segmenter.training_pass(make(generator), refuse).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    network.eval()
    with torch.no_grad():
        done = segmenter.training_pass(make(), refuse)
    predicted = done.logits.argmax(1)
    return (predicted & done.labels).sum((1, 2)) / (predicted | done.labels).sum((1, 2))


def refuse(*_):
    raise AssertionError("SAM2 has a loss of its own")


def test_training_clicks_once_and_corrects_three_times(monkeypatch):
    """Three masks for the first click, then one, with all clicks so far and the mask before; validation clicks once.

    Whatever prediction uses: models that differ in that share one training.
    """
    from registry.networks import sam2_segmenter

    calls = []

    def watched(network, features, points, labels, masks, *, multimask):
        calls.append((points.shape[1], masks is not None, multimask))
        return decode(network, features, points, labels, masks, multimask=multimask)

    monkeypatch.setattr(sam2_segmenter, "decode", watched)
    segmenter = build(multimask=False)
    with torch.no_grad():
        segmenter.training_pass(training_batch(torch.Generator().manual_seed(0)), refuse)
        assert calls == [(1, False, True), (2, True, False), (3, True, False), (4, True, False)]
        calls.clear()
        segmenter.training_pass(training_batch(), refuse)
    assert calls == [(1, False, True)]


def test_every_weight_gets_a_gradient():
    segmenter = build()
    segmenter.network.train()
    segmenter.training_pass(training_batch(torch.Generator().manual_seed(0)), refuse).loss.backward()
    assert [name for name, p in segmenter.network.named_parameters() if p.grad is None] == []


def test_the_border_belongs_to_the_object():
    """Labels come back as two classes beside two channels of logits at the input's size."""
    segmenter, batch = build(), training_batch()
    batch.labels[0, 0, :] = 255
    with torch.no_grad():
        done = segmenter.training_pass(batch, refuse)
    assert done.labels[0, 0].tolist() == [1] * 64
    assert torch.equal(done.labels, (batch.labels > 0).long())
    assert done.logits.shape == (4, 2, 64, 64)
    assert done.logits[:, 0].abs().max() == 0


def test_validation_clicks_as_evaluation_does():
    """One click in the middle of the object: the logits are those that `predict` thresholds."""
    segmenter, batch = build(), training_batch()
    with torch.no_grad():
        done = segmenter.training_pass(batch, refuse)
        again = segmenter.training_pass(batch, refuse)
    assert torch.equal(done.loss, again.loss)
    tensors = segmenter.prepare([torch.zeros(3, 64, 64, dtype=torch.uint8)], [click(16, 16)])[1:]
    masks = segmenter.forward((batch.inputs[:1], *tensors))
    large = torch.nn.functional.interpolate(masks, (64, 64), mode="bilinear")
    assert torch.allclose(done.logits[0, 1], large[0, 0], atol=1e-5)


@pytest.mark.slow
def test_it_overfits_four_images():
    assert trained_on(training_batch, steps=30, rate=3e-3).min() > 0.95


@pytest.mark.slow
def test_it_learns_that_the_click_decides():
    """Two objects in an image: what is clicked is what it predicts."""
    assert trained_on(ambiguous_batch, steps=160, rate=1e-3).min() > 0.9


def test_naming_the_entries_does_not_import_torch_or_transformers():
    import subprocess
    import sys

    code = (
        "import sys; from registry import MODELS; [MODELS[n] for n in MODELS.names() if n.startswith(('sam2', 'prompt'))];"
        "print({'torch', 'transformers', 'huggingface_hub'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"
