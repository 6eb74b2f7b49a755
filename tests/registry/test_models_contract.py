"""What every model promises, tested on every file in the registry."""

from copy import deepcopy

import numpy as np
import pytest
import torch
from small_models import CLASSES, SIZES, ground_truth_of, parameters_of
from torch.nn.functional import cross_entropy, one_hot

from bench.data import Sample
from bench.plan.checkpoints import load_checkpoint, save_checkpoint
from bench.suite.prompt_policies import POLICIES, draw
from registry import MODELS
from registry.adapter import Batch, TorchSegmenter
from registry.errors import BenchError
from registry.geometry import from_input, mask_to_input
from registry.prompts import Prompt
from registry.segmenter import Case, Segmenter, Size


@pytest.fixture(scope="module", params=MODELS.names())
def model(request, tmp_path_factory):
    """Every entry with small parameters, built; once, since predicting leaves a model as it was."""
    entry = MODELS[request.param]
    parameters = entry.parameters(**parameters_of(request.param, tmp_path_factory.mktemp("model")))
    entry.check(parameters)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return entry, parameters, entry.build(parameters, CLASSES, True)


@pytest.fixture
def trainee(model):
    """A copy of a model, to be trained."""
    entry, parameters, segmenter = model
    if not isinstance(segmenter, TorchSegmenter) or not (entry.recipe and entry.recipe(parameters)):
        pytest.skip("nothing to train")
    return deepcopy(segmenter)


def some_images():
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator) for size in SIZES]


def prompts_for(entry, indices, policy=None):
    """The prompts of the entry's default policy, drawn from made-up ground truth; none for a model that takes none."""
    if not entry.prompts:
        return None
    samples = [
        Sample(f"sample{i}", np.zeros((*SIZES[i], 3), np.uint8), ground_truth_of(i), f"{i:032x}", 1) for i in indices
    ]
    return [draw(policy or entry.prompts[0], sample, 0) for sample in samples]


def predicted(model, indices, segmenter=None, **options):
    entry, images, segmenter = model[0], some_images(), segmenter or model[2]
    segmenter.announce(Case("clean", 0.0, tuple(f"sample{i}" for i in indices)))
    return segmenter.predict([images[i] for i in indices], prompts_for(entry, indices), **options)


def test_labels_have_the_images_size_and_are_classes(model):
    """uint8 [H, W], within the classes (object or not for a class-agnostic model), on the input's device."""
    most = len(CLASSES) if model[0].task(model[1]) == "classes" else 2
    for size, prediction in zip(SIZES, predicted(model, range(4)), strict=True):
        assert prediction.labels.shape == size
        assert prediction.labels.dtype == torch.uint8
        assert int(prediction.labels.max()) < most
        if prediction.candidates is not None:
            assert prediction.candidates.dtype == torch.uint8
            assert prediction.candidates.shape[1:] == size


def test_the_images_are_not_written_to(model):
    """Inputs belong to the caller."""
    images = some_images()
    model[2].announce(Case("clean", 0.0, tuple(f"sample{i}" for i in range(4))))
    model[2].predict(images, prompts_for(model[0], range(4)))
    assert all(torch.equal(a, b) for a, b in zip(images, some_images(), strict=True))


def test_a_batch_predicts_what_single_images_do(model):
    """Batching is not allowed to matter: neither for the labels nor, where untrained ones are all alike, the shares."""
    for i, prediction in enumerate(predicted(model, range(4))):
        alone = predicted(model, [i])[0]
        assert (alone.labels == prediction.labels).double().mean() >= 0.999
        if prediction.probabilities is not None:
            assert torch.allclose(alone.probabilities, prediction.probabilities, atol=1e-4)


def test_the_networks_steps_are_what_forward_does(model):
    """One after the other, bit for bit and without gradients; a promptable network encodes the image first."""
    entry, _, segmenter = model
    if not isinstance(segmenter, TorchSegmenter):
        pytest.skip("no torch network")
    steps = segmenter.network_steps()
    assert [step.name for step in steps] == (["encode_image", "decode_prompt"] if entry.prompts else ["network"])
    images, prompts = some_images()[:2], prompts_for(entry, range(2)) or [None, None]
    inputs = passed = segmenter.prepare(images, prompts)
    for step in steps:
        passed = step.run(passed)
    assert torch.equal(passed, segmenter.forward(inputs))
    assert not passed.requires_grad
    found = segmenter.predictions(passed, images, [Size(*size) for size in SIZES[:2]])
    whole = segmenter.predict(images, prompts)
    assert all(torch.equal(a.labels, b.labels) for a, b in zip(found, whole, strict=True))


def test_the_same_image_gets_the_same_labels(model):
    """A segmenter comes ready to predict: no dropout, no running statistics."""
    first, second = (predicted(model, range(4)) for _ in range(2))
    assert all(torch.equal(a.labels, b.labels) for a, b in zip(first, second, strict=True))


def test_an_image_without_a_prompt_gets_a_prediction_too(model):
    """Without prompts, with None for one image: labels of the right size (which labels is the model's business)."""
    entry, _, segmenter = model
    images = some_images()[:2]
    segmenter.announce(Case("clean", 0.0, ("sample0", "sample1")))
    mixed = [None, (prompts_for(entry, [1]) or [None])[0]]
    for prompts in (None, mixed):
        found = segmenter.predict(images, prompts)
        assert [p.labels.shape for p in found] == [torch.Size(s) for s in SIZES[:2]]


def test_every_declared_policy_gives_prompts_it_takes(model):
    """An entry names policies of ours, and the model predicts for each."""
    entry, _, segmenter = model
    assert set(entry.prompts) <= POLICIES.keys() - {"none"}
    for policy in entry.prompts:
        found = segmenter.predict(some_images()[:2], prompts_for(entry, [0, 1], policy))
        assert [p.labels.shape for p in found] == [torch.Size(s) for s in SIZES[:2]]


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt(points=((-1.0, 5.0),), labels=(1,)),
        Prompt(points=((5.0, 1000.0),), labels=(1,)),
        Prompt(box=(0.0, 0.0, 1000.0, 5.0)),
    ],
    ids=["left of it", "below it", "a box beyond it"],
)
def test_prompts_outside_the_image_are_refused_in_one_line(model, prompt):
    """A click that no user could have made is a fault of the caller, whether or not the model takes clicks."""
    with pytest.raises(BenchError, match="(outside|inside) the image") as caught:
        model[2].predict(some_images()[:1], [prompt])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompts": [None]}, "^1 prompts for 2 images; give one"),
        ({"prompts": ["puppy", None]}, "^a prompt is a registry.Prompt or None, not a str$"),
        ({"prompts": Prompt()}, "^prompts: give a list with one Prompt"),
        ({"sizes": [Size(5, 5)]}, "^1 sizes for 2 images; give one"),
        ({"sizes": [5, 5]}, r"^5 is no size; give \(height, width\)"),
        ({"sizes": [(5, 5), (5, 0)]}, r"^\(5, 0\) is no size"),
        ({"sizes": [(5, 5), (5, 1.5)]}, r"^\(5, 1.5\) is no size"),
    ],
)
def test_a_wrong_number_or_kind_is_one_line(model, given, words):
    """Every model refuses it alike, before anything is computed."""
    with pytest.raises(BenchError, match=words) as caught:
        model[2].predict(some_images()[:2], **given)
    assert "\n" not in str(caught.value)


def test_one_place_checks_prompts_and_sizes(model):
    """No model has a `predict` of its own, in which checks could be forgotten."""
    assert type(model[2]).predict is Segmenter.predict


def test_probabilities_sum_to_one_and_agree_with_the_labels(model):
    """float32 [C, H, W]; a model of hard masks has none."""
    for prediction in predicted(model, range(2)):
        if prediction.probabilities is None:
            assert not isinstance(model[2], TorchSegmenter)
            continue
        shares = prediction.probabilities
        assert shares.shape[1:] == prediction.labels.shape
        assert torch.allclose(shares.sum(0), torch.ones(()), atol=1e-5)
        assert (shares.argmax(0).to(torch.uint8) == prediction.labels).double().mean() > 0.999


def test_labels_come_at_the_wanted_size(model):
    """`sizes` may name another size than the image's (stored masks have only their own)."""
    if model[0] is MODELS["predictions"]:
        pytest.skip("a stored mask has one size")
    wanted = Size(90, 70)
    assert predicted(model, [0], sizes=[wanted])[0].labels.shape == wanted


def test_saved_weights_give_the_same_labels(model, tmp_path):
    """Save, build anew, spoil what is there, load: nothing is lost, and it was the loading that brought it."""
    entry, parameters, segmenter = model
    if not isinstance(segmenter, TorchSegmenter):
        pytest.skip("no weights to save")
    save_checkpoint(segmenter.network, tmp_path / "a.safetensors", {})
    other = entry.build(parameters, CLASSES, False)
    with torch.no_grad():
        for weights in other.network.parameters():
            weights.add_(0.1 * torch.randn(weights.shape, generator=torch.Generator().manual_seed(5)))
    found = [predicted(model, range(3)), predicted(model, range(3), other)]
    assert not any(torch.equal(a.probabilities, b.probabilities) for a, b in zip(*found, strict=True))
    load_checkpoint(other.network, tmp_path / "a.safetensors")
    for a, b in zip(found[0], predicted(model, range(3), other), strict=True):
        assert torch.equal(a.labels, b.labels)
        assert torch.equal(a.probabilities, b.probabilities)


def training_batch(segmenter, seed=3):
    """Four images whose classes show by colour, in corners of different size, as the network's input."""
    height, width, _ = segmenter.geometry
    generator = torch.Generator().manual_seed(seed)
    labels = torch.zeros(4, height, width, dtype=torch.long)
    for i in range(4):
        labels[i, : height // 2, : width // 2 + i * width // 16] = 1 + i % 2
    colours = torch.tensor([[-1.0, 0, 1], [1.0, -1, 0], [0.0, 1, -1]])
    noise = 0.1 * torch.randn(4, 3, height, width, generator=generator)
    return Batch(colours[labels].permute(0, 3, 1, 2) + noise, labels, torch.arange(4), generator)


def test_every_trainable_parameter_gets_a_gradient(trainee):
    """No part of the network is out of reach of the loss, and a frozen one has no gradient."""
    # In training mode, so that batch normalisation is as it will be.
    trainee.network.train()
    done = trainee.training_pass(training_batch(trainee), cross_entropy)
    weights = torch.randn(done.logits.shape, generator=torch.Generator().manual_seed(0))
    (done.loss + (done.logits * weights).sum()).backward()
    named = dict(trainee.network.named_parameters())
    assert [n for n, p in named.items() if p.requires_grad and p.grad is None] == []
    assert [n for n, p in named.items() if not p.requires_grad and p.grad is not None] == []


def test_a_frozen_part_stays_as_it_is_in_training(trainee):
    """A module all of whose weights are frozen is in evaluation mode, and its running statistics do not move."""
    network = trainee.network.train()
    frozen = [m for m in network.modules() if _all_frozen(m)]
    if not frozen:
        pytest.skip("nothing is frozen")
    assert not any(module.training for module in frozen)
    before = [{k: v.clone() for k, v in module.state_dict().items()} for module in frozen]
    trainee.training_pass(training_batch(trainee), cross_entropy)
    for module, kept in zip(frozen, before, strict=True):
        assert all(torch.equal(v, kept[k]) for k, v in module.state_dict().items())


def _all_frozen(module):
    weights = list(module.parameters())
    return bool(weights) and not any(p.requires_grad for p in weights)


def test_the_entry_states_what_it_is(model):
    """Source and licence stand in every report."""
    entry, parameters, _ = model
    assert entry.version >= 1
    assert entry.summary
    assert entry.source
    assert entry.licence
    assert entry.identity(parameters) == entry.identity(parameters)
    assert entry.recipe is None or entry.geometry is not None
    assert entry.task(parameters) in ("classes", "binary")
    for needed in entry.needs(parameters):
        assert needed.what
        assert needed.by_hand


@pytest.mark.slow
def test_it_overfits_four_images(trainee):
    """A trainable model can learn: four images with a class each by a corner, in a few dozen steps."""
    batch = training_batch(trainee)
    network = trainee.network.train()
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], 1e-2)
    with torch.random.fork_rng():
        torch.manual_seed(0)  # dropout draws from it: what ran before must not matter
        assert max(_accuracies(trainee, batch, optimizer)) > 0.97
    network.eval()


def _accuracies(segmenter, batch, optimizer):
    """Yield the share of right pixels of each step, until it is high enough or 150 steps are done."""
    for _ in range(150):
        optimizer.zero_grad()
        done = segmenter.training_pass(batch, cross_entropy)
        done.loss.backward()
        optimizer.step()
        right = (done.logits.argmax(1) == done.labels).double().mean().item()
        yield right
        if right > 0.97:
            break


@pytest.mark.parametrize("name", [n for n in MODELS.names() if MODELS[n].geometry])
@pytest.mark.parametrize("size", [(375, 500), (500, 333), (299, 300)])
def test_ground_truth_sent_through_the_geometry_and_back_is_itself(name, size, tmp_path):
    """At each entry's own input size the way there and back costs less than .02 Dice of any class (X-08)."""
    entry = MODELS[name]
    given = parameters_of(name, tmp_path) if entry.parameters.model_fields and name in NEEDS_FILES else {}
    geometry = entry.geometry(entry.parameters(**given))
    ground_truth = torch.from_numpy(ellipses(*size))
    scores = one_hot(mask_to_input(ground_truth, geometry, ignore=0).long(), 3).permute(2, 0, 1).float()
    back = from_input(scores, geometry, Size(*size), Size(*size)).argmax(0)
    for label in range(3):
        a, b = ground_truth == label, back == label
        dice = float(2 * (a & b).sum() / (a.sum() + b.sum()))
        assert dice > 0.98, f"{name}: an input of {geometry[:2]} loses too much of a mask; raise the default size"


NEEDS_FILES = ("onnx", "transformers", "predictions")


def ellipses(height, width):
    """A mask of a body and a head, each of the size that pets have in images."""
    rows, columns = np.mgrid[:height, :width]
    body = ((rows / height - 0.6) / 0.3) ** 2 + ((columns / width - 0.5) / 0.25) ** 2 < 1
    head = ((rows / height - 0.25) / 0.15) ** 2 + ((columns / width - 0.6) / 0.12) ** 2 < 1
    return np.where(head, 2, np.where(body, 1, 0)).astype(np.uint8)
