"""The page on Python: its code runs from top to bottom, in one program, and does what the page promises."""

import re
from pathlib import Path

import numpy as np
import pytest

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "python.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run all blocks in a folder of their own; return the names that they define, the folder and what they print."""
    import contextlib
    import io

    folder, printed = tmp_path_factory.mktemp("python"), io.StringIO()
    names = {"__name__": "page"}
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        patch.chdir(folder)
        patch.setenv("SEGBENCH_CACHE", str(folder / "cache"))
        exec(compile("\n".join(BLOCKS), "docs/python.md", "exec"), names)
    return names, folder, printed.getvalue()


def test_the_files_that_it_asks_for_are_there(ran):
    """A figure, a report, a saved run and a suite's run; nothing else."""
    folder = ran[1]
    assert sorted(path.name for path in folder.iterdir()) == ["cache", "dice.png", "out.html", "runs"]
    assert sorted(path.name for path in (folder / "runs").iterdir()) == ["mine", "small"]
    assert "bright is cat" in (folder / "out.html").read_text(encoding="utf-8")


def test_scores_come_from_the_counts(ran):
    """The Dice that the page computes from counts is the one in the frame, to all digits that a float has."""
    names = ran[0]
    scores = names["scores"]
    wanted = (scores.metric == "dice") & (scores["class"] == "cat") & (scores.perturbation == "clean")
    tp, fp, fn = int(names["tp"]), int(names["fp"]), int(names["fn"])
    assert tp > 0
    assert scores[wanted].value.tolist() == pytest.approx([2 * tp / (2 * tp + fp + fn)], rel=1e-12)


def test_a_function_is_counted_as_it_labels(ran):
    """Red above 140 where the ground truth is red above 127: no false positive, and the share of each by arithmetic."""
    names = ran[0]
    counts = names["result"].counts()
    red = counts[counts["class"] == "red"]
    values = np.concatenate([image[..., 0].ravel() for image in names["images"]])
    assert (red.tp.sum(), red.fp.sum(), red.fn.sum()) == (
        (values > 140).sum(),
        0,
        ((values > 127) & (values <= 140)).sum(),
    )


def test_the_worst_images_are_the_lowest(ran):
    """Two images under fog 3, the lowest first."""
    worst = ran[0]["worst"]
    assert worst.dice.tolist() == sorted(worst.dice.tolist())
    assert (worst.perturbation.unique().tolist(), worst.strength.unique().tolist(), len(worst)) == (["fog"], [3.0], 2)


def test_a_run_is_opened_again(ran, monkeypatch):
    """The same leaderboard from the function and from the folder, with both models and no other."""
    names, folder, _ = ran
    monkeypatch.chdir(folder)
    assert sorted(names["again"].table().model) == ["background", "unet (width=4, size=64)"]
    assert names["again"].table().equals(names["run"].table())


def test_it_prints_a_leaderboard_and_a_suggestion(ran):
    """The leaderboard names the model; a misspelt perturbation gets one line with the one that is meant."""
    printed = ran[2]
    assert "bright is cat" in printed
    assert "'frog'" in printed
    assert "fog" in printed.partition("'frog'")[2]


def test_its_latency_check_passes_and_can_fail(ran):
    """With a stand-in for the fixture whose calls took 10 ms, and then 60."""
    from types import SimpleNamespace

    def run_with(milliseconds):
        timed = SimpleNamespace(stats=SimpleNamespace(data=[milliseconds / 1000] * 20), iterations=1)

        class Benchmark:
            extra_info, stats = {}, timed

            def __call__(self, call):
                call()

        ran[0]["test_my_model_is_fast"](Benchmark())

    run_with(10)
    with pytest.raises(AssertionError, match="p99 is over 50 ms"):
        run_with(60)


def test_its_robustness_check_fails_a_guess(ran):
    """Its bounds are broken by a model that sees a cat everywhere; the line names the bound."""
    names = dict(ran[0])
    test = names["test_my_model_stands_fog"]
    fair = names["bright_is_cat"]
    try:
        test.__globals__["bright_is_cat"] = lambda image: np.ones(image.shape[:2], np.uint8)
        with pytest.raises(AssertionError, match="at least 0.5"):
            test()
    finally:
        test.__globals__["bright_is_cat"] = fair


def test_every_argument_that_it_names_exists():
    """Arguments and methods, by inspection of the functions themselves."""
    import inspect

    import bench
    from bench.testing import assert_robust, latency_check

    functions = (bench.evaluate, bench.run, latency_check, assert_robust)
    known = {name for function in functions for name in inspect.signature(function).parameters}
    for method in ("counts", "worst", "plot"):
        known |= set(inspect.signature(getattr(bench.Result, method)).parameters)
    named = set(re.findall(r"`(\w+)=", PAGE)) | set(re.findall(r"\b(\w+)=(?=[,)])", PAGE))
    assert named
    assert named - known == set()
