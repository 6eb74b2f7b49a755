"""`strengths: {equal: …}` in a suite file: what it becomes, and what is refused."""

import pytest

from bench.perturb import PRESETS
from bench.suite import suite_from
from bench.suite.faults import SuiteError

EQUAL = {"equal": "ssim", "levels": [0.9, 0.5]}


def load(*items, **keys):
    data = {"name": "s", "datasets": [{"name": "shapes"}], "models": [{"name": "background"}], **keys}
    return suite_from(data | {"perturbations": list(items)}, "s").sweeps


def test_a_preset_and_a_perturbation_take_levels():
    """No strength is known before images were looked at; the label says how they are found."""
    sweeps = load({"preset": "kamann2020", "strengths": EQUAL}, {"name": "fog", "label": "mist", "strengths": EQUAL})
    assert [sweep.name for sweep in sweeps[:-1]] == [one.name for one in PRESETS["kamann2020"]]
    assert sweeps[-1].label == "mist"
    assert sweeps[0].label == "motion_blur (equal SSIM)"
    assert all(sweep.strengths == () and sweep.equal.levels == (0.9, 0.5) for sweep in sweeps)
    assert all(sweep.equal.found is None for sweep in sweeps)


def test_the_same_perturbation_at_its_own_strengths_is_another_curve():
    """Two curves, each with its label."""
    plain, equal = load({"name": "fog"}, {"name": "fog", "strengths": EQUAL})
    assert (plain.label, equal.label) == ("fog", "fog (equal SSIM)")
    assert (plain.strengths, equal.strengths) == ((1, 2, 3, 4, 5), ())


FAULTS = {
    "an unknown measure": (
        {"equal": "psnr", "levels": [30]},
        "strengths.equal: give one of ssim, rmse (given: 'psnr')",
    ),
    "no levels": ({"equal": "ssim"}, "strengths.levels: this key is required"),
    "an empty list": ({"equal": "ssim", "levels": []}, "strengths.levels: give a list of at least 1"),
    "a misspelling": (EQUAL | {"level": [0.9]}, "strengths.level: unknown key 'level'; did you mean 'levels'?"),
    "wrong order": ({"equal": "ssim", "levels": [0.5, 0.9]}, "strengths.levels: the levels are not in order"),
    "out of range": ({"equal": "ssim", "levels": [1.5]}, "strengths.levels: ssim 1.5 is out of range"),
    "text": ({"equal": "ssim", "levels": ["mild"]}, "strengths.levels[0]: give a number (given: 'mild')"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_one_line(case):
    """With the key it is about."""
    given, words = FAULTS[case]
    with pytest.raises(SuiteError) as caught:
        load({"name": "fog", "strengths": given})
    (line,) = caught.value.lines
    assert f"perturbations[0].{words}" in line


def test_a_preset_takes_no_list_and_model_input_no_levels():
    """Both lines say what to do."""
    with pytest.raises(SuiteError, match=r"a preset has strengths of its own; leave them out, or give \{equal: ssim"):
        load({"preset": "common15", "strengths": [1, 2]})
    with pytest.raises(SuiteError, match="measured on images of their own size; use apply_at: native"):
        load({"name": "fog", "strengths": EQUAL}, apply_at="model_input")


def test_two_lists_of_levels_need_two_labels():
    """One curve has one list."""
    with pytest.raises(SuiteError, match=r"two different perturbations are labelled 'fog \(equal SSIM\)'"):
        load({"name": "fog", "strengths": EQUAL}, {"name": "fog", "strengths": EQUAL | {"levels": [0.8]}})
