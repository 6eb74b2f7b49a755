"""Random data sets: every answer is that of an independent reader, or one clear line."""

import unicodedata
from collections import Counter

import numpy as np
import pytest
from random_data_sets import DataSet, random_data_set

from bench.plan.datasets import open_datasets
from bench.suite import load_suite
from registry.errors import BenchError

IN_A_TEST, IN_ALL = 60, 500


def answer(one: DataSet) -> tuple[str | dict, list[str]]:
    """Return what segbench makes of a data set: its pairs, or its line; and its warnings."""
    try:
        opened = open_datasets(load_suite(one.suite()))["d"]
        subset = opened.subset
        samples = [subset.load(i) for i in range(len(subset))]
    except BenchError as error:
        return str(error), []
    return {unicodedata.normalize("NFC", s.id): (s.image, s.mask) for s in samples}, opened.dataset.remarks


def fault(one: DataSet) -> str | None:
    """Return what is wrong with the answer to `one`; None: nothing."""
    got, warnings = answer(one)
    if isinstance(got, str):
        if "\n" in got or not 20 < len(got) < 900:
            return f"not one clear line: {got}"
        return None if one.must_refuse or one.may_refuse else f"refused: {got}"
    if one.must_refuse:
        return "read without a word"
    expected = {unicodedata.normalize("NFC", name): pair for name, pair in one.pairs.items()}
    if got.keys() != expected.keys():
        return f"{sorted(got)} instead of {sorted(expected)}"
    for name, (image, mask) in expected.items():
        for what, right, there in (("image", image, got[name][0]), ("mask", mask, got[name][1])):
            if not np.array_equal(right, there):
                return f"the {what} of {name} is not what it shows ({right.shape}, {there.shape})"
    warned = any("orientation tag" in line for line in warnings)
    return None if one.doubts in (None, warned) else f"warnings: {warnings}"


def faults(seeds, folder) -> list[str]:
    """Return the faults of the data sets with these numbers, each with what the data set is made of."""
    found = []
    for seed in seeds:
        one = random_data_set(seed, folder / str(seed))
        if words := fault(one):
            found.append(f"{seed}: {words} | {'; '.join(one.words)}")
    return found


def test_each_answer_is_that_of_an_independent_reader_or_one_clear_line(tmp_path):
    """The first of the random data sets."""
    assert faults(range(IN_A_TEST), tmp_path) == []


@pytest.mark.slow
def test_the_same_of_all(tmp_path):
    """All of them."""
    assert faults(range(IN_A_TEST, IN_ALL), tmp_path) == []


def test_the_data_sets_differ(tmp_path):
    """No kind of coding or listing is missing, and most data sets have one right answer that has to come."""
    sets = [random_data_set(seed, tmp_path / str(seed)) for seed in range(IN_A_TEST)]
    codings = Counter(one.words[0] for one in sets)
    assert len(codings) == 5
    assert sum(not one.may_refuse and not one.must_refuse for one in sets) > IN_A_TEST / 2
