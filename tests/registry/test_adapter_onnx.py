"""An ONNX file predicts what the torch network predicts that it was exported from, whatever form its output has."""

import warnings

import onnxruntime
import pytest
import torch
from tiny_onnx import MEAN, SIZES, STD, WEIGHTS, Network, agreement, build, exported, reference, some_images
from torch import nn

from registry import MODELS
from registry.errors import BenchError
from registry.geometry import content
from registry.networks.mapped_segmenter import mapped_prediction
from registry.segmenter import Geometry, Size

__all__ = ["exported"]  # a fixture


@pytest.mark.parametrize("mode", ["stretch", "letterbox"])
@pytest.mark.parametrize("output", ["logits", "probabilities"])
def test_scores_give_the_labels_of_the_torch_network(exported, output, mode):
    """At the images' own sizes. Probabilities are resized as they are, not their logarithms."""
    expected = reference(mode, Network(output), output=output)
    segmenter = build(file=exported(output), output=output, mode=mode)
    theirs, ours = (s.predict(some_images()) for s in (expected, segmenter))
    assert agreement(ours, theirs) >= 0.999
    for a, b in zip(ours, theirs, strict=True):
        assert torch.allclose(a.probabilities, b.probabilities, atol=1e-4)


@pytest.mark.parametrize("mode", ["stretch", "letterbox"])
@pytest.mark.parametrize("form", ["mask", "mask_channel"])
def test_a_mask_gives_the_labels_of_the_torch_network(exported, form, mode):
    """At the mask's own size, where nothing is resized between; 64-bit integers or floats with a channel."""
    segmenter, images = build(file=exported(form), output="mask", mode=mode), some_images()
    half = [Size(16, 24)] * len(images)
    if mode == "stretch":
        assert agreement(segmenter.predict(images, sizes=half), reference().predict(images, sizes=half)) >= 0.999
    else:
        assert (
            agreement(segmenter.predict(images), reference(mode).predict(images)) >= 0.9
        )  # jagged against smooth edges
    assert segmenter.predict(images)[0].probabilities is None


def test_a_masks_padding_ends_between_pixels_of_the_input(exported):
    """A mask of half the input's size: each of its pixels is four of the input's, whose padding is cut off."""
    segmenter, images = build(file=exported("mask"), output="mask", mode="letterbox"), some_images()
    boxes = [content(Geometry(32, 48, "letterbox"), Size(*image.shape[-2:])) for image in images]
    assert any(top % 2 or left % 2 for top, left, _, _ in boxes)  # else it would be no matter
    predicted = segmenter.predict(images, sizes=[Size(height, width) for _, _, height, width in boxes])
    with torch.no_grad():
        (inputs,) = reference("letterbox").prepare(images, [None] * len(images))
        masks = Network()(inputs).argmax(1)
    for own, mask, (top, left, height, width) in zip(predicted, masks, boxes, strict=True):
        full = mask.repeat_interleave(2, 0).repeat_interleave(2, 1)[top : top + height, left : left + width]
        assert (own.labels == full).double().mean() >= 0.999


def test_a_hard_mask_is_never_mixed(exported):
    """The nearest label is taken: with {1: dog} there is no class between background and dog."""
    segmenter = build(file=exported("mask"), output="mask", label_map={"1": "dog"})
    assert set(torch.cat([p.labels.unique() for p in segmenter.predict(some_images())]).tolist()) == {0, 2}


@pytest.mark.parametrize("given", [{}, {"label_map": {"1": "cat", "2": "dog"}}])
@pytest.mark.parametrize("form", ["nhwc_in", "nhwc_in_out", "logits", "nhwc_out"])
def test_channels_may_come_last(exported, form, given):
    """Of the input, and of the output beside it or not: found by shapes, also where a map leaves their number open."""
    segmenter = build(file=exported(form), **given)
    assert segmenter.layout == ("nhwc" if "nhwc_in" in form else "nchw")
    assert agreement(segmenter.predict(some_images()), reference().predict(some_images())) >= 0.999


def test_a_file_can_want_blue_first(exported):
    """Its mean and deviation are in its order: the same as RGB images turned round."""
    segmenter = build(file=exported("logits"), channel_order="bgr")
    assert agreement(segmenter.predict(some_images()), reference().predict([p.flip(0) for p in some_images()])) >= 0.999


def test_a_file_can_want_values_up_to_255(exported):
    """Mean and deviation are of that range then."""
    mean, std = ([255 * value for value in values] for values in (MEAN, STD))
    segmenter = build(file=exported("logits"), scale=255, mean=mean, std=std)
    assert agreement(segmenter.predict(some_images()), reference().predict(some_images())) >= 0.999


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64, torch.int16])
def test_a_file_can_want_whole_numbers(exported, dtype):
    """It gets images as they are, 0 to 255, rounded after they are resized."""
    segmenter = build(file=exported("whole", dtype=dtype), scale=255, mean=(0, 0, 0), std=(1, 1, 1))
    assert agreement(segmenter.predict(some_images()), reference().predict(some_images())) >= 0.99


@pytest.mark.parametrize("fixed", [None, 1])
@pytest.mark.parametrize("form", ["first", "first_last", "unbatched", "half", "double"])
def test_an_output_may_lack_the_axis_of_the_images(exported, form, fixed):
    """Or the input too: then images go in one at a time. Of other floats too."""
    given = {} if fixed is None and form != "unbatched" else {"size": None}
    segmenter = build(file=exported(form, fixed=1 if form == "unbatched" else fixed), **given)
    assert agreement(segmenter.predict(some_images()), reference().predict(some_images())) >= 0.995


@pytest.mark.parametrize("fixed", [None, 1])
def test_two_channels_are_no_two_images(exported, fixed):
    """A file of one image that returns [2, h, w]: background and object."""
    segmenter = build(file=exported("first_pair", fixed=fixed), task="binary")
    theirs = build(file=exported("object_pair"), task="binary").predict(some_images())
    assert agreement(segmenter.predict(some_images()), theirs) >= 0.999


@pytest.mark.parametrize(
    ("form", "fixed"),
    [
        ("mask", None),
        ("mask", 1),
        ("mask", 2),
        ("mask_int32", None),
        ("mask_uint8", 2),
        ("mask_last", 1),
        ("mask_first", None),
        ("mask_first", 1),
    ],
)
def test_whole_numbers_of_one_plane_are_labels(exported, form, fixed):
    """Without `output:`; [N, h, w], [N, 1, h, w], [N, h, w, 1] or [h, w], as torch's own labels at that size."""
    segmenter, half = build(file=exported(form, fixed=fixed)), [Size(16, 24)] * len(SIZES)
    ours, theirs = (s.predict(some_images(), sizes=half) for s in (segmenter, reference()))
    assert agreement(ours, theirs) >= 0.999


def test_truth_values_are_labels(exported):
    """False is index 0, true index 1."""
    half = [Size(16, 24)] * len(SIZES)
    theirs = build(file=exported("object"), task="binary").predict(some_images(), sizes=half)
    for given in ({}, {"task": "binary"}):
        ours = build(file=exported("mask_bool"), **given).predict(some_images(), sizes=half)
        assert agreement(ours, theirs) >= 0.999


@pytest.mark.parametrize("form", ["probabilities", "sigmoids"])
def test_values_in_0_to_1_are_probabilities(exported, form):
    """Seen from two trial images: the labels are the same either way, the shares are those of the file."""
    ours = build(file=exported(form)).predict(some_images())
    theirs = build(file=exported(form), output="probabilities").predict(some_images())
    assert all(torch.equal(a.probabilities, b.probabilities) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("step", [1, 2])
def test_a_fixed_batch_is_run_in_pieces(exported, step):
    """Five images through a file of one or two; its fixed size is the geometry."""
    segmenter = build(file=exported("logits", fixed=step), size=None)
    assert segmenter.geometry == Geometry(32, 48, "stretch")
    assert agreement(segmenter.predict(some_images()), reference().predict(some_images())) >= 0.999


def test_images_do_not_change_each_others_numbers(exported):
    """A file that takes the mean over its images, as batch norm does in training: each image is alone."""
    segmenter, images = build(file=exported("beside")), some_images()
    network = reference(network=Network("beside"))
    alone = [network.predict([image])[0] for image in images]
    assert agreement(segmenter.predict(images), alone) >= 0.999
    with pytest.raises(
        BenchError, match="other numbers for the same image beside other images; export it anew for one"
    ):
        build(file=exported("beside", fixed=2), size=None)


def test_labels_are_mapped_to_classes(exported):
    """Index 1 means dog, 2 background and 0 cat; a list means the same."""
    expected = [torch.tensor([1, 2, 0], dtype=torch.uint8)[p.labels.long()] for p in reference().predict(some_images())]
    for label_map in ({"0": "cat", "1": "dog"}, ("cat", "dog", "background")):
        segmenter = build(file=exported("logits"), label_map=label_map)
        ours = segmenter.predict(some_images())
        assert all((a.labels == e).double().mean() >= 0.999 for a, e in zip(ours, expected, strict=True))
        assert all(torch.allclose(a.probabilities.sum(0), torch.ones(()), atol=1e-5) for a in ours)


@pytest.mark.parametrize("form", ["logits", "probabilities"])
def test_labels_are_mapped_where_the_pixels_are_the_images_own(exported, form):
    """Resized, then the best label, then its class; a share is the sum of its labels' shares. By hand, in torch."""
    segmenter, images = build(file=exported(form), label_map={"1": "dog"}), some_images()
    session = onnxruntime.InferenceSession(exported(form))
    for image, predicted in zip(images, segmenter.predict(images), strict=True):
        (inputs,) = reference().prepare([image], [None])
        scores = torch.from_numpy(session.run(None, {"image": inputs.numpy()})[0])
        native = nn.functional.interpolate(scores, image.shape[-2:], mode="bilinear")[0]
        shares = native.softmax(0) if form == "logits" else native
        first, second = native.topk(2, 0).values
        clear = first - second > 1e-5
        assert torch.equal(predicted.labels[clear], ((native.argmax(0) == 1) * 2).to(torch.uint8)[clear])
        expected = torch.stack([shares[0] + shares[2], torch.zeros_like(shares[0]), shares[1]])
        assert torch.allclose(predicted.probabilities, expected, atol=1e-4)


def test_many_labels_are_compared_in_parts():
    """A model with hundreds of labels never has them all at an image's size; by hand, in torch."""
    scores = torch.randn(150, 4, 6, generator=torch.Generator().manual_seed(0))
    scores[149, 1, 1] = scores[0, 1, 1] = 9.0  # of equal scores the first is taken
    indices = [i % 3 for i in range(150)]

    def native(part):
        return nn.functional.interpolate(part[None], (9, 11), mode="bilinear")[0]

    found = mapped_prediction(scores, native, indices, 3, "logits", torch.device("cpu"))
    assert torch.equal(found.labels.long(), torch.tensor(indices)[native(scores).argmax(0)])
    shares = native(scores).softmax(0)
    expected = torch.stack([shares[c::3].sum(0) for c in range(3)])
    assert torch.allclose(found.probabilities, expected, atol=1e-6)


@pytest.mark.parametrize("form", ["object", "object_probability"])
def test_the_only_channel_of_a_file_is_its_index_0(exported, form):
    """Where its probability is above .5."""
    output = "probabilities" if "probability" in form else "logits"
    mapped = build(file=exported(form), output=output, label_map={"0": "dog"}).predict(some_images())
    binary = build(file=exported(form), output=output, task="binary").predict(some_images())
    for ours, theirs in zip(mapped, binary, strict=True):
        assert torch.equal(ours.labels, theirs.labels * 2)
        assert torch.allclose(ours.probabilities[2], theirs.probabilities[1])
    assert {int(v) for p in mapped for v in p.labels.unique()} == {0, 2}


def test_a_class_that_no_index_means_is_never_predicted(exported):
    """Neither by logits nor by probabilities."""
    for form in ("logits", "probabilities"):
        segmenter = build(file=exported(form), output=form, label_map={"1": "dog"})
        shares = torch.cat([p.probabilities.flatten(1) for p in segmenter.predict(some_images())], 1)
        assert float(shares[1].max()) < 1e-6


def test_probabilities_that_are_all_nothing_are_equal_shares(exported):
    """A file may give 0 to every class; a share is a number nevertheless."""
    predicted = build(file=exported("nothing"), output="probabilities").predict(some_images())
    assert all(torch.allclose(p.probabilities, torch.tensor(1 / 3)) for p in predicted)


def test_one_channel_is_an_object_or_not(exported):
    """The logistic function of its logit is the object's probability, and 0 the threshold."""
    segmenter = build(file=exported("object"), task="binary")
    network = Network("object").eval()
    for image, predicted in zip(some_images(), segmenter.predict(some_images()), strict=True):
        with torch.no_grad():
            inputs = reference(network=network).prepare([image], [None])
            logit = nn.functional.interpolate(network(*inputs), image.shape[-2:], mode="bilinear")[0, 0]
        assert predicted.probabilities.shape == (2, *image.shape[-2:])
        assert torch.allclose(predicted.probabilities[1], logit.sigmoid(), atol=1e-4)
        assert torch.equal(predicted.labels[logit.abs() > 1e-4], (logit > 0).to(torch.uint8)[logit.abs() > 1e-4])
    assert MODELS["onnx"].task(segmenter.p) == "binary"


@pytest.mark.parametrize(
    ("form", "output"),
    [("object_probability", "probabilities"), ("object_plane", "probabilities"), ("object_pair", "logits")],
)
def test_an_object_can_have_other_forms(exported, form, output):
    """Its probability, with a channel or without, or two channels: the same object, at the file's own size."""
    half = [Size(16, 24)] * len(SIZES)
    images = some_images()
    ours, theirs = (
        build(file=exported(f), output=o, task="binary").predict(images, sizes=half)
        for f, o in ((form, output), ("object", "logits"))
    )
    assert agreement(ours, theirs) >= 0.999
    assert all(torch.allclose(a.probabilities, b.probabilities, atol=1e-4) for a, b in zip(ours, theirs, strict=True))


def test_a_binary_mask_is_an_object_or_not(exported):
    """Whatever is not 0 is the object."""
    binary = build(file=exported("mask"), output="mask", task="binary").predict(some_images())
    classes = build(file=exported("mask"), output="mask").predict(some_images())
    assert all(torch.equal(b.labels, (c.labels > 0).to(torch.uint8)) for b, c in zip(binary, classes, strict=True))


@pytest.mark.slow
def test_torchs_newer_exporter_is_read_too(tmp_path):
    """It keeps the weights in a file of their own beside the graph."""
    pytest.importorskip("onnxscript")
    path = tmp_path / "new.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        example = (torch.zeros(1, 3, 32, 48),)
        torch.onnx.export(Network().eval(), example, str(path), dynamo=True, opset_version=18, verbose=False)
    segmenter = build(file=str(path), size=None)
    assert agreement(segmenter.predict(some_images()), reference().predict(some_images())) >= 0.999
    assert segmenter.parameters_total == WEIGHTS
