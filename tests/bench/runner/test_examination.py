"""What `bench check` sees without a run, and what a run tells of a network before it begins."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from bench.cli.check import command
from bench.host.screen import Screen
from bench.runner.examination import examine
from bench.runner.loop import Options, run
from bench.suite import load_suite
from bench.suite.plugins import load_plugins
from registry.errors import BenchError

SHAPES = "{name: shapes, trainval: 12, test: 4}"
BACKGROUND = "{name: background}"


@pytest.fixture
def check(write):
    """The faults of a changed suite with their lines, as `bench check` prints them, and its notes."""

    def look(*changes, root=None):
        import contextlib
        import io

        import typer

        out = io.StringIO()
        with contextlib.redirect_stdout(out), pytest.raises(typer.Exit) as stop:
            command([str(write(*changes))], root, json=True)
        [result] = json.loads(out.getvalue())
        assert stop.value.exit_code == (2 if result["faults"] else 0)
        return result["faults"], result["notes"]

    return look


def models(*lines):
    return BACKGROUND, "\n  - ".join((BACKGROUND, *lines))


def masks(folder, *conditions, names=("a",)):
    for condition in conditions:
        (folder / condition).mkdir(parents=True)
        for name in names:
            Image.fromarray(np.zeros((4, 4), np.uint8)).save(folder / condition / f"{name}.png")
    return folder


def test_everything_that_needs_no_training_is_looked_at(check, tmp_path):
    """One look, a line for each fault: its line in the file, its key, what to do."""
    folder = masks(tmp_path / "masks", "clean", "occlusion_20")
    (tmp_path / "torn.pth").write_bytes(b"")
    faults, _ = check(
        models(
            "{name: unet, label: gone, checkpoint: nowhere.pth}",
            "{name: unet, label: torn, checkpoint: torn.pth}",
            "{name: smp, label: misspelt, encoder: resnet3}",
            f"{{name: predictions, label: masks, folder: {folder}}}",
            "{name: unet, label: order, label_order: [cat, dog]}",
            "{name: unet, label: half, width: 2, train: {precision: fp16}}",
        )
    )
    told = {line.split(":")[1]: line for line in faults}
    assert sorted(told) == ["10", "5", "6", "7", "8", "9"]
    assert "models[1].checkpoint: no checkpoint " in told["5"]
    assert "torn.pth cannot be read as plain weights: it is empty" in told["6"]
    assert "models[3]: smp has no encoder 'resnet3'; did you mean 'resnet34'?" in told["7"]
    assert "there is no folder additive_noise_50, occlusion_40; each condition needs" in told["8"]
    assert "models[5].label_order: label_order [cat, dog] must name each class" in told["9"]
    assert "models[6].train: precision fp16 trains on CUDA only" in told["10"]


def test_data_that_are_not_there_are_a_fault(check, tmp_path):
    """A folder has no download; with it, what the models lack is said, too."""
    own = "{name: folder, label: own, root: %s, images: i, masks: m, classes: [a, b]}" % tmp_path  # noqa: UP031
    faults, _ = check((SHAPES, own), models("{name: unet, label: gone, checkpoint: nowhere.pth}"))
    assert len(faults) == 2
    assert "datasets[0]: folder: there is no folder" in faults[0]
    assert "models[1].checkpoint: no checkpoint" in faults[1]


def test_a_download_to_come_is_no_fault(check):
    """It is named."""
    faults, notes = check((SHAPES, "{name: oxford_pet}"), root=None)
    assert faults == []
    assert notes == ["oxford_pet: not here; `bench fetch` or a run downloads it (about 811 MB)"]


def own_data(tmp_path, splits):
    names = [f"{i}" for i in range(3)]
    for kind, pixels in (("i", np.full((8, 8, 3), 9, np.uint8)), ("m", np.ones((8, 8), np.uint8))):
        (tmp_path / kind).mkdir()
        for i, name in enumerate(names):
            Image.fromarray(pixels + (i if kind == "i" else 0)).save(tmp_path / kind / f"{name}.png")
    (tmp_path / "none.txt").write_text("")
    (tmp_path / "all.txt").write_text("\n".join(names))
    return f"{{name: folder, label: own, root: {tmp_path}, images: i, masks: m, classes: [a, b], splits: {splits}}}"


def test_a_model_to_train_needs_training_images(check, tmp_path):
    """Data without any are a fault of that model, found before anything runs."""
    faults, _ = check((SHAPES, own_data(tmp_path, "{test: all.txt}")))
    assert len(faults) == 1
    assert "models[1].train: folder: no split 'train'; there is: test" in faults[0]


def test_an_untrained_model_needs_no_training_images(go, check, tmp_path):
    """`epochs: 0` is the network as it is built; its scores are those of any image."""
    data = own_data(tmp_path, "{test: all.txt}")
    changes = (SHAPES, data), ("epochs: 1", "epochs: 0")
    assert check(*changes)[0] == []
    assert (go(*changes).done, go(*changes).failed) == (8, ())


def test_an_empty_list_of_training_images_costs_only_who_trains(check, tmp_path):
    """Untrained, the model does not look at it."""
    data = own_data(tmp_path, "{trainval: none.txt, test: all.txt}")
    assert "split 'train' has no images" in check((SHAPES, data))[0][0]
    assert check((SHAPES, data), ("epochs: 1", "epochs: 0"))[0] == []


def test_missing_masks_of_another_tool_are_found_before_anything_runs(go, tmp_path):
    """The folders first; then the masks of the images."""
    folder = masks(tmp_path / "masks", "clean", "additive_noise_50", "occlusion_20")
    given = models(f"{{name: predictions, label: tool, folder: {folder}}}")
    with pytest.raises(BenchError, match="^tool: predictions: below .* there is no folder occlusion_40; each"):
        go(given)
    masks(folder, "occlusion_40")
    with pytest.raises(BenchError, match=r"^tool: predictions: 4 of 4 masks are missing in .*/clean \(the first is "):
        go(given)
    assert not (tmp_path / "run" / "cells").exists()


def test_a_run_tells_faults_of_data_and_of_models_together(go, tmp_path):
    """Not one today and one tomorrow."""
    own = f"{{name: folder, label: own, root: {tmp_path}, images: i, masks: m, classes: [a, b]}}"
    with pytest.raises(BenchError) as caught:
        go((SHAPES, own), models("{name: smp, label: misspelt, encoder: resnet3}"))
    first, second = str(caught.value).splitlines()
    assert first.startswith("folder: there is no folder")
    assert second.startswith("misspelt: smp has no encoder 'resnet3'")


def test_two_missing_checkpoints_are_two_lines(go):
    """All at once."""
    with pytest.raises(BenchError) as caught:
        go(models("{name: unet, label: a, checkpoint: a.pth}", "{name: unet, label: b, checkpoint: b.pth}"))
    assert [line[:17] for line in str(caught.value).splitlines()] == ["a: no checkpoint ", "b: no checkpoint "]


def test_a_missing_checkpoint_of_another_model_is_a_warning(go, capsys):
    """`--only` runs the others."""
    outcome = go(models("{name: unet, label: a, checkpoint: a.pth}"), only=("background",))
    assert outcome.evaluated == 4
    assert "a: left out of the tables: no checkpoint " in capsys.readouterr().err


FAILS = """\
    import torch
    from torch import nn
    from registry import Geometry, ModelEntry, Recipe
    from registry.adapter import TorchSegmenter

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv2d(3, {classes}, 1)

        def forward(self, x):
            return {answer}

    SIZE = Geometry(32, 32, "stretch")
    ENTRY = ModelEntry(
        "fails", lambda p, classes, _: TorchSegmenter(Net(), SIZE), recipe=lambda _: Recipe(epochs=1, batch_size=4),
        geometry=lambda _: SIZE,
    )
"""


def test_a_network_that_fails_is_told_first_and_costs_itself_alone(go, plugin_files, capsys, tmp_path):
    """Its model, the cause and what to try, before the others are trained; it is not trained; its traceback is kept."""
    broken = FAILS.format(classes=3, answer="torch.cat([self.layer(x), x[:, :, 1:]])")
    load_plugins(plugin_files({"models/broken.py": broken}))
    outcome = go(models("{name: broken}"))
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("broken: fails on one image of 32 x 32: RuntimeError: Sizes of tensors")
    assert "try another size" in told[0]
    assert not any("broken: trained" in line for line in told)
    assert (outcome.done, outcome.failed_models) == (8, ("broken",))
    assert len(outcome.failed) == 4
    failures = [json.loads(file.read_text()) for file in (tmp_path / "run" / "cells").glob("*.failed.json")]
    assert all("broken.py" in failure["traceback"] for failure in failures)


def test_a_network_of_other_classes_is_refused_before_it_is_trained(go, check, plugin_files, tmp_path):
    """A wrong number of scores is for the user to mend."""
    load_plugins(plugin_files({"models/five.py": FAILS.format(classes=5, answer="self.layer(x)")}))
    words = "the network has scores for 5 classes, but there are 3"
    with pytest.raises(BenchError, match=f"^five: {words}"):
        go(models("{name: five}"))
    assert words in check(models("{name: five}"))[0][0]
    assert not list((tmp_path / "cache").rglob("five*.safetensors"))


def test_a_checkpoints_reading_is_said_once(write, tmp_path, capsys):
    """In a run and in a check; the numbers are those of the plain file."""
    from registry import MODELS

    entry = MODELS["unet"]
    network = entry.build(entry.parameters(width=2, size=32), ("background", "square", "disk"), True).network
    state = {f"model.{name}": tensor for name, tensor in network.state_dict().items()}
    torch.save({"state_dict": {**state, "criterion.weight": torch.ones(3)}}, tmp_path / "mine.ckpt")
    torch.save(network.state_dict(), tmp_path / "plain.pth")
    given = "{{name: unet, width: 2, size: 32, label: {}, checkpoint: {}}}"
    suite = load_suite(write(models(given.format("mine", "mine.ckpt"), given.format("plain", "plain.pth"))))
    words = (
        "mine: the checkpoint: its names are taken without the prefix 'model.'; "
        "left out, since not the network's: criterion.weight"
    )
    assert examine(suite, None).notes == [words]
    run(suite, Options(tmp_path / "run", only=("mine", "plain")), Screen())
    assert capsys.readouterr().err.splitlines().count(words) == 1
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    states = {one["label"]: (one["state"], one["cell_keys"]) for one in record["models"]}
    assert states["mine"] == states["plain"]


def test_a_checkpoint_key_needs_a_checkpoint(write):
    """A fault of the suite itself."""
    with pytest.raises(BenchError, match=r"models\[1\].checkpoint_key: it chooses among the weights in a file"):
        load_suite(write(models("{name: unet, label: a, checkpoint_key: model}")))


def test_no_class_name_of_ours_reaches_a_user(go, plugin_files, tmp_path, monkeypatch):
    """Examples that cannot be drawn, or a hub out of reach: the words alone."""
    import bench.evaluation.examples

    def broken(*_):
        raise BenchError("no room")

    monkeypatch.setattr(bench.evaluation.examples, "small_mask", broken)
    go(only=("background",))
    kept = b"".join(file.read_bytes() for file in (tmp_path / "run" / "cells").iterdir())
    assert b"BenchError" not in kept
