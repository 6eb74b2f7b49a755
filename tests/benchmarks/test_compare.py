"""The gate on made-up medians: green where nothing changed, however noisy; red where a model became slower."""

import json
import subprocess

import compare
import numpy as np
import pytest
from scipy.stats import ttest_1samp

CHECKS = [f"check {i}" for i in range(100)]


def rounds(generator, noise, changed=None, factor=1.0, count=8):
    """Medians of both codes: every check's own time, noise of each process, now and then a process that was held up."""
    times = dict(zip(CHECKS, np.geomspace(1e-4, 1, len(CHECKS)), strict=True))

    def medians(slowed):
        held_up = 1 + generator.exponential(1) if generator.random() < 0.1 else 1
        drawn = {name: time * held_up * np.exp(noise * generator.normal()) for name, time in times.items()}
        return drawn | ({changed: drawn[changed] * factor} if slowed and changed else {})

    return [(medians(False), medians(True)) for _ in range(count)]


def test_the_interval_is_that_of_students_t_test():
    """SciPy's own interval of the mean logarithm."""
    pairs = [(1.0, 1.2), (2.0, 2.1), (0.5, 0.7), (1.0, 0.9)]
    found = compare.ratio(pairs, 0.99)
    expected = ttest_1samp(np.log([new / old for old, new in pairs]), 0).confidence_interval(0.99)
    assert found[1:] == pytest.approx(np.exp(expected))
    assert found.value == pytest.approx((1.2 * 1.05 * 1.4 * 0.9) ** 0.25)


@pytest.mark.parametrize("noise", [0.02, 0.3])
def test_an_unchanged_code_is_green(noise):
    """One comparison of 20 may name one of its 100 checks, and with the margin none does."""
    generator = np.random.default_rng(0)
    found = [compare.compared(rounds(generator, noise)) for _ in range(60)]
    assert sum(bool(compare.slower(ratios, 1.0)) for ratios in found) <= 6  # each side has half of the 5 %
    assert sum(bool(compare.slower(ratios, 1.1)) for ratios in found) == 0


def test_a_slowed_model_is_red_and_alone():
    """Twice as slow, on a noisy machine; the 99 others stay green."""
    generator = np.random.default_rng(1)
    for _ in range(20):
        ratios = compare.compared(rounds(generator, 0.1, "check 7", 2.5))
        assert compare.slower(ratios, 1.1) in (["check 7"], [])
    named = [compare.slower(compare.compared(rounds(generator, 0.05, "check 7", 3)), 1.1) for _ in range(20)]
    assert sum(one == ["check 7"] for one in named) >= 15


def test_a_raw_percentage_is_no_gate():
    """20 % slower in the mean, but the rounds disagree."""
    pairs = [(1.0, 1.9), (1.0, 0.8), (1.0, 1.1), (1.0, 1.3)]
    assert compare.ratio(pairs, 0.95).value > 1.2
    assert compare.slower({"a": compare.ratio(pairs, 0.95)}, 1.1) == []


def test_a_steady_change_below_the_margin_is_green_and_above_it_red():
    """5 % and 20 %, in every round."""
    for factor, named in ((1.05, []), (1.2, ["a"])):
        pairs = [({"a": 1.0, "new": 1.0}, {"a": factor * (1 + i / 1e4)}) for i in range(8)]
        assert compare.slower(compare.compared(pairs), 1.1) == named


def test_the_report_names_it_and_ends_with_1(capsys):
    """Checks on one side only are named, and no fault."""
    pairs = [({"a": 1.0, "gone": 1.0}, {"a": 2.0 + i / 1e4}) for i in range(4)]
    with pytest.raises(SystemExit) as caught:
        compare.report(pairs, "0123456789abcdef", 1.1)
    assert caught.value.code == 1
    printed = capsys.readouterr().out
    assert "2.000  " in printed
    assert "a  SLOWER" in printed
    assert "on one side only, not compared: gone" in printed


def saved(root, name, **commit):
    (root / ".benchmarks" / "machine").mkdir(parents=True, exist_ok=True)
    (root / ".benchmarks" / "machine" / f"{name}.json").write_text(json.dumps({"commit_info": commit}))


def test_the_baseline_is_the_commit_of_the_last_make_bench(tmp_path, monkeypatch):
    """None, or one with changes that no commit holds, is refused in words."""
    monkeypatch.setattr(compare, "ROOT", tmp_path)
    with pytest.raises(SystemExit, match="no baseline: run `make bench`"):
        compare.noted_commit()
    saved(tmp_path, "0001", id="abc", dirty=False)
    assert compare.noted_commit() == "abc"
    saved(tmp_path, "0002", id="def", dirty=True)
    with pytest.raises(SystemExit, match="commit them"):
        compare.noted_commit()


def test_the_baseline_has_its_own_code_and_the_checks_of_now(tmp_path, monkeypatch):
    """A repository whose code and tests have both changed since."""
    root, tree = tmp_path / "repository", tmp_path / "tree"
    (root / "tests").mkdir(parents=True)
    tree.mkdir()

    def write(text):
        for file in ("code.py", "tests/test_a.py", "pyproject.toml"):
            (root / file).write_text(text)

    def git(*words):
        subprocess.run(["git", "-C", root, *words], check=True, capture_output=True)

    write("old")
    git("init", "-q")
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a")
    write("new")
    monkeypatch.setattr(compare, "ROOT", root)
    compare.unpack("HEAD", tree)
    assert [(tree / file).read_text() for file in ("code.py", "tests/test_a.py")] == ["old", "new"]
    with pytest.raises(SystemExit, match="no commit 'nothing' here"):
        compare.unpack("nothing", tree)
