"""Whatever byte of a file in the cache is changed: the same numbers, or one line."""

import json
import random

import pytest
from damaged_files import SUBJECTS, changes, verdict, verdicts

SAMPLED, SEEDS = 25, [range(40), pytest.param(range(200), marks=pytest.mark.slow)]
KEYS = ["format", "key", "rows", "checksum", "notes", "evaluation", "converted", "state", "note", "encoding", "images"]
JSON = ("how a checkpoint was read", "a manifest", "the encoding of masks", "the measured speeds")


@pytest.mark.parametrize("name", SUBJECTS)
def test_no_changed_byte_changes_a_number_in_silence(tmp_path, name):
    """A sample of the changes: single bits, other bytes, cuts."""
    subject = SUBJECTS[name](tmp_path)
    all_of_them = list(changes(subject.file.read_bytes(), bits=1))
    counts, wrong = verdicts(subject, random.Random(0).sample(all_of_them, SAMPLED))
    assert wrong == []
    assert counts["named"] > SAMPLED / 2


@pytest.mark.slow
@pytest.mark.parametrize("name", SUBJECTS)
def test_the_same_of_every_byte(tmp_path, name):
    """Two bits of each byte, 0x00, 0xff, and cut at every length."""
    subject = SUBJECTS[name](tmp_path)
    counts, wrong = verdicts(subject, changes(subject.file.read_bytes(), bits=2))
    print(f"{name} ({subject.file.stat().st_size} bytes): {dict(counts)}")
    assert wrong == []


def anything(chance, depth=0):
    """Return random JSON: numbers at the edge, odd text, nested lists and objects."""
    leaves = [None, True, 0, -1, 2**70, 1e308, float("nan"), "", "\ud800", "Ä\n", "2", chance.choice(KEYS)]
    if depth > 2 or chance.random() < 0.4:
        return chance.choice(leaves)
    if chance.random() < 0.5:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(KEYS): anything(chance, depth + 1) for _ in range(chance.randrange(5))}


def changed_somewhere(chance, content):
    """Return parsed JSON with one place of it, or all of it, replaced by anything."""
    if not isinstance(content, dict | list) or not content or chance.random() < 0.15:
        return anything(chance)
    places = list(content) if isinstance(content, dict) else range(len(content))
    place = chance.choice(list(places))
    new = dict(content) if isinstance(content, dict) else list(content)
    new[place] = changed_somewhere(chance, content[place])
    return new


@pytest.mark.parametrize("seeds", SEEDS, ids=["some", "all"])
@pytest.mark.parametrize("name", JSON)
def test_random_json_is_never_a_traceback(tmp_path, name, seeds):
    """Wrong types everywhere, with and without a format number of before."""
    subject = SUBJECTS[name](tmp_path)
    content = json.loads(subject.file.read_text())
    chosen = []
    for seed in seeds:
        text = json.dumps(changed_somewhere(random.Random(seed), content))
        chosen.append((f"seed {seed}", text.encode("utf-8", "surrogatepass")))
    _, wrong = verdicts(subject, chosen)
    # JSON with neither a number nor a checksum is a file of format 1: nothing measured, without a word.
    assert [words for words in wrong if not words.endswith("WRONG: None, said: []")] == []


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_folder_in_place_of_a_file_costs_a_line(tmp_path, name):
    """No number changes, and no traceback."""
    subject = SUBJECTS[name](tmp_path)
    whole, _ = subject.read()
    subject.file.unlink()
    subject.file.mkdir()
    assert verdict(subject, whole) in ("named", "unchanged")
