"""Splits and samples: stratified, without leakage, a function of seed and ids alone."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.splits import holdout, stratified_sample

# The readable images of the coursework's TrainVal: published as 1,185 cats and 2,488 dogs.
STRATA = {f"cat_{i}": "cat" for i in range(1185)} | {f"dog_{i}": "dog" for i in range(2488)}
STRATA_ST = st.dictionaries(st.text(max_size=4), st.sampled_from("abc"), min_size=1, max_size=60)


def test_the_published_split_sizes_come_out():
    """948 cats and 1,991 dogs remain for training (5,688 / 6 and 5,973 / 3 after offline augmentation)."""
    held = holdout(STRATA, 0.2, 0)
    assert Counter(STRATA[name] for name in STRATA.keys() - held) == {"cat": 948, "dog": 1991}


def test_another_seed_holds_out_others():
    """The seed decides, about a fifth of the held-out images being shared by chance."""
    shared = holdout(STRATA, 0.2, 0) & holdout(STRATA, 0.2, 1)
    assert 0.1 < len(shared) / len(holdout(STRATA, 0.2, 0)) < 0.3


@settings(deadline=None)
@given(STRATA_ST, st.floats(0, 1), st.integers(0, 9))
def test_each_stratum_gives_its_share_rounded_down(strata, fraction, seed):
    """int(fraction x n) of each, whatever the names."""
    held = Counter(strata[name] for name in holdout(strata, fraction, seed))
    assert all(held[one] == int(fraction * n) for one, n in Counter(strata.values()).items())


@settings(deadline=None)
@given(STRATA_ST, st.randoms())
def test_the_order_of_the_files_does_not_matter(strata, random):
    """The same images are held out however the folder lists them."""
    names = list(strata)
    random.shuffle(names)
    assert holdout({name: strata[name] for name in names}, 0.5, 0) == holdout(strata, 0.5, 0)


@settings(deadline=None)
@given(STRATA_ST, st.integers(1, 70), st.integers(1, 70))
def test_a_larger_sample_contains_a_smaller_one(strata, one, other):
    """Going from --limit 20 to --limit 50 keeps the twenty."""
    small, large = (stratified_sample(strata, n, 3) for n in sorted((one, other)))
    assert small <= large


@settings(deadline=None)
@given(STRATA_ST, st.integers(1, 70))
def test_a_sample_has_the_size_asked_for(strata, limit):
    """Exactly `limit` images, or all of them."""
    assert len(stratified_sample(strata, limit, 0)) == min(limit, len(strata))


def test_a_sample_keeps_the_proportions():
    """Of 100 images, 32 or 33 are cats: 100 x 1185 / 3673 = 32.3."""
    counts = Counter(STRATA[name] for name in stratified_sample(STRATA, 100, 0))
    assert counts["cat"] in (32, 33) and counts.total() == 100


def test_a_sample_is_apportioned_as_webster_does():
    """Seats by the divisors 1, 3, 5, …: the highest n / divisor gets the next one (brute force)."""
    sizes = {"a": 53, "b": 24, "c": 23}
    strata = {f"{one}{i}": one for one, n in sizes.items() for i in range(n)}
    seats = Counter()
    for _ in range(17):
        seats[max(sizes, key=lambda one: sizes[one] / (2 * seats[one] + 1))] += 1
    assert Counter(strata[name] for name in stratified_sample(strata, 17, 0)) == seats
