"""The Python door: the same numbers as the command line, for any kind of model and data, in plain words otherwise."""

import csv
import errno
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers.modeling_outputs import SemanticSegmenterOutput

import bench
from bench.host.screen import Screen
from bench.runner.loop import Options, run
from bench.suite import load_suite
from registry.errors import BenchError
from registry.segmenter import Prediction, Segmenter

pytestmark = pytest.mark.usefixtures("undrawn")

ROOT = Path(__file__).resolve().parents[3]
SHAPES = {"name": "shapes", "trainval": 12, "test": 2}
CLASSES = ("background", "thing")
HALF = {"size": 16, "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)}


def pairs(n=4, seed=0):
    """Images whose red channel is bright on the thing, and their masks, with a border of 255."""
    random = np.random.default_rng(seed)
    found = []
    for i in range(n):
        mask = np.zeros((20 + i, 30), np.uint8)
        mask[5:15, 5 : 15 + i] = 1
        image = random.integers(0, 100, (*mask.shape, 3), np.uint8)
        image[..., 0] += 120 * mask
        mask[5, 5:15] = 255
        found.append((image, mask))
    return found


def bright(image):
    """Label what is bright in red."""
    return (image[..., 0] > 110).astype(np.uint8)


def evaluate(model, data=None, **options):
    return bench.evaluate(model, pairs() if data is None else data, classes=CLASSES, progress=False, **options)


def numbers(result, **where):
    frame = result.frame()
    for column, value in where.items():
        frame = frame[frame[column] == value]
    return frame["value"].tolist()


def test_importing_it_is_light():
    """`import bench` brings in nothing heavy, nor does naming what it offers."""
    code = "import sys, bench; dir(bench); print([n for n in ('torch', 'pandas', 'numpy', 'pydantic') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_what_it_does_not_offer_is_an_attribute_error():
    """As of any module."""
    with pytest.raises(AttributeError, match="no attribute 'evalute'"):
        bench.evalute  # noqa: B018


def test_the_numbers_are_those_of_the_command_line(write, tmp_path):
    """One suite through both doors: summary.csv is equal to the last byte, labels included."""
    suite = load_suite(write(("  - {name: background}\n", "")))
    run(suite, Options(tmp_path / "cli"), Screen())
    result = bench.evaluate(
        {"name": "unet", "width": 2, "size": 32, "label": "net", "train": {"epochs": 1, "batch_size": 4}},
        {"name": "shapes", "trainval": 12, "test": 4},
        perturbations=[{"name": "additive_noise", "strengths": [50]}, {"name": "occlusion", "strengths": [20, 40]}],
        progress=False,
    )
    assert (result.folder / "summary.csv").read_bytes() == (tmp_path / "cli" / "summary.csv").read_bytes()


def test_the_dice_of_a_function_is_the_formulas():
    """Labels from a function of uint8 images: 2 TP / (2 TP + FP + FN) over all pixels but the border's."""

    def dice(label):
        hit = ((truth == label) & (predicted == label))[truth != 255].sum()
        return 2 * hit / ((truth == label).sum() + (predicted == label)[truth != 255].sum())

    result = evaluate(bright)
    truth = np.concatenate([mask.ravel() for _, mask in pairs()])
    predicted = np.concatenate([bright(image).ravel() for image, _ in pairs()])
    expected = [dice(label) for label in (0, 1)]
    where = {"metric": "dice", "perturbation": "clean"}
    assert numbers(result, **{"class": "background"}, **where) == [pytest.approx(expected[0], abs=1e-12)]
    assert numbers(result, **{"class": "thing"}, **where) == [pytest.approx(expected[1], abs=1e-12)]


def scores(image, scale=1.0):
    """Two planes of scores: what is bright in red is the thing."""
    red = image[..., 0].astype(np.float32) / 255
    return np.stack([0.44 + 0 * red, red]) * scale


@pytest.mark.parametrize(
    "model",
    [
        scores,
        lambda image: torch.from_numpy(scores(image, 7.0)),
        lambda image: torch.softmax(torch.from_numpy(scores(image, 9.0)), 0).numpy(),
    ],
    ids=["logits", "tensor", "probabilities"],
)
def test_scores_are_labelled_by_the_largest(model):
    """Logits or probabilities, arrays or tensors: the same labels as the function of labels."""
    assert numbers(evaluate(model)) == numbers(evaluate(lambda image: (image[..., 0] / 255 > 0.44).astype(int)))


def test_small_scores_are_resized_bilinearly():
    """Scores of half the size, against torch's own interpolation."""

    def half(image):
        return torch.nn.functional.avg_pool2d(torch.from_numpy(scores(image))[None], 2)[0]

    def whole(image):
        size = image.shape[:2]
        large = nn.functional.interpolate(half(image)[None], size, mode="bilinear", align_corners=False)
        return large[0].argmax(0).to(torch.uint8)

    assert numbers(evaluate(half)) == numbers(evaluate(whole))


class Red(nn.Module):
    """A network of one 1x1 convolution: the thing is red."""

    def __init__(self, form="tensor"):
        super().__init__()
        self.form, self.layer = form, nn.Conv2d(3, 2, 1)
        with torch.no_grad():
            self.layer.weight.zero_()
            self.layer.weight[1, 0] = 1
            self.layer.bias[:] = torch.tensor([0.0, 0.12])

    def forward(self, x):
        found = self.layer(x)
        forms = {"tensor": found, "out": {"out": found}, "logits": {"logits": found}, "list": [found]}
        forms |= {"transformers": SemanticSegmenterOutput(logits=found), "dict": {"masks": found}, "fewer": found[:1]}
        return forms[self.form]


@pytest.mark.parametrize("form", ["tensor", "out", "logits", "transformers"])
def test_a_network_is_taken_with_size_mean_and_std(form):
    """Resized, normalised and resized back as the adapter does; the user's own network stays as it was."""
    network = Red(form).train().double()
    result = evaluate(network, **HALF)
    assert numbers(result, metric="dice", **{"class": "thing"})[0] > 0.8
    assert network.training
    assert network.layer.weight.dtype == torch.float64


def test_a_network_without_its_input_is_refused():
    """One line with what is missing and how to give it."""
    with pytest.raises(BenchError, match=r"^a network needs mean, std: give size=\(height, width\)"):
        evaluate(Red(), size=16)


def test_a_network_with_another_output_is_refused():
    """The message says what it returned."""
    for form, words in (("list", "a list"), ("dict", "a dict of masks"), ("fewer", r"float32 \(1, 2, 16, 16\)")):
        with pytest.raises(BenchError, match=rf"network returns {words}; it has to return scores \[N, classes, h, w\]"):
            evaluate(Red(form), **HALF)


@pytest.mark.parametrize("kind", ["uint16", "uint64", ">i4", "bool"])
def test_labels_may_be_of_any_whole_type(kind):
    """Also turned round, as after test-time augmentation."""
    expected = numbers(evaluate(bright))
    assert numbers(evaluate(lambda image: bright(image[:, ::-1]).astype(kind)[:, ::-1])) == expected


def test_what_is_no_number_is_refused():
    """Words, objects and complex numbers."""
    for kind in ("U1", object, complex):
        with pytest.raises(BenchError, match="the model returns .*; it has to return labels, integers"):
            evaluate(lambda image, kind=kind: bright(image).astype(kind))


def test_weights_may_be_shared():
    """Two layers with one tensor, as in tied embeddings."""
    network = Red()
    network.again = network.layer
    assert numbers(evaluate(network, **HALF), metric="dice", **{"class": "thing"})[0] > 0.8


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_of_other_classes_is_refused(channels):
    """It would get a score all the same: the message has both numbers and the names."""
    network = torch.nn.Conv2d(3, channels, 1)
    with pytest.raises(BenchError, match=rf"scores for {channels} classes, but there are 2 \(background, thing\)"):
        evaluate(network, **HALF)


def test_the_remedy_for_one_channel_gives_its_object():
    """Where its logit is above 0, its probability is above .5."""

    class One(nn.Module):
        def __init__(self, two):
            super().__init__()
            self.red, self.two = Red(), two

        def forward(self, x):
            scores = self.red(x)
            z = scores[:, 1:] - scores[:, :1]
            return torch.cat([0 * z, z], 1) if self.two else z

    with pytest.raises(BenchError, match=r"of an object, return torch.cat\(\[0 \* z, z\], 1\)$"):
        evaluate(One(two=False), **HALF)
    assert numbers(evaluate(One(two=True), **HALF)) == numbers(evaluate(Red(), **HALF))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"size": (64,)}, r"size=\(64,\): give height and width in pixels"),
        ({"mean": (123.7, 116.3, 103.5)}, "of RGB scaled to 0..1"),
        ({"mean": (0.5, 0.5)}, "three numbers each"),
        ({"std": (0.5, 0.5, 0.0)}, "a std is above 0"),
        ({"output": "scores"}, "output='scores': give one of logits, probabilities"),
        ({"mode": "pad"}, "mode='pad': give one of stretch, letterbox"),
    ],
)
def test_an_input_that_cannot_be_is_refused(given, words):
    """Before anything is read."""
    with pytest.raises(BenchError, match=words):
        evaluate(Red(), **{**HALF, **given})


def test_arguments_that_would_be_ignored_are_refused():
    """Of a network, given with an entry; classes, given with a data set's item."""
    with pytest.raises(BenchError, match="an entry has parameters, like"):
        bench.evaluate("background", SHAPES, size=64, progress=False)
    with pytest.raises(BenchError, match="leave classes= out"):
        bench.evaluate("background", SHAPES, classes=CLASSES, progress=False)


def test_one_metric_set_may_come_by_its_name():
    """Not letter by letter."""
    assert set(evaluate(bright, metric_sets="edinburgh_001").frame()["metric_set"]) == {"edinburgh_001"}


@pytest.mark.parametrize("given", [{"limit": 0}, {"limit": 2.5}, {"batch_size": -1}, {"batch_size": "8"}])
def test_a_number_that_cannot_be_is_refused(given):
    """As on the command line: one line, before anything is evaluated."""
    ((name, value),) = given.items()
    with pytest.raises(BenchError, match=f"^{name}={value!r}: give a whole number, at least 1$"):
        evaluate(bright, **given)


def test_a_run_checks_its_numbers_too(write, tmp_path):
    """Also the one that `bench.evaluate` does not have."""
    with pytest.raises(BenchError, match="^devices=0: give a whole number, at least 1$"):
        bench.run(write(), out=tmp_path / "run", devices=0, progress=False)
    assert not (tmp_path / "run").exists()


def test_the_place_of_a_users_fault_is_in_the_notes():
    """The line of the function that failed everywhere."""

    def broken(image):
        return {}["missing"]

    with pytest.raises(BenchError, match="no cell could be evaluated: KeyError: 'missing'") as caught:
        evaluate(broken)
    assert "in broken" in caught.value.__notes__[0]


def test_a_state_dict_is_no_model():
    """The message says how weights are given."""
    with pytest.raises(BenchError, match="a state dict is no model; give the network with these weights"):
        evaluate(torch.nn.Conv2d(3, 2, 1).state_dict())


@pytest.mark.parametrize("other", [255, 1])
def test_void_in_place_of_an_object_is_refused(other):
    """Masks of 0 and 255, all of them or some: nothing of them is scored, and a score of 1 would say otherwise."""
    image, mask = np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), np.uint8)
    mask[10:20, 10:20] = 1
    with pytest.raises(BenchError, match=r"255 counts nowhere; give labels 0, 1, 2 … \(mask > 0 makes them"):
        evaluate(lambda image: np.zeros(image.shape[:2], np.uint8), [(image, mask * 255), (image, mask * other)])


class Own(Segmenter):
    """A user's segmenter."""

    def predict_images(self, images, prompts, sizes):
        return [Prediction((image[0] > 110).to(torch.uint8)) for image in images]


def test_a_segmenter_is_taken_as_it_is():
    """The project's own interface."""
    assert numbers(evaluate(Own())) == numbers(evaluate(bright))


class Pairs(torch.utils.data.Dataset):
    """A torch Dataset of tensors. Its `classes` are of whole images, as in torchvision's pets, not of the masks."""

    classes = ("Abyssinian", "Bengal", "Birman")

    def __len__(self):
        return 4

    def __getitem__(self, index):
        image, mask = pairs()[index]
        return torch.from_numpy(image).permute(2, 0, 1), torch.from_numpy(mask).long()


class Restless(Pairs):
    """A Dataset with random transforms, and one that counts who reads it at once."""

    def __init__(self, change):
        self.change, self.looks, self.reading, self.most = change, 0, 0, 0

    def __getitem__(self, i):
        self.looks += 1
        self.reading += 1
        self.most = max(self.most, self.reading)
        time.sleep(0.001)
        image, mask = super().__getitem__(i)
        self.reading -= 1
        return image ^ (self.looks % 251 if self.change else 0), mask


def test_a_dataset_is_read_by_one_thread_at_a_time():
    """Many hold an open file."""
    data = Restless(change=False)
    bench.evaluate(bright, data, progress=False)
    assert data.looks > len(data)
    assert data.most == 1


def test_data_that_change_are_refused():
    """Every condition has to see the same images."""
    with pytest.raises(BenchError, match="changed since this run began; give data that are the same at every look"):
        bench.evaluate(bright, Restless(change=True), progress=False)


def test_data_come_as_a_torch_dataset_pil_images_or_a_folder(tmp_path):
    """The same pixels, the same numbers."""
    from PIL import Image

    for name in ("images", "masks"):
        (tmp_path / "mine" / name).mkdir(parents=True)
    for i, (image, mask) in enumerate(pairs()):
        Image.fromarray(image).save(tmp_path / "mine" / "images" / f"{i}.png")
        Image.fromarray(mask).save(tmp_path / "mine" / "masks" / f"{i}.png")
    expected = numbers(evaluate(bright))
    as_pil = [(Image.fromarray(image), Image.fromarray(mask)) for image, mask in pairs()]
    assert numbers(bench.evaluate(bright, Pairs(), progress=False)) == expected
    assert numbers(evaluate(bright, as_pil)) == expected
    assert numbers(evaluate(bright, tmp_path / "mine")) == expected


def test_classes_get_names_where_nobody_gave_any():
    """From the largest label of all masks; the border is none. What the data call classes may be something else."""
    for data in (pairs(), Pairs()):
        assert set(bench.evaluate(bright, data, progress=False).counts()["class"]) == {"background", "class 1"}


MISTAKES = {
    "no model": ((3, None), "a int is no model; give an nn.Module"),
    "an unknown entry": (("unett", None), "no model named 'unett'; did you mean 'unet'"),
    "no data": ((bright, 7), "a int is no data: give a folder"),
    "a generator": ((bright, iter([])), r"list\(\.\.\.\) makes a list of what can be iterated"),
    "nothing": ((bright, []), "no data: the sequence of"),
    "an unknown folder": ((bright, "not/there"), "no folder .* and no data set 'not/there'"),
    "no pair": ((bright, [1, 2]), "item 0 of the data is a int; give pairs"),
    "float images": ((bright, [(np.zeros((4, 4, 3)), np.zeros((4, 4), int))]), "the image of item 0 is float64"),
    "float masks": ((bright, [(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4)))]), "the mask of item 0 is float64"),
    "a label too many": (
        (bright, [(np.zeros((4, 4, 3), np.uint8), np.full((4, 4), 7))]),
        r"label.* 7.*background, thing|7",
    ),
    "another return": ((lambda image: "cat", None), "the model returns a str; it has to return labels"),
    "a wrong shape": ((lambda image: bright(image)[:3], None), "the model returns labels"),
    "a label outside": ((lambda image: bright(image) * 9, None), "labels from 0 to 9; allowed are 0 to 1"),
    "not finite": ((lambda image: scores(image) * np.nan, None), "not finite"),
}


@pytest.mark.parametrize(("given", "words"), MISTAKES.values(), ids=MISTAKES)
def test_what_does_not_fit_is_one_line(given, words):
    """An exception with the words that the command line prints, and no traceback of ours in it."""
    with pytest.raises(BenchError, match=words) as caught:
        evaluate(*given)
    assert "\n" not in str(caught.value)
    assert "BenchError" not in str(caught.value)


def test_perturbations_come_by_name_item_or_list():
    """A preset, a perturbation, a suite's item; misspelt ones get a suggestion."""
    assert len(set(evaluate(bright, perturbations="geometric").frame()["perturbation"])) > 3
    found = evaluate(bright, perturbations=["fog", {"name": "occlusion", "strengths": [5]}]).frame()
    assert set(found["perturbation"]) == {"clean", "fog", "occlusion"}
    with pytest.raises(BenchError, match="did you mean 'fog'"):
        evaluate(bright, perturbations="fogg")


def test_nothing_is_written_unless_asked(tmp_path):
    """Neither beside the program nor in the cache."""
    result = evaluate(bright, perturbations="fog")
    assert list(tmp_path.iterdir()) == []
    result.report(tmp_path / "out.html")
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]
    assert "fog" in (tmp_path / "out.html").read_text()


def test_a_saved_run_is_a_run(tmp_path):
    """The folder that `bench run` writes: tables, figures, report, cells; and it opens again with the same numbers."""
    result = evaluate(bright, perturbations="fog")
    folder = result.save(tmp_path / "kept")
    names = {path.name for path in folder.iterdir()}
    assert {"run.json", "summary.csv", "report.html", "table.md", "cells", "figures", "examples"} <= names
    again = bench.open_run(folder)
    assert again.frame().equals(result.frame())
    assert again.counts().equals(result.counts())
    with pytest.raises(BenchError, match="is not empty"):
        result.save(folder)


@pytest.mark.parametrize("write", ["save", "report"])
def test_a_full_disk_is_one_line(tmp_path, monkeypatch, write):
    """As where a run is written; nothing is left behind."""
    result = evaluate(bright)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(BenchError, match="cannot copy .*: .*No space left on device; free some space"):
        getattr(result, write)(tmp_path / "kept")
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_temporary_files_is_one_line(tmp_path, monkeypatch):
    """The message names their folder."""
    result = evaluate(bright)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(BenchError, match="cannot write .*gone"):
        result.report(tmp_path / "out.html")


def test_what_a_run_is_about_to_write_is_not_saved(tmp_path):
    """It vanishes during the copy."""
    result = evaluate(bright)
    (result.folder / "cells" / ".a.parquet.1-2.tmp").write_text("")
    assert list(result.save(tmp_path / "kept").rglob("*.tmp")) == []


def test_the_counts_are_those_of_the_pixels():
    """One row per image and class; border pixels are in none."""
    frame = evaluate(bright).counts()
    image, mask = pairs()[2]
    row = frame[(frame["sample"] == "2") & (frame["class"] == "thing")].iloc[0]
    inside, found = mask == 1, bright(image) == 1
    valid = mask != 255
    assert (row.tp, row.fp, row.fn) == (
        (inside & found).sum(),
        (~inside & found & valid).sum(),
        (inside & ~found).sum(),
    )


def test_the_counts_of_a_class_agnostic_model_are_of_the_foreground():
    """Any class against background: the whole image as the object has all true pixels, and misses none."""
    box = {"name": "prompt_box", "prompt": "full_box"}
    masks = [np.full((10, 20), 2, np.uint8), np.repeat(np.uint8([0, 1, 2, 255]), 50).reshape(10, 20)]
    data = [(np.zeros((10, 20, 3), np.uint8), mask) for mask in masks]
    result = bench.evaluate(box, data, classes=["sky", "cat", "dog"], metric_sets="sam2_binary", progress=False)
    rows = result.counts()[["sample", "class", "tp", "fp", "fn"]].to_numpy().tolist()
    assert rows == [["0", "foreground", 200, 0, 0], ["1", "foreground", 100, 50, 0]]


def test_the_worst_images_come_first():
    """By their own mean Dice, k of them, for the asked condition alone."""
    result = evaluate(bright, perturbations=[{"name": "additive_noise", "strengths": [80]}])
    worst = result.worst("additive_noise", 80, k=3)
    assert len(worst) == 3
    assert worst["dice"].is_monotonic_increasing
    assert set(worst["perturbation"]) == {"additive_noise"}
    for wrong, words in (
        (("fogg", 1), "no perturbation"),
        (("additive_noise", 5), "its strengths: 80"),
        (("clean", 3), "strengths: 0"),
    ):
        with pytest.raises(BenchError, match=words):
            result.worst(*wrong)
    with pytest.raises(BenchError, match="no model labelled"):
        result.counts(model="other")


def test_a_result_shows_itself():
    """As text, for rich, and as HTML in which hostile names are text."""
    result = evaluate(bright, label="<script>alert(1)</script>")
    assert "Leaderboard on list" in repr(result)
    html = result._repr_html_()
    assert "<table>" in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert result.table()["model"].tolist() == ["<script>alert(1)</script>"]


def test_a_figure_has_a_panel_for_each_perturbation():
    """Any metric of the run, by its own title; one model alone if asked."""
    result = evaluate(bright, perturbations=["fog", "occlusion"])
    for metric, title in (("dice", "Dice"), ("precision", "recision")):
        figure = result.plot(metric)
        assert [axes.get_title() for axes in figure.axes if axes.get_visible()] == ["fog", "occlusion"]
        assert title in figure.axes[0].get_ylabel()
    with pytest.raises(BenchError, match="did you mean 'dice'"):
        result.plot("dise")
    with pytest.raises(BenchError, match="nothing was perturbed"):
        evaluate(bright).plot()


def test_a_suite_runs_from_a_dict_a_file_or_a_name(write, tmp_path):
    """Into the same folder as the command line's; a second call has nothing to do."""
    suite = {
        "name": "mine",
        "datasets": [{"name": "shapes", "trainval": 12, "test": 4}],
        "models": [{"name": "background"}],
        "precision": "fp32",
    }
    first = bench.run(suite, progress=False)
    assert first.folder == tmp_path / "runs" / "mine"
    assert (tmp_path / "runs" / "mine" / "report.html").is_file()
    before = (tmp_path / "runs" / "mine" / "run.json").stat().st_mtime_ns
    assert bench.run(suite, progress=False).frame().equals(first.frame())
    assert (tmp_path / "runs" / "mine" / "run.json").stat().st_mtime_ns == before
    from_file = bench.run(write(), out=tmp_path / "file", only="background", progress=False)
    assert set(from_file.frame()["model"]) == {"background"}
    with pytest.raises(BenchError, match="did you mean 'quickstart'"):
        bench.run("quickstrt")
    with pytest.raises(BenchError, match=r"^the suite: models\[0\].name: no model named"):
        bench.run({**suite, "models": [{"name": "backgroundd"}]})
    with pytest.raises(BenchError, match="holds more than plain data"):
        bench.run({**suite, "models": [object()]})


def test_a_missing_summary_is_one_line():
    """The message says how to get it back."""
    result = evaluate(bright)
    (result.folder / "summary.csv").unlink()
    with pytest.raises(BenchError, match=r"summary\.csv is missing; run the suite again"):
        result.frame()


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    """At once, not at the first question."""
    with pytest.raises(BenchError, match="holds no run.json"):
        bench.open_run(tmp_path)


def test_a_model_that_fails_under_one_perturbation_says_so():
    """What could be evaluated is there; the messages of the rest are in `failed`."""

    def picky(image):
        if image.mean() > 150:
            raise ValueError("too bright")
        return bright(image)

    result = evaluate(picky, perturbations=[{"name": "brightness_increase", "strengths": [120]}])
    assert result.failed == ("picky, brightness_increase 120: ValueError: too bright",)
    assert "1 conditions could not be evaluated; the first one: picky, brightness_increase 120" in repr(result)
    assert "not evaluated: picky" in result._repr_html_()
    assert set(result.frame()["perturbation"]) == {"clean"}


def test_the_frame_is_the_summary(write):
    """Column for column, NaN where a value is empty."""
    result = evaluate(bright)
    with (result.folder / "summary.csv").open() as file:
        rows = list(csv.DictReader(file))
    frame = result.frame()
    assert list(frame.columns) == list(rows[0])
    assert [repr(v) for v in frame["value"]] == [repr(float(r["value"])) if r["value"] else "nan" for r in rows]
