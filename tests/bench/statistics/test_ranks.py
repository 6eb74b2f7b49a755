"""Ranks over resamples and groups, counted by hand."""

import numpy as np

from bench.statistics.ranks import standings, tie_groups


def test_ranks_of_four_resamples():
    """The first column is the score itself; then b is first once, ties with a once, c is always last."""
    draws = np.array([
        [0.9, 0.9, 0.8, 0.7, 0.9],
        [0.8, 0.7, 0.9, 0.7, 0.8],
        [0.1, 0.1, 0.1, 0.1, np.nan],
    ])  # fmt: skip
    a, b, c = standings(draws, 4)
    assert (a.rank, b.rank, c.rank) == (1, 2, 3)
    assert (a.p_best, b.p_best, c.p_best) == (2.5 / 4, 1.5 / 4, 0)
    assert (a.low, a.high) == (1, 2)
    assert (b.low, b.high) == (1, 2)
    assert (c.low, c.high) == (3, 3)


def test_equal_scores_share_the_better_rank():
    """Two models of one network: both are first, and each has half of the chance."""
    draws = np.tile([[0.5], [0.5], [0.2]], (1, 11))
    found = standings(draws, 10)
    assert [(one.rank, one.p_best) for one in found] == [(1, 0.5), (1, 0.5), (3, 0)]


def test_an_interval_of_ranks_holds_95_of_100():
    """First in 3 of 100 resamples, last in 2: the interval keeps the first place and drops the last one."""
    ranks_of_a = [1] * 3 + [2] * 95 + [3] * 2
    own = {1: 0.9, 2: 0.5, 3: 0.1}
    draws = np.array([[0.5, *(own[r] for r in ranks_of_a)], [0.7] * 101, [0.3] * 101])
    a = standings(draws, 100)[0]
    assert (a.low, a.high) == (1, 2)


def test_left_out_images_are_no_resamples():
    """A draw of BCa is longer; its tail is not counted."""
    draws = np.array([[0.5, 0.9, 0.9, 0.0], [0.4, 0.1, 0.1, 1.0]])
    assert standings(draws, 2)[0].p_best == 1


def test_groups():
    """d joins the best leader from which it cannot be told apart, though c, between them, is apart from both."""
    apart = {frozenset(pair) for pair in ("ac", "bc", "cd")}
    assert tie_groups("abcd", apart) == [1, 1, 2, 1]
    assert tie_groups("abc", {frozenset(pair) for pair in ("ab", "bc", "ac")}) == [1, 2, 3]
    assert tie_groups("abc", set()) == [1, 1, 1]
    assert tie_groups("ab", {frozenset("ab")}) == [1, 2]
    assert tie_groups("", set()) == []
