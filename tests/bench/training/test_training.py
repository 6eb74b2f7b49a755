"""Training by recipe: it learns, keeps the best epoch, resumes exactly, stops where it should."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bench.host.screen import Screen
from bench.plan.checkpoints import read_record, state_hash
from bench.plan.datasets import open_datasets
from bench.plan.jobs import plan_jobs
from bench.suite import load_suite
from bench.training import lightning_loop
from bench.training.augmentation import Augmenter
from bench.training.image_loading import EpochSampler, TrainingImages
from bench.training.journal import Journal
from bench.training.lightning_module import TrainingModule
from bench.training.stages import TrainingContext, trained
from registry import MODELS
from registry.recipe import Augmentation, Recipe


@pytest.fixture
def job(write):
    """A way to train the tiny suite's network with changes; returns (record, state hash)."""

    def start(*changes):
        suite = load_suite(write(*changes))
        opened = open_datasets(suite)
        todo = next(j for j in plan_jobs(suite, opened) if j.weights.training_key)
        done = trained(todo, TrainingContext(suite, opened, "cpu", Screen()))
        return read_record(done.weights.path), state_hash(done.weights.path), done.weights.path

    return start


THREE = ("epochs: 1", "epochs: 3, learning_rate: 0.01")


def test_the_record_says_what_was_done(job):
    """Recipe, data, curves of one value an epoch, the key, the code's hash."""
    record, _, path = job(THREE)
    facts = record["training"]
    assert (facts["epochs_planned"], facts["epochs_run"], facts["stopped_by"]) == (3, 3, "epochs")
    assert {len(curve) for curve in facts["curves"].values()} == {3}
    assert facts["curves"]["epoch"] == [1, 2, 3]
    assert (facts["n_train"], facts["n_val"]) == (10, 2)
    assert record["training_key"] in path.name
    assert facts["best_epoch"] == 1 + int(np.argmax(facts["curves"]["val_iou"]))
    assert not path.with_suffix(".partial").exists()


def test_the_same_training_gives_the_same_weights(job, tmp_path, monkeypatch):
    """Same seed, data and recipe: the same bytes, in another cache."""
    _, first, _ = job(THREE)
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "elsewhere"))
    assert job(THREE)[1] == first


class NeverContent(torch.optim.lr_scheduler.ReduceLROnPlateau):
    """Takes every falling loss for a plateau."""

    def __init__(self, optimizer, **options):
        super().__init__(optimizer, mode="max", **options)


RESUMED = {
    "plateau that acts": "epochs: 4, learning_rate: 0.01, schedule: plateau, plateau_patience: 0",
    "one cycle": "epochs: 4, learning_rate: 0.01, schedule: one_cycle",
    "early stopping": "epochs: 9, learning_rate: 0.01, early_stopping: 1",
}


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("recipe", RESUMED.values(), ids=RESUMED)
def test_a_resumed_training_ends_where_an_unbroken_one_does(job, tmp_path, monkeypatch, recipe, workers):
    """Killed in the third epoch: it goes on from the second's end, to the same weights, curves and number of epochs."""
    monkeypatch.setattr(lightning_loop, "_workers", lambda _: workers)
    # Every epoch counts as a bad one, so that the plateau's schedule has something to do.
    monkeypatch.setattr(torch.optim.lr_scheduler, "ReduceLROnPlateau", NeverContent)
    changes = ("epochs: 1", recipe)
    whole, unbroken, _ = job(changes)
    assert whole["training"]["epochs_run"] >= 3 or "early" in recipe
    if "schedule" in recipe:
        assert whole["training"]["curves"]["learning_rate"][-1] < 0.01
    monkeypatch.setenv("SEGBENCH_CACHE", str(tmp_path / "elsewhere"))
    real, steps, last = TrainingModule.training_step, [], whole["training"]["epochs_run"] - 1

    def step(self, batch, index):
        steps.append(self.current_epoch)
        if steps.count(last) == 2:
            raise KeyboardInterrupt
        return real(self, batch, index)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TrainingModule, "training_step", step)
        job(changes)
    resumed, state, _ = job(changes)
    assert resumed["training"]["curves"] == whole["training"]["curves"]
    assert resumed["training"]["stopped_by"] == whole["training"]["stopped_by"]
    assert state == unbroken


def test_the_budget_is_looked_at_when_an_epoch_ends(job):
    """A budget of no time is one epoch."""
    facts = job(("epochs: 1", "epochs: 50, minutes: 0.0001"))[0]["training"]
    assert (facts["epochs_run"], facts["stopped_by"]) == (1, "minutes")


def test_early_stopping_waits_its_patience(job):
    """With a learning rate of almost nothing the mIoU stays: one epoch, then two without a better one."""
    facts = job(("epochs: 1", "epochs: 50, early_stopping: 2, learning_rate: 1.0e-12"))[0]["training"]
    assert facts["stopped_by"] == "early stopping"
    assert facts["epochs_run"] < 50


def test_the_first_recipe_is_the_reports():
    """U-Net of the Edinburgh report: Adam 1e-4, weight decay 1e-4, 100 epochs, weights .1/1/1, plateau 5 x .5."""
    entry = MODELS["unet"]
    parameters = entry.parameters(width=2, size=32)
    recipe = entry.recipe(parameters)
    module = TrainingModule(entry.build(parameters, ("a", "b", "c"), False), recipe)
    optimizer = module.configure_optimizers()
    assert type(optimizer) is torch.optim.Adam
    group = optimizer.param_groups[0]
    assert (group["lr"], group["weight_decay"], recipe.epochs) == (1e-4, 1e-4, 100)
    logits, labels = torch.randn(2, 3, 8, 8), torch.randint(0, 3, (2, 8, 8))
    loss = torch.nn.functional.cross_entropy(logits, labels, torch.tensor([0.1, 1, 1]))
    assert module.objective(logits, labels).item() == pytest.approx(loss.item())
    rates = []
    for _ in range(8):  # a validation loss that never gets better
        module.plateau.step(1.0)
        rates.append(group["lr"])
    assert rates == pytest.approx([1e-4] * 6 + [5e-5] * 2)


@pytest.mark.slow
def test_it_learns(job):
    """Thirty epochs on twelve images: far beyond all background."""
    changes = ("epochs: 1", "epochs: 30, optimizer: adamw, learning_rate: 0.01, class_weights: [0.5, 1]")
    curve = job(changes, ("width: 2", "width: 8"))[0]["training"]["curves"]
    assert curve["train_loss"][-1] < 0.8 * curve["train_loss"][0]


def test_the_shuffle_depends_on_seed_and_epoch_alone():
    """A resumed epoch sees the images in the order that it would have had."""
    epochs = [4, 4, 5, 5]  # asked for at the beginning of each drawing, not before
    one, two = (EpochSampler(10, 3, lambda: epochs.pop(0), shuffle=True) for _ in range(2))
    assert list(one) == list(two)
    assert {epoch for epoch, _ in two} == {5}
    assert sorted(place for _, place in one) == list(range(10))
    assert not epochs


@pytest.fixture
def images(write):
    """Training images of the tiny suite, augmented as much as possible."""
    suite = load_suite(write())
    subset = next(iter(open_datasets(suite).values())).dataset.subset("train")
    entry = MODELS["unet"]
    segmenter = entry.build(entry.parameters(width=2, size=32), subset.classes, False)
    chances = Augmentation(flip=0.5, rotate=1, crop=1, elastic=1, grid=1)
    return TrainingImages(subset, segmenter, Augmenter(chances, 32, 32, 3), seed=0)


def test_augmentation_is_a_function_of_seed_epoch_and_sample(images):
    """Whatever was loaded before, the same place gives the same tensors; another epoch gives others."""
    first = images[(1, 2)]
    _ = images[(0, 0)], images[(5, 1)]
    again = images[(1, 2)]
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], images[(2, 2)][0])


def test_augmented_masks_keep_their_labels(images):
    """Labels stay within the classes or 255, and the pair keeps the network's size."""
    for i in range(6):
        inputs, labels = images[(0, i)]
        assert inputs.shape == (3, 32, 32)
        assert set(labels.unique().tolist()) <= {0, 1, 2, 255}


def test_a_transform_that_breaks_labels_is_caught():
    """The check stands behind every transform and names it."""
    augmenter = Augmenter(Augmentation(flip=1), 32, 32, classes=2)
    broken = np.full((32, 32), 7, np.uint8)
    with pytest.raises(Exception, match="after RandomResizedCrop.*unknown label 7"):
        augmenter.crop(np.zeros((32, 32, 3), np.uint8), broken, 0)


def test_a_flip_moves_image_and_mask_together():
    """Probability 1: mirrored, both."""
    image = np.arange(32 * 32 * 3, dtype=np.uint32).astype(np.uint8).reshape(32, 32, 3)
    mask = np.zeros((32, 32), np.uint8)
    mask[:, :8] = 1
    only_flip = Augmentation(flip=1, rotate=0, crop=0, elastic=0, grid=0)
    out, moved = Augmenter(only_flip, 32, 32, 3).warp(image, mask, 0)
    assert np.array_equal(out, image[:, ::-1])
    assert np.array_equal(moved, mask[:, ::-1])


def test_the_journal_prefers_the_earliest_of_equal_epochs(tmp_path):
    """Best is the first epoch with the best mIoU, or whatever the recipe monitors."""
    journal = Journal(tmp_path, Recipe(), Screen())
    journal.curves["val_iou"] = [0.2, 0.5, 0.5]
    assert journal.best_epoch == 2
    journal = Journal(tmp_path, Recipe(monitor="loss"), Screen())
    journal.curves |= {"val_iou": [0.2, 0.5, 0.5], "val_loss": [1.0, 0.7, 0.7]}
    assert journal.best_epoch == 2
    journal = Journal(tmp_path, Recipe(monitor="foreground_dice"), Screen())
    journal.curves |= {"val_iou": [0.2, 0.5, 0.5], "val_dice": [None, 0.1, 0.3]}
    assert journal.best_epoch == 3


def test_the_record_is_plain_json(job):
    """Readable by anything that reads safetensors headers."""
    _, _, path = job()
    header = path.read_bytes()
    length = int.from_bytes(header[:8], "little")
    metadata = json.loads(header[8 : 8 + length])["__metadata__"]
    assert json.loads(metadata["segbench"])["model"] == "unet"


@pytest.mark.parametrize(("background", "expected"), [(True, 2 / 3), (False, (4 / 5 + 2 / 3) / 2)])
def test_the_foreground_of_data_without_a_background_is_every_class(background, expected):
    """By hand: Dice of class 0 is 4/5, of class 1 2/3; only with a background is class 0 left out."""
    entry = MODELS["unet"]
    network = entry.build(entry.parameters(width=2, size=32), ("a", "b", "c"), True)
    module = TrainingModule(network, Recipe(), background=background)
    logged = {}
    module.log = lambda name, value: logged.update({name: float(value)})
    module._trainer = SimpleNamespace(strategy=SimpleNamespace(reduce=lambda value, reduce_op: value))
    module._losses = torch.tensor([1.0, 1.0])
    module._matrix = torch.tensor([[2, 1, 0], [0, 1, 0], [0, 0, 0], [5, 5, 5]])
    module.on_validation_epoch_end()
    assert logged["val_dice"] == pytest.approx(expected)
