"""A resumed training is the unbroken one, bit for bit: whatever an epoch depends on, with and without loader processes."""

import json
from functools import partial
from itertools import chain, count
from types import SimpleNamespace

import lightning
import numpy as np
import pytest
import torch
from lightning.pytorch.plugins import MixedPrecision
from small_training import Dropping, Mortal, Net, Pooled, Rough, Witness, look, segmenter, start, subsets
from torch.multiprocessing import ProcessExitedException
from torch.utils.data import DataLoader

from bench.plan.checkpoints import state_hash
from bench.training import image_loading, journal, lightning_loop, trainer
from bench.training.augmentation import Augmenter
from bench.training.image_loading import TrainingImages
from bench.training.lightning_module import TrainingModule
from registry.adapter import TorchSegmenter
from registry.networks.unet_strided_network import strided_unet
from registry.recipe import Augmentation
from registry.segmenter import Geometry

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # more than there are cores

EVERYTHING = Augmentation(flip=0.5, rotate=0.5, crop=0.5, elastic=0.5, grid=0.5)
ALL = {"augmentation": EVERYTHING, "learning_rate": 0.01}
FOUR = {"epochs": 4, "batch_size": 4}
STOPS = ((1, 0), (3, 2))  # (epoch, batch): where the starts of one training end


def stopped(monkeypatch, place, **given):
    """Start a training, and interrupt it before the step at `place`: an epoch and a batch of it."""
    real = TrainingModule.training_step

    def step(self, batch, number):
        if (self.current_epoch, number) == place:
            raise KeyboardInterrupt
        return real(self, batch, number)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TrainingModule, "training_step", step)
        start(**given)


def assert_the_same(one, other):
    """Equal curves to the last bit, which are those of the last epoch too, and equal weights of the best one."""
    assert one[0]["curves"] == other[0]["curves"]
    for fact in ("epochs_run", "best_epoch", "stopped_by"):
        assert one[0][fact] == other[0][fact]
    assert state_hash(one[1]) == state_hash(other[1])


def check_resumed(tmp_path, monkeypatch, place, workers, **given):
    """Compare a training that was interrupted with the same one, unbroken and without loader processes; its facts."""
    whole = start(tmp_path / "whole", **given)
    stopped(monkeypatch, place, folder=tmp_path / "parts", workers=workers, **given)
    assert (tmp_path / "parts" / "net.partial" / "last.ckpt").is_file()
    assert_the_same(start(tmp_path / "parts", workers=workers, **given), whole)
    return whole[0]


class NeverContent(torch.optim.lr_scheduler.ReduceLROnPlateau):
    """Takes every falling loss for a plateau."""

    def __init__(self, optimizer, **options):
        super().__init__(optimizer, mode="max", **options)


@pytest.fixture(autouse=True)
def never_content(monkeypatch):
    """A plateau's schedule that has something to do in every epoch."""
    monkeypatch.setattr(torch.optim.lr_scheduler, "ReduceLROnPlateau", NeverContent)


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_a_resumed_training_is_the_unbroken_one(tmp_path, monkeypatch, workers):
    """Augmentation, dropped channels, batch normalisation, one cycle: all at once, interrupted in the second epoch."""
    check_resumed(tmp_path, monkeypatch, (1, 1), workers, network=Dropping, schedule="one_cycle", **ALL)


@pytest.mark.parametrize("workers", [0, 2])
def test_where_a_single_image_joins_a_batch_too(tmp_path, monkeypatch, workers):
    """Ten images in threes: the order is drawn when the batches are made, with or without loader processes."""
    check_resumed(tmp_path, monkeypatch, (1, 1), workers, network=Pooled, batch_size=3, schedule="constant", **ALL)


def strided():
    """The second report's network with its spatial dropout."""
    return strided_unet(2, 3)


def of_64(network, _):
    """For inputs of 64 x 64, the least that this network takes."""
    return TorchSegmenter(network, Geometry(64, 64, "stretch"))


class Partly(Net):
    """Its first convolution is frozen, so what comes out of it is computed once for each image."""

    def __init__(self):
        super().__init__()
        self.layers[0].requires_grad_(False)

    def features(self, x):
        return self.layers[0](x)

    def forward(self, x, features=None):
        return self.layers[1:](self.features(x) if features is None else features)


PROFILES = Augmentation(profiles=("mild", "aggressive", "mild"), copies=(0, 2, 1))
CASES = {
    "plateau": {"network": Dropping, "schedule": "plateau", "plateau_patience": 0, **ALL},
    "one cycle": {"network": Dropping, "schedule": "one_cycle", **ALL},
    "one cycle, sgd": {"schedule": "one_cycle", "optimizer": "sgd", "momentum": 0.9, **ALL},
    "cosine": {"schedule": "cosine", "optimizer": "adamw", **ALL},
    "poly": {"schedule": "poly", "optimizer": "sgd", "momentum": 0.9, **ALL},
    "parts left over": {"network": Dropping, "schedule": "one_cycle", "accumulate": 2, **ALL},
    "a lonely image": {"network": Pooled, "schedule": "constant", "batch_size": 3, **ALL},
    "a lonely image, one cycle": {"network": Pooled, "schedule": "one_cycle", "batch_size": 3, **ALL},
    "profiles and copies": {"network": Dropping, "augmentation": PROFILES, "schedule": "constant"},
    "spatial dropout": {"network": strided, "wrap": of_64, "schedule": "poly", "gradient_clip": 1.0, **ALL},
    "noise of a batch": {"wrap": Rough, "schedule": "constant", **ALL},
    "bf16": {"network": Dropping, "precision": "bf16", "schedule": "cosine", **ALL},
    "frozen features": {"network": Partly, "schedule": "constant"},
    "early stopping": {"epochs": 9, "early_stopping": 1, "min_delta": 1.0, "schedule": "constant", **ALL},
    "ties": {"schedule": "constant", "augmentation": EVERYTHING, "learning_rate": 1e-12},
    "lowest loss": {"monitor": "loss", "class_weights": "inverse_frequency", "loss": "dice_cross_entropy", **ALL},
    "diverging": {"optimizer": "sgd", "schedule": "constant", **ALL, "learning_rate": 1e30},
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_part_of_a_recipe_goes_on_as_planned(tmp_path, monkeypatch, case):
    """Interrupted twice, with 0, 1, 2 and 4 loader processes: always what one start without any comes to."""
    given = FOUR | case
    whole = start(tmp_path / "whole", **given)
    for workers in (0, 1, 2, 4):
        parts = {"folder": tmp_path / f"parts {workers}", "workers": workers, **given}
        for place in STOPS:
            if place[0] < whole[0]["epochs_run"]:
                stopped(monkeypatch, place, **parts)
        assert_the_same(start(**parts), whole)


@pytest.mark.slow
def test_loader_processes_may_live_as_long_as_an_epoch(tmp_path, monkeypatch):
    """Ours live as long as the training; started anew in each epoch, they are told the same."""

    def anew(*given, persistent_workers, **more):
        return DataLoader(*given, persistent_workers=False, **more)

    monkeypatch.setattr(image_loading, "DataLoader", anew)
    check_resumed(tmp_path, monkeypatch, (1, 1), 2, network=Pooled, schedule="one_cycle", batch_size=3, **ALL)


def orders(epochs, n, seed=0):
    """The places of the training images in each epoch, as numpy's generator of seed and epoch draws them."""
    return [np.random.default_rng([seed, epoch]).permutation(n).tolist() for epoch in range(epochs)]


def expected(epochs, augmentation, rank=0, world=1):
    """What a process is to see: (place, look) of the training images of each epoch, and those of validation."""
    learn, check = subsets()
    model, draws = segmenter(), Augmenter(augmentation, 16, 16, 3)
    images, plain = TrainingImages(learn, model, draws, 0), TrainingImages(check, model, None, 0)
    training = [
        [(place, look(*images[epoch, place])) for place in order[rank::world]]
        for epoch, order in enumerate(orders(epochs, len(learn)))
    ]
    return training, [(place, look(*plain[0, place])) for place in range(len(check))]


def diary(path):
    """What a process saw, by kind: (place, look) of each image, one after the other."""
    seen = {"training": [], "validation": []}
    for line in path.read_text().splitlines():
        kind, places, looks = json.loads(line)
        seen[kind] += zip(places, looks, strict=True)
    return seen


@pytest.mark.parametrize(
    ("workers", "network"),
    [(0, Net), (2, Net), (2, Pooled), *[pytest.param(n, Pooled, marks=pytest.mark.slow) for n in (0, 1, 4)]],
)
def test_each_epoch_draws_its_own_order_and_looks(tmp_path, monkeypatch, workers, network):
    """Of a first start and of a second one: by numpy's generator, each image as it is when it is loaded by hand."""
    training, validation = expected(3, EVERYTHING)
    given = {"network": network, "wrap": Witness, "workers": workers, "batch_size": 3, "augmentation": EVERYTHING}
    monkeypatch.setenv("SEEN", str(tmp_path / "unbroken"))
    start(tmp_path, **given)
    assert diary(tmp_path / "unbroken-0") == {"training": list(chain(*training)), "validation": validation * 3}
    monkeypatch.setenv("SEEN", str(tmp_path / "first"))
    stopped(monkeypatch, (1, 0), folder=tmp_path, **given)
    monkeypatch.setenv("SEEN", str(tmp_path / "second"))
    start(tmp_path, **given)
    assert diary(tmp_path / "first-0")["training"] == training[0]
    assert diary(tmp_path / "second-0") == {"training": training[1] + training[2], "validation": validation * 2}


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_two_processes_draw_the_order_of_one_between_them(tmp_path, monkeypatch, workers):
    """Rank r takes every second place from r on, in each epoch; validation too, where each image is one's own."""
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    start(tmp_path, Net, Witness, devices=2, workers=workers, augmentation=EVERYTHING)
    for rank in range(2):
        training, validation = expected(3, EVERYTHING, rank, 2)
        mine = [pair for pair in validation if pair[0] % 2 == rank]
        assert diary(tmp_path / f"seen-{rank}") == {"training": list(chain(*training)), "validation": mine * 3}


class MortalDropping(Mortal):
    """Drops channels and normalises by its batches, until it dies."""

    def __init__(self, step, memory):
        super().__init__(step, memory)
        self.layers = Dropping().layers


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "changes"), [(0, {}), (2, {}), (2, {"batch_size": 8, "accumulate": 2})])
def test_two_processes_go_on_bit_for_bit(tmp_path, workers, changes):
    """One dies in the third epoch (SIGKILL): both have random numbers of their own, and the batch norm of rank 0."""
    given = {"wrap": Rough, "devices": 2, "workers": workers, "schedule": "one_cycle", **ALL, **changes}
    whole = start(tmp_path / "whole", partial(MortalDropping, 99, tmp_path / "never"), **given)
    mortal = partial(MortalDropping, 8, tmp_path / "died")
    with pytest.raises(ProcessExitedException):
        start(tmp_path / "parts", mortal, **given)
    assert (tmp_path / "parts" / "net.partial" / "last.ckpt").is_file()
    assert_the_same(start(tmp_path / "parts", mortal, **given), whole)


def test_the_scale_of_fp16_goes_on_where_it_was(tmp_path, monkeypatch):
    """The loss is scaled by a factor that grows every third step: part of the state, shown on a CPU."""
    scales = []

    class Scaled(lightning.Trainer):
        def __init__(self, *, precision, plugins, **given):
            scaler = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=3)
            super().__init__(plugins=[*plugins, MixedPrecision("16-mixed", "cpu", scaler=scaler)], **given)
            scales.append(scaler)

    monkeypatch.setattr(lightning_loop.lightning, "Trainer", Scaled)
    check_resumed(tmp_path, monkeypatch, (2, 1), 0, schedule="constant", network=Dropping, **FOUR, **ALL)
    assert scales[0].get_scale() == scales[2].get_scale() == 4.0 * 2**4  # 12 steps
    assert scales[1].get_scale() == 4.0 * 2**2  # seven


def test_time_that_was_spent_counts_after_a_kill(tmp_path, monkeypatch):
    """Epochs of ten seconds and a budget of 25: three of them, in one start or in two."""
    monkeypatch.setattr(journal, "time", SimpleNamespace(monotonic=partial(next, count(0, 10))))
    facts = check_resumed(tmp_path, monkeypatch, (1, 0), 0, epochs=9, minutes=25 / 60, schedule="constant")
    assert (facts["epochs_run"], facts["stopped_by"], facts["seconds"]) == (3, "minutes", 30)


@pytest.mark.parametrize(
    "ended", [{}, {"epochs": 9, "early_stopping": 1, "min_delta": 1.0}, {"epochs": 9, "minutes": 1e-9}]
)
def test_a_training_that_had_ended_is_not_trained_on(tmp_path, monkeypatch, ended):
    """Killed when all was done but the checkpoint: it is written from what was kept."""
    whole = start(tmp_path / "whole", **ended)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(trainer, "save_checkpoint", interrupt)
        start(tmp_path / "parts", **ended)
    monkeypatch.setattr(TrainingModule, "training_step", interrupt)
    assert_the_same(start(tmp_path / "parts", **ended), whole)


def interrupt(*_, **__):
    raise KeyboardInterrupt
