"""Optimisers, learning rates, parts of a batch, clipping, and when a training stops: each against its closed form."""

import json

import numpy as np
import pytest
import torch
from small_training import Net, Whole, recipe, segmenter, start, subsets

from bench.host.screen import Screen
from bench.plan.checkpoints import load_checkpoint, state_hash
from bench.training import optimisation
from bench.training.image_loading import loaders
from bench.training.journal import Journal
from bench.training.lightning_module import TrainingModule
from registry.errors import BenchError
from registry.recipe import Recipe

SCHEDULERS = {
    "poly": lambda optimizer: torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=10, power=0.9),
    "cosine": lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10),
    "constant": lambda optimizer: torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1),
}


@pytest.mark.parametrize("schedule", SCHEDULERS)
def test_the_rate_of_an_epoch_is_what_torchs_schedule_comes_to(schedule):
    """Torch's go step by step, ours follows from the epoch."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.3)
    expected = SCHEDULERS[schedule](optimizer)
    given = Recipe(epochs=10, schedule=schedule, learning_rate=0.3)
    for epoch in range(10):
        rate = optimisation.rate(given, epoch)
        assert (0.3 if rate is None else rate) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        expected.step()


def test_a_poly_training_has_the_rates_of_the_formula(tmp_path):
    """0.01 (1 - e/4)^0.9 in epochs 0 to 3; `minutes` changes when it ends, not how fast the rate falls."""
    expected = [0.01 * (1 - e / 4) ** 0.9 for e in range(4)]
    facts, _ = start(tmp_path, epochs=4, schedule="poly", optimizer="sgd")
    assert facts["curves"]["learning_rate"] == pytest.approx(expected)
    facts, _ = start(tmp_path, epochs=4, schedule="poly", optimizer="sgd", minutes=1e-9)
    assert facts["curves"]["learning_rate"] == pytest.approx(expected[:1])


@pytest.mark.parametrize("more", [{"schedule": "poly", "optimizer": "sgd"}, {"schedule": "cosine", "accumulate": 2}])
def test_a_resumed_schedule_goes_on_as_planned(tmp_path, monkeypatch, more):
    """Killed in the third of four epochs: the same rates and the same weights, bit for bit."""
    whole, path = start(tmp_path / "whole", epochs=4, **more)
    real, steps = TrainingModule.training_step, []

    def step(self, batch, number):
        steps.append(self.current_epoch)
        if steps.count(2) == 2:
            raise KeyboardInterrupt
        return real(self, batch, number)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TrainingModule, "training_step", step)
        start(tmp_path / "parts", epochs=4, **more)
    resumed, other = start(tmp_path / "parts", epochs=4, **more)
    assert resumed["curves"] == whole["curves"]
    assert state_hash(other) == state_hash(path)


def test_sgd_is_nesterovs():
    """Two steps down a slope of 1 from 0, rate 0.1, momentum 0.9: -0.1 * 1.9, then -0.1 * (1 + 0.9 * 1.9)."""
    weight = torch.nn.Parameter(torch.zeros(1))
    sgd = optimisation.optimizer(recipe(optimizer="sgd", learning_rate=0.1, momentum=0.9, weight_decay=0), [weight])
    places = []
    for _ in range(2):
        weight.grad = torch.ones(1)
        sgd.step()
        places.append(weight.item())
    assert places == pytest.approx([-0.19, -0.19 - 0.271])
    assert Recipe(optimizer="sgd").momentum == 0.99


def test_only_what_is_not_frozen_is_trained(tmp_path):
    """The optimiser gets the other weights alone; with nothing left to train, the error is one line."""
    first, second = torch.nn.Parameter(torch.zeros(1)), torch.nn.Parameter(torch.zeros(1), requires_grad=False)
    assert optimisation.optimizer(Recipe(), [first, second]).param_groups[0]["params"] == [first]
    with pytest.raises(BenchError, match="all weights of this model are frozen.*epochs: 0"):
        start(tmp_path, network=lambda: Net().requires_grad_(False))


def test_one_cycle_leaves_the_recipes_momentum_alone():
    """Torch would move the momentum of SGD between .85 and .95; with Adam it moves the first beta, as ever."""
    weight = torch.nn.Parameter(torch.zeros(1))
    for name, key, moved in (("sgd", "momentum", False), ("adam", "betas", True)):
        cycled = optimisation.optimizer(recipe(optimizer=name), [weight])
        before = cycled.param_groups[0][key]
        optimisation.one_cycle(recipe(optimizer=name), cycled, steps=10)
        assert (cycled.param_groups[0][key] != before) == moved


def test_parts_of_a_batch_make_one_step(tmp_path, monkeypatch):
    """Ten images in fives: one step of five or five of one give the same weights; two epochs are four steps."""
    steps = []
    real = torch.optim.SGD.step
    monkeypatch.setattr(torch.optim.SGD, "step", lambda *args, **more: steps.append(1) or real(*args, **more))
    plain = {"batch_size": 5, "epochs": 2, "optimizer": "sgd", "schedule": "constant", "momentum": 0.0}
    states = []
    for accumulate in (1, 5):
        net = Net()
        load_checkpoint(net, start(tmp_path / str(accumulate), Net, Whole, accumulate=accumulate, **plain)[1])
        states.append(torch.cat([p.flatten() for p in net.parameters()]))
    assert len(steps) == 2 * 4
    assert torch.allclose(*states, atol=1e-6)


def test_gradients_are_clipped_at_their_common_norm(tmp_path, monkeypatch):
    """No optimiser step sees a larger one, and without the key most would."""
    norms = []
    real = torch.optim.SGD.step

    def step(self, closure=None):
        def watched():
            loss = closure()
            gradients = [p.grad for group in self.param_groups for p in group["params"]]
            norms.append(torch.cat([g.flatten() for g in gradients]).norm().item())
            return loss

        return real(self, watched)

    monkeypatch.setattr(torch.optim.SGD, "step", step)
    start(tmp_path / "free", optimizer="sgd", schedule="constant", learning_rate=1e-6)
    assert min(norms) > 0.05
    norms.clear()
    start(tmp_path / "clipped", optimizer="sgd", schedule="constant", learning_rate=1e-6, gradient_clip=0.05)
    assert max(norms) == pytest.approx(0.05, rel=1e-3)


def test_half_precision_needs_cuda(tmp_path):
    """One line, before anything is trained."""
    with pytest.raises(BenchError, match="fp16 trains on CUDA only; give precision: bf16 or fp32"):
        start(tmp_path, precision="fp16")


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_half_precision_trains_on_cuda(tmp_path, precision):
    """Losses come near those in full precision, the weights stay float32 and finite."""
    full, _ = start(tmp_path / "full", device="cuda", schedule="poly", optimizer="sgd")
    half, path = start(tmp_path / "half", device="cuda", schedule="poly", optimizer="sgd", precision=precision)
    assert half["curves"]["val_loss"] == pytest.approx(full["curves"]["val_loss"], rel=0.02)
    net = Net()
    load_checkpoint(net, path)
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in net.parameters())


def journal(tmp_path, curve, **given):
    """A journal whose monitored curve is `curve`."""
    filled = Journal(tmp_path, Recipe(**given), Screen())
    name = {"iou": "val_iou", "foreground_dice": "val_dice", "loss": "val_loss"}[filled.recipe.monitor]
    filled.curves[name] = list(curve)
    return filled


def test_patience_counts_epochs_that_gained_too_little(tmp_path):
    """.50 -> .5008 gains less than .001 and counts as waiting, though it is the better epoch; .5011 does not."""
    given = {"monitor": "foreground_dice", "early_stopping": 2, "min_delta": 0.001}
    slow = journal(tmp_path, [0.5, 0.5008, 0.5009], **given)
    assert (slow.epochs_without_progress, slow.stopped_by, slow.best_epoch) == (2, "early stopping", 3)
    fast = journal(tmp_path, [0.5, 0.5008, 0.5011], **given)
    assert (fast.epochs_without_progress, fast.stopped_by) == (0, "epochs")


def test_a_loss_is_better_when_it_is_lower(tmp_path):
    """For patience and the best epoch the lowest loss counts; an epoch whose loss is no number is the worst."""
    one = journal(tmp_path, [3.0, 2.0, 2.5, None], monitor="loss", early_stopping=2)
    assert (one.epochs_without_progress, one.stopped_by, one.best_epoch) == (2, "early stopping", 2)


def test_a_training_that_diverges_leaves_a_readable_record(tmp_path):
    """What is no number is null in the curves: JSON has no NaN."""
    facts, _ = start(tmp_path, optimizer="sgd", schedule="plateau", learning_rate=1e30)
    assert facts["curves"]["val_loss"] == [None] * 3
    assert json.loads(json.dumps(facts, allow_nan=False))["epochs_run"] == 3


def test_validation_scores_are_those_of_the_best_epochs_weights(tmp_path):
    """Counted again here, pixel by pixel over all validation images together: mIoU, and Dice of cat and dog."""
    facts, path = start(tmp_path, epochs=5, monitor="foreground_dice", learning_rate=0.05)
    model = segmenter()
    load_checkpoint(model.network, path)
    _, held_out = loaders(*subsets(), model, recipe(), 0, lambda: 0, 0)
    with torch.no_grad():
        found, ground_truth = zip(
            *[(model.network(x).argmax(1).numpy(), y.numpy()) for x, y, _ in held_out], strict=True
        )
    found, ground_truth = np.concatenate(found), np.concatenate(ground_truth)
    found = found[ground_truth != 255]
    ground_truth = ground_truth[ground_truth != 255]
    ious, dices = [], []
    for c in range(3):
        a, b = found == c, ground_truth == c
        if (a | b).any():
            ious.append((a & b).sum() / (a | b).sum())
            dices += [2 * (a & b).sum() / (a.sum() + b.sum())] if c else []
    best = facts["best_epoch"] - 1
    assert facts["curves"]["val_iou"][best] == pytest.approx(np.mean(ious), abs=1e-6)
    assert facts["curves"]["val_dice"][best] == pytest.approx(np.mean(dices), abs=1e-6)
    assert best == int(np.argmax(facts["curves"]["val_dice"]))
