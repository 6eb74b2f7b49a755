"""Predictions become counts; the oracle is chosen as it is scored."""

import numpy as np
import pytest
import torch

from bench.data import Sample
from bench.evaluation.counting import count
from bench.evaluation.preparation import PreparedImage
from bench.metrics import METRIC_SETS, per_image
from registry.segmenter import Prediction


def oracle_of(mask, foreground, candidates):
    """The oracle's and the model's own score of one image under sam2_binary; the model predicts the first mask."""
    sample = Sample("a", np.zeros((*mask.shape, 3), np.uint8), mask, "hash", foreground)
    stack = torch.stack([torch.from_numpy(np.asarray(one, np.uint8)) for one in candidates])
    prediction = Prediction(stack[0], candidates=stack)
    tally = count([PreparedImage(torch.zeros(3, *mask.shape, dtype=torch.uint8), sample)], [prediction], 3)
    return tuple(per_image(counts, METRIC_SETS["sam2_binary"])[0] for counts in (tally.oracle, tally.counts))


def test_a_border_without_an_object_does_not_count():
    """Border and no object: an empty mask is undefined, one on the border is 0, so the empty one is the best."""
    mask = np.array([[0, 0, 255, 255]], np.uint8)
    on_border, empty = [[0, 0, 1, 1]], [[0, 0, 0, 0]]
    best, own = oracle_of(mask, 0, [on_border, empty])
    assert np.isnan(best)
    assert np.isnan(own) or own == 0
    best, own = oracle_of(mask, 0, [empty, on_border])
    assert np.isnan(own)
    assert np.isnan(best)


def test_the_border_of_an_object_belongs_to_it():
    """As sam2_binary scores it: the candidate that covers the border is the better one."""
    mask = np.array([[0, 0, 2, 255]], np.uint8)
    best, own = oracle_of(mask, 2, [[[0, 0, 1, 0]], [[0, 0, 1, 1]]])
    assert best == 1
    assert own < 1


@pytest.mark.parametrize("seed", range(20))
def test_no_oracle_is_below_the_models_own_choice(seed):
    """Random masks with and without objects and borders: undefined is never traded for 0."""
    random = np.random.default_rng(seed)
    mask = random.choice(np.array([0, 255] if seed % 2 else [0, 1, 255], np.uint8), (5, 6))
    foreground = 1 if (mask == 1).any() else 0
    best, own = oracle_of(mask, foreground, random.integers(0, 2, (3, 5, 6)))
    assert np.isnan(own) or np.isnan(best) or best >= own
    assert not (np.isnan(own) and best == 0)
