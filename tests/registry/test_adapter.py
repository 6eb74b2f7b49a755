"""A torch network behind the predict interface: its channels end up in the data set's order."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from registry.adapter import Batch, TorchSegmenter
from registry.errors import BenchError
from registry.networks.heat_segmenter import HeatSegmenter
from registry.segmenter import Geometry

# Channel 0 is the data set's class 1, channel 1 its class 2, channel 2 its class 0. The order is no swap of two, which
# would be its own inverse.
ORDER = (1, 2, 0)
CHANNELS = torch.tensor([1.0, 2.0, 3.0])
CLASSES = torch.tensor([3.0, 1.0, 2.0])


class Constant(torch.nn.Module):
    """The same three logits for every pixel, whatever it is given."""

    def forward(self, x, heat=None):
        return CHANNELS[:, None, None].expand(len(x), 3, *x.shape[-2:])


def segmenter(kind=TorchSegmenter, **more):
    return kind(Constant(), Geometry(8, 8, "stretch"), label_order=ORDER, **more)


def test_predictions_are_in_the_data_sets_order():
    """The largest logit, the last channel's, is of class 0; the probabilities are those of the classes."""
    found = segmenter().predict([torch.zeros(3, 5, 7, dtype=torch.uint8)])[0]
    assert found.labels.unique().tolist() == [0]
    assert torch.allclose(found.probabilities[:, 2, 3], CLASSES.exp() / CLASSES.exp().sum())


@pytest.mark.parametrize(
    "made",
    [segmenter(), segmenter(HeatSegmenter, classes=("a", "b", "c"), sigma=1.0, target="full_mask")],
    ids=["image alone", "with clicks"],
)
def test_training_compares_in_the_data_sets_order(made):
    """Loss and logits are of the classes: label 1 costs the logarithm of its own share, that of channel 0."""
    labels = torch.ones(2, 8, 8, dtype=torch.long)
    done = made.training_pass(Batch(torch.zeros(2, 3, 8, 8), labels, torch.arange(2)), cross_entropy)
    assert done.logits[1, :, 4, 4].tolist() == CLASSES.tolist()
    assert done.loss.item() == pytest.approx(CLASSES.exp().sum().log().item() - 1.0)


class Scores(torch.nn.Module):
    """The same given scores [3] for every pixel, whatever it is given."""

    def __init__(self, scores):
        super().__init__()
        self.scores = torch.nn.Parameter(torch.tensor(scores))

    def forward(self, x):
        return self.scores[:, None, None].expand(len(x), 3, *x.shape[-2:])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_scores_that_are_no_numbers_are_never_labels(bad):
    """They would be labelled like the first class; one line says so, with the precision where it is a small one."""
    made = TorchSegmenter(Scores([1.0, bad, 0.0]), Geometry(8, 8, "stretch"))
    image = torch.zeros(3, 5, 7, dtype=torch.uint8)
    with pytest.raises(BenchError, match="scores are not finite .* its weights are damaged"):
        made.predict([image])
    made.place("cpu", "fp16")
    with pytest.raises(BenchError, match="not finite .* float16 may be too small for them; give precision: fp32"):
        made.predict([image])


def test_scores_whose_sum_is_too_large_for_a_float_are_labels():
    """Each of them is a number: the largest one wins."""
    made = TorchSegmenter(Scores([1e38, 3e38, 2e38]), Geometry(8, 8, "stretch"))
    assert made.predict([torch.zeros(3, 5, 7, dtype=torch.uint8)])[0].labels.unique().tolist() == [1]


@pytest.mark.parametrize(
    ("scores", "output", "message"),
    [
        ([0.2, 0.3, 0.5], "logits", 'add up to 1, so they are probabilities, not logits; give output="probabilities"'),
        ([-1.0, 3.0, 0.5], "probabilities", 'run down to -1, so they are logits; give output="logits"'),
        ([0.2, 0.3, 0.6], "logits", None),
        ([0.2, 0.3, 0.5], "probabilities", None),
    ],
)
def test_scores_are_what_they_are_said_to_be(scores, output, message):
    """Probabilities that are taken for logits give a confidence that is too small."""
    made = TorchSegmenter(Scores(scores), Geometry(8, 8, "stretch"), output=output)
    image = torch.zeros(3, 5, 7, dtype=torch.uint8)
    if message is None:
        made.check_scores([image], [None])
    else:
        with pytest.raises(BenchError, match=message):
            made.check_scores([image], [None])
