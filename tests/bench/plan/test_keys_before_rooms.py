"""Keys stay: finished cells and checkpoints of before the rooms (commit 7845c6f) are found again.

`keys_before_rooms.json` was written by that commit: for every model of four shipped suites the keys of its trainings,
and a digest over the keys of all its cells, on made-up manifests and weights. Models that came to a suite later are not
in it. `seeds_000` describes some of its models otherwise now; `seeds_000_before_rooms.yaml` is what it was.
"""

import json
from pathlib import Path

import pytest

from bench.host.files import digest
from bench.plan.keys import cell_key, pretext_key, training_key
from bench.suite import find_suite, load_suite

HERE = Path(__file__).parent
KNOWN = json.loads((HERE / "keys_before_rooms.json").read_text(encoding="utf-8"))
MANIFESTS = ("train manifest", "validation manifest")


def keys(suite, spec):
    """What the commit wrote down of a model."""
    first = pretext_key(spec, MANIFESTS, suite.seed) if spec.pretext else None
    conditions = [(sweep, s) for sweep in (None, *suite.sweeps) for s in (sweep.strengths if sweep else (0.0,))]
    cells = [cell_key(suite, spec, "state", "fp32", "manifest")(sweep, strength) for sweep, strength in conditions]
    found = {"cells": digest(cells), "n": len(cells)}
    found |= {"pretext": first} if first else {}
    return found | ({"training": training_key(spec, MANIFESTS, suite.seed, first)} if spec.recipe else {})


@pytest.mark.parametrize("name", sorted({place.split("/")[0] for place in KNOWN}))
def test_the_keys_of_a_shipped_suite_are_those_of_before(name):
    """Training, first stage and every cell."""
    before = HERE / f"{name}_before_rooms.yaml"
    suite = load_suite(before if before.is_file() else find_suite(name))
    found = {f"{name}/{spec.label}": keys(suite, spec) for spec in suite.models}
    known = {place: known for place, known in KNOWN.items() if place.startswith(f"{name}/")}
    assert {place: found[place] for place in found.keys() & known.keys()} == known
