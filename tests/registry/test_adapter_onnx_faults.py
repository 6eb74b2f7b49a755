"""What an ONNX file states of itself, and the one line for every file that does not fit."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from tiny_onnx import MEAN, STD, WEIGHTS, agreement, build, exported, reference, some_images

from registry import MODELS
from registry.errors import BenchError
from registry.networks import onnx_file
from registry.networks.onnx_file import Declared, Description, describe
from registry.networks.onnx_reading import Reader
from registry.parameters import typed
from registry.segmenter import Geometry

__all__ = ["exported"]  # a fixture


def test_one_of_several_outputs_is_named(exported):
    """Without a name there is a line with all of them."""
    file = exported("two")
    assert (
        agreement(build(file=file, output_name="logits").predict(some_images()), reference().predict(some_images()))
        >= 0.999
    )
    with pytest.raises(BenchError, match="outputs; give one of logits, probabilities; the likely one is 'logits'$"):
        build(file=file)
    with pytest.raises(BenchError, match="no output 'logit'; did you mean 'logits'?"):
        build(file=file, output_name="logit")


@pytest.mark.parametrize(
    ("outputs", "likely"),
    [
        ({"scores": (1, 1000), "out": (1, 3, 8, 8)}, "out"),
        ({"aux": (1, 3, 8, 8), "out": (1, 3, 8, 8)}, "out"),
        ({"boxes": (1, 4), "masks": (None, None, None), "more": None}, "masks"),
    ],
)
def test_the_likely_one_of_several_outputs_is_named(tmp_path, outputs, likely):
    """What has four dimensions, then three; not the head that only helped in training; no sequences."""
    found = {name: Declared("tensor(float)", shape) for name, shape in outputs.items()}
    found["rest"] = Declared("seq(map(int64,tensor(float)))", None)
    described = Description(tmp_path / "a.onnx", "x", (1, 3, 8, 8), np.float32, found, None)
    with pytest.raises(BenchError, match=f"the likely one is '{likely}'$"):
        described.output(None)
    with pytest.raises(BenchError, match="'rest' .* no array of numbers; the likely one is"):
        described.output("rest")


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (1, 4, 8, 8), (8, 8, 8)])
def test_images_of_other_channels_than_three_are_refused(tmp_path, shape):
    """Grey, four channels, eight."""
    with pytest.raises(BenchError, match="channels; segbench gives RGB"):
        Description(tmp_path / "a.onnx", "x", shape, np.float32, {}, None).size("nchw")


def test_the_weights_are_counted(exported, monkeypatch):
    """The convolutions' weights and biases; nobody knows without the package onnx."""
    file = exported("logits")
    assert build(file=file).parameters_total == WEIGHTS
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert describe(build(file=file).file).parameters is None


@pytest.mark.parametrize("name", ["a.onnx.data", "weights.bin", "parts/0123.data", "w" * 200])
def test_the_identity_follows_the_files_bytes(exported, tmp_path, name):
    """Also those of the tensors that lie beside it, whatever their file is called."""
    entry = MODELS["onnx"]
    for folder in ("a", "b"):
        (tmp_path / folder / name).parent.mkdir(parents=True)
        model = onnx.load(exported("logits"))
        onnx.save(model, tmp_path / folder / "a.onnx", save_as_external_data=True, location=name, size_threshold=0)

    def identity(folder):
        return entry.identity(entry.parameters(file=str(tmp_path / folder / "a.onnx")))

    assert identity("a") == identity("b")
    (tmp_path / "a" / "notes.bin").write_bytes(b"no tensors")
    assert identity("a") == identity("b")
    (tmp_path / "a" / name).write_bytes((tmp_path / "a" / name).read_bytes()[::-1])
    assert identity("a") != identity("b")


def test_the_identity_takes_names_letter_by_letter(exported, tmp_path):
    """A name may hold a pattern's signs, and a folder beside the file is none of its tensors."""
    entry, content = MODELS["onnx"], Path(exported("logits")).read_bytes()

    def identity(name):
        return entry.identity(entry.parameters(file=str(tmp_path / name)))["file"]

    for name in ("a[1].onnx", "a1.onnx", "a?.onnx"):
        (tmp_path / name).write_bytes(content)
    before = [identity(name) for name in ("a[1].onnx", "a?.onnx")]
    (tmp_path / "a1.onnx").write_bytes(b"another")
    (tmp_path / "a[1].onnx.parts").mkdir()
    assert [identity(name) for name in ("a[1].onnx", "a?.onnx")] == before
    (tmp_path / "a[1].onnx").write_bytes(b"another")
    assert identity("a[1].onnx") != before[0]


def test_nothing_is_trained_and_the_size_is_declared(exported):
    """No recipe; the geometry comes from the suite or the file."""
    entry = MODELS["onnx"]
    assert entry.recipe is None
    assert entry.geometry(entry.parameters(file=exported("logits"), size=64)) == Geometry(64, 64, "stretch")


@pytest.mark.parametrize(
    ("form", "given", "message"),
    [
        ("logits", {"size": None}, "leaves the size of its input open; give size:"),
        ("logits", {"label_map": {"1": "dgo"}}, "no class 'dgo'; did you mean 'dog'"),
        ("logits", {"label_map": {"cat": "cat"}}, "'cat' is no index"),
        ("logits", {"label_map": {"1": "cat", "01": "dog"}}, "'1' and '01' are the same label of the model, 1;"),
        ("logits", {"label_map": {}}, "label_map is empty"),
        ("logits", {"task": "binary", "label_map": {"1": "dog"}}, "no classes to map"),
        ("logits", {"provider": "cuda"}, "has no CUDA; give cpu, or pip install onnxruntime-gpu"),
    ],
)
def test_what_the_suite_gets_wrong_is_one_line(exported, form, given, message, monkeypatch):
    """Said before an image is looked at."""
    monkeypatch.setattr(onnx_file.onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(BenchError, match=message) as caught:
        build(file=exported(form), **given)
    assert "\n" not in str(caught.value)


def test_whole_numbers_are_not_normalised(exported):
    """Else all of an image would be rounded to a handful of values, and nobody would notice."""
    for given in ({}, {"scale": 255}, {"scale": 255, "mean": (0, 0, 0)}, {"mean": (0, 0, 0), "std": (1, 1, 1)}):
        with pytest.raises(BenchError, match=r"takes whole numbers; give scale: 255, mean: \[0, 0, 0\] and std: \[1"):
            build(file=exported("whole"), **given)


def read(shape, width=48, **given):
    """Return how random scores of a shape are read, for two images and an input 32 pixels high."""
    parameters = typed(MODELS["onnx"].parameters, {"file": "a.onnx", **given}, "onnx")
    count = len(parameters.label_map) if isinstance(parameters.label_map, tuple) else 3
    fits = (lambda n: n > 1) if isinstance(parameters.label_map, dict) else (lambda n: n == count)
    scores = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    return Reader("the output 'out'", parameters, Geometry(32, width, "stretch"), fits, "so many").reading(scores)


@pytest.mark.parametrize(
    ("shape", "given", "axis"),
    [
        ((32, 48, 3), {"label_map": {"1": "dog"}}, -1),
        ((3, 32, 48), {"label_map": {"1": "dog"}}, -3),
        ((3, 3, 4), {}, -3),  # as many rows as classes
        ((2, 3, 3), {}, -1),  # as many columns as classes
        ((18, 16, 24), {"label_map": ("cat",) * 18}, -3),
        ((8, 12, 18), {"label_map": {"1": "dog"}, "layout": "nhwc"}, -1),
    ],
)
def test_where_channels_stand_is_seen(shape, given, axis):
    """By the number of channels and the input's ratio of sides together, else as the input has them."""
    assert read(shape, **given).axis == axis


@pytest.mark.parametrize(
    ("shape", "given", "message"),
    [
        ((8, 12, 18), {"label_map": {"1": "dog"}}, "is unclear; give label_map: as a list"),  # twice the ratio 2:3
        ((3, 3, 3), {"width": 32}, "is unclear; give layout: nchw or nhwc"),
        ((3, 12, 4), {}, r"is \[3, 12, 4\] for an image; its pixels do not have the shape of the input, 32 x 48"),
        ((12, 4), {"label_map": {"0": "dog"}}, r"is \[12, 4\] for an image; its pixels do not have the shape"),
        ((4, 32, 48), {}, "has 4 channels, not so many; give label_map:"),
    ],
)
def test_where_channels_stand_is_never_guessed(shape, given, message):
    """Two readings, or none."""
    with pytest.raises(BenchError, match=message):
        read(shape, **given)


@pytest.mark.parametrize(
    ("form", "given", "message"),
    [
        ("object", {}, "has 1 channels, not 3; give task: binary"),
        ("logits", {"label_map": ("cat", "dog")}, "has 3 channels, not 2; give label_map"),
        ("logits", {"output": "mask"}, "has several channels, a mask has one; give logits or probabilities"),
        ("mask", {"output": "logits"}, "so they are labels; give output: mask"),
        ("mask", {"output": "probabilities"}, "so they are labels; give output: mask"),
        ("mask_floats", {}, "whole numbers, which looks like labels; give output: mask"),
        ("mask_channel", {}, "whole numbers, which looks like labels; give output: mask"),
        ("object_plane", {"output": "mask", "task": "binary"}, "no whole numbers; give output: logits or prob"),
        ("object_probability", {"task": "binary"}, "lie in 0..1: as logits .* an object; give output: probabilities"),
        ("object_plane", {"task": "binary", "output": "logits"}, "lie in 0..1: .*; give output: probabilities"),
        ("object_probability", {"label_map": {"0": "dog"}}, "lie in 0..1: .*; give output: probabilities"),
        ("object", {"label_map": {"0": "background"}}, "only label means background"),
        ("object", {"label_map": {"1": "dog"}}, "has 1 channels, not more than 1"),
        ("logits", {"output": "probabilities"}, "values run from -.*; give output: logits"),
        ("integers", {}, "type is int32; give output: logits or probabilities"),
        ("flat", {}, r"is \[3, 384\] for an image; its pixels do not have the shape of the input, 32 x 48"),
        ("vector", {}, "its pixels do not have the shape of the input|it has to be"),
        ("nan", {}, "is not finite"),
        ("bf16", {}, r"is tensor\(bfloat16\), no array of numbers"),
        ("random", {}, "other numbers for the same image when it is run again; export it anew in evaluation mode"),
        ("picture", {"task": "binary"}, "labels, or probabilities as a picture; give output: mask if all but 0 is"),
        ("picture_floats", {"task": "binary"}, "values run from .* everything an object; give output: logits if they"),
    ],
)
def test_an_output_that_does_not_fit_is_one_line(exported, form, given, message):
    """Seen with two trial images, before the run."""
    with pytest.raises(BenchError, match=message) as caught:
        build(file=exported(form), **given)
    assert "\n" not in str(caught.value)


def test_what_the_trial_did_not_show_is_one_line_too(exported, monkeypatch):
    """A file can misbehave with some images alone."""
    segmenter = build(file=exported("probabilities"))
    wrong = np.full((1, 3, 16, 24), 2, np.float32)
    for values, message in ((wrong, "outside 0..1; give output: logits"), (wrong * np.nan, "is not finite")):
        monkeypatch.setattr(segmenter, "_outputs", lambda *_, values=values: values)
        with pytest.raises(BenchError, match=message):
            segmenter.predict(some_images()[:1])
    segmenter = build(file=exported("mask"))
    monkeypatch.setattr(segmenter, "_outputs", lambda *_: np.full((1, 16, 24), 0.5))
    with pytest.raises(BenchError, match="values that are no labels; give output: logits or prob"):
        segmenter.predict(some_images()[:1])


def test_a_fixed_size_is_not_overruled(exported):
    """Nor is an image ever fed at another one."""
    with pytest.raises(BenchError, match="takes 32 x 48 pixels only, not 64 x 64"):
        build(file=exported("logits", fixed=1), size=64)


def test_a_mask_of_unknown_labels_needs_a_map(exported):
    """The file knows 0 to 2, a data set of two classes does not."""
    parameters = MODELS["onnx"].parameters(file=exported("mask"), output="mask", size=(32, 48), mean=MEAN, std=STD)
    segmenter = MODELS["onnx"].build(parameters, ("background", "cat"), False)
    with pytest.raises(BenchError, match="has the index 2; give label_map"):
        segmenter.predict(some_images())


def test_an_unclear_layout_must_be_given(exported, tmp_path):
    """Three rows of three channels could be either."""
    known = Description(tmp_path / "a.onnx", "x", (None, 3, 3, 3), float, {}, None)
    with pytest.raises(BenchError, match="which is unclear; give nchw or nhwc"):
        known.layout()
    assert replace(known, shape=(1, None, None, 3)).layout() == "nhwc"


def test_a_file_that_is_missing_or_no_model_is_one_line(tmp_path):
    """With its absolute path; onnxruntime's words are behind ours."""
    with pytest.raises(BenchError, match=f"no file {tmp_path}/nothing.onnx; give the path of an ONNX file"):
        build(file="nothing.onnx")
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(BenchError, match="onnxruntime cannot run .*text.onnx"):
        build(file=str(tmp_path / "text.onnx"))


def test_graphs_of_another_kind_are_refused(tmp_path):
    """Two inputs; an operator of somebody's own, whose library is never loaded."""
    onnx = pytest.importorskip("onnx")
    shape = [1, 3, 4, 4]

    def save(name, operator, inputs, domain=""):
        values = [onnx.helper.make_tensor_value_info(i, onnx.TensorProto.FLOAT, shape) for i in inputs]
        out = onnx.helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, shape)
        node = onnx.helper.make_node(operator, inputs, ["out"], domain=domain)
        graph = onnx.helper.make_graph([node], "g", values, [out])
        opsets = [onnx.helper.make_opsetid(d, v) for d, v in (("", 17), ("own", 1))]
        onnx.save(onnx.helper.make_model(graph, opset_imports=opsets, ir_version=9), str(tmp_path / name))
        return str(tmp_path / name)

    with pytest.raises(BenchError, match=r"has 2 inputs \(a \[1, 3, 4, 4\], b \[1, 3, 4, 4\]\)"):
        build(file=save("two.onnx", "Add", ["a", "b"]), size=None)
    with pytest.raises(BenchError, match="export it with standard operators"):
        build(file=save("own.onnx", "Mine", ["a"], domain="own"), size=None)
    assert build(file=save("one.onnx", "Relu", ["a"]), size=None).geometry == Geometry(4, 4, "stretch")


def test_a_missing_library_prints_its_install_line(exported, monkeypatch):
    """What to type."""
    monkeypatch.setattr("registry.models.onnx.find_spec", lambda _: None)
    MODELS["onnx"].check.__globals__["_read"].cache_clear()
    with pytest.raises(BenchError, match="pip install 'onnxruntime>=1.20'"):
        build(file=exported("logits"))


@pytest.mark.parametrize("place", ["../secret.bin", "/etc/passwd", "sub/../../secret.bin"])
def test_tensors_outside_the_folder_are_refused(exported, tmp_path, place):
    """A file of somebody else's says where its tensors lie; it is not asked for this machine's files."""
    model = onnx.load(exported("logits"))
    onnx.external_data_helper.convert_model_to_external_data(model, location="weights.bin", size_threshold=0)
    onnx.save(model, tmp_path / "out.onnx")
    model = onnx.load(tmp_path / "out.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            entry.value = place if entry.key == "location" else entry.value
    (tmp_path / "out.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(BenchError, match=r"out\.onnx keeps tensors in '.*', outside its folder; save it as one file"):
        MODELS["onnx"].check(typed(MODELS["onnx"].parameters, {"file": str(tmp_path / "out.onnx")}, "onnx"))
