"""Perturbations in groups that a reader can take in."""

import pytest

from bench.record.run_record import PerturbationRecord
from reports.record.families import groups, small_groups


def entries(families):
    return [
        PerturbationRecord(label=f"p{i}", name="p", strengths=(1,), family=family) for i, family in enumerate(families)
    ]


@pytest.mark.parametrize("families", [[], ["noise"], ["noise", "blur"] * 5, [""] * 20, ["noise"] * 11])
def test_few_or_alike_stand_together(families):
    """Makes one group without a title of up to ten perturbations, or of one family."""
    given = entries(families)
    assert groups(given) == [("", given)]


def test_many_stand_by_family():
    """Groups in the order of first mention, and keeps the order within a family."""
    found = groups(entries(["noise", "blur", "noise", "", "blur", "noise", "noise", "blur", "", "", ""]))
    assert [(title, [entry.label for entry in members]) for title, members in found] == [
        ("Noise", ["p0", "p2", "p5", "p6"]),
        ("Blur", ["p1", "p4", "p7"]),
        ("Other", ["p3", "p8", "p9", "p10"]),
    ]


def test_a_large_group_is_cut_evenly():
    """Cuts 19 of one family into ten and nine, and leaves small groups as they are."""
    found = small_groups(entries(["reference"] * 19))
    assert [(title, len(members)) for title, members in found] == [("Part 1 of 2", 10), ("Part 2 of 2", 9)]
    mixed = small_groups(entries(["noise", *["blur"] * 21]))
    assert [title for title, _ in mixed] == ["Noise", "Blur 1 of 3", "Blur 2 of 3", "Blur 3 of 3"]
    assert small_groups(entries(["noise"] * 8)) == groups(entries(["noise"] * 8))
