"""Chains, backends, presets with strengths of their own, and what a mask allows."""

import re
from pathlib import Path

import pytest

from bench.perturb import PERTURBATIONS, PRESETS
from bench.plan.keys import condition_identity
from bench.suite import load_suite
from bench.suite.faults import SuiteError

SUITE = """\
name: s
datasets: [{{name: shapes}}]
models: [{{name: background}}]
{}
"""


@pytest.fixture
def suite(tmp_path):
    def load(text):
        file = tmp_path / "s.yaml"
        file.write_text(SUITE.format(text))
        return load_suite(Path(file.name))  # as it is given from that folder

    return load


@pytest.fixture
def line(suite):
    def fault(text):
        with pytest.raises(SuiteError) as caught:
            suite(text)
        (only,) = caught.value.lines
        return only

    return fault


def test_a_chain_is_one_curve_with_its_steps(suite):
    """The strengths are the first one's; what follows is the same at each, the identity included."""
    (sweep,) = suite(
        "perturbations: [{name: additive_noise, strengths: [0, 8],"
        " then: [{name: binomial_blur, strength: 2, border: zero}, {name: occlusion, strength: 9}]}]"
    ).sweeps
    assert sweep.strengths == (0, 8)
    assert re.fullmatch(r"additive_noise then binomial_… #[0-9a-f]{4}", sweep.label)
    assert sweep.case == "additive_noise then binomial_blur 2 (border=zero) then occlusion 9"
    steps = sweep.steps(8.0)
    assert [(s.name, s.strength) for s in steps] == [("additive_noise", 8), ("binomial_blur", 2), ("occlusion", 9)]
    assert steps[1].parameters.border == "zero"
    assert sweep.any("covers")
    assert not sweep.any("moves")


FAULTS = {
    "an unknown step": (
        "perturbations: [{name: occlusion, then: [{name: blurr, strength: 1}]}]",
        "s.yaml:4: perturbations[0].then[0].name: no perturbation named 'blurr'",
    ),
    "a step out of range": (
        "perturbations: [{name: occlusion, then: [{name: salt_and_pepper, strength: 2}]}]",
        "perturbations[0].then[0].strength: strength 2 is out of range",
    ),
    "a step without a strength": (
        "perturbations: [{name: occlusion, then: [{name: salt_and_pepper}]}]",
        "perturbations[0].then[0].strength:",
    ),
    "an unknown backend": (
        "perturbations: [{name: fog, backend: imgaug}]",
        "perturbations[0].backend:",
    ),
    "what the package lacks": (
        "perturbations: [{name: rotate, backend: imagecorruptions}]",
        "perturbations[0].name: the package imagecorruptions has no 'rotate'",
    ),
    "nothing is hidden": (
        "perturbations: [{name: binomial_blur, occluded: ignore}]",
        "perturbations[0].occluded: 'binomial_blur (occluded ignored)' hides no pixels; remove occluded:",
    ),
    "a moved mask at the model's size": (
        "apply_at: model_input\nperturbations: [{name: rotate}]",
        "perturbations[0]: 'rotate' changes or reads the mask, which is never resized; use apply_at: native",
    ),
    "ignored pixels at the model's size": (
        "apply_at: model_input\nperturbations: [{name: occlusion, occluded: ignore}]",
        "changes or reads the mask, which is never resized; use apply_at: native",
    ),
}


@pytest.mark.parametrize(("text", "words"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line(line, text, words):
    """What was given, what is allowed."""
    assert words in line(text)


def test_counted_and_ignored_are_two_curves(suite):
    """Both ways of scoring hidden pixels stand side by side."""
    sweeps = suite("perturbations: [{name: occlusion}, {name: occlusion, occluded: ignore}]").sweeps
    assert [(s.label, s.occluded) for s in sweeps] == [
        ("occlusion", "count"),
        ("occlusion (occluded ignored)", "ignore"),
    ]


def test_the_backend_hands_the_images_to_the_package(suite):
    """One perturbation or a whole preset; the label names whose code it is."""
    one, *preset = suite(
        "perturbations: [{name: fog, backend: imagecorruptions, strengths: [2]},"
        " {preset: kamann2020, backend: imagecorruptions}]"
    ).sweeps
    assert (one.label, one.name, one.parameters.corruption) == ("fog (imagecorruptions)", "imagecorruptions", "fog")
    assert one.strengths == (1, 2, 3, 4, 5)  # joined by the preset's own fog
    assert {s.entry.family for s in preset} == {"reference"}
    assert len(preset) == 15


def test_a_preset_may_have_strengths_of_its_own(suite):
    """Kamann & Rother use three of the five severities for noise."""
    sweeps = {s.label: s.strengths for s in suite("perturbations: [{preset: kamann2020}]").sweeps}
    assert len(sweeps) == 16
    short = {name for name, strengths in sweeps.items() if strengths == (1, 2, 3)}
    assert short == {"gaussian_noise", "impulse_noise", "shot_noise", "speckle_noise"}
    assert {len(s) for name, s in sweeps.items() if name not in short} == {5}


def test_chains_that_differ_in_the_last_digit_are_not_merged(line):
    """Two curves of one label are a fault, however near their steps are."""
    text = "perturbations: [{%s, then: [{name: gamma, strength: 1.2345671}], label: a}, {%s, then: [{name: gamma, %s}], label: a}]"
    noise = "name: additive_noise, strengths: [5]"
    assert "two different perturbations are labelled 'a'" in line(text % (noise, noise, "strength: 1.2345672"))


def test_the_presets_name_what_there_is():
    """Every name of every preset is an entry, and takes the strengths."""
    for items in PRESETS.values():
        for item in items:
            for strength in item.strengths or ():
                PERTURBATIONS[item.name].check_strength(strength)
            assert item.name in PERTURBATIONS


def test_the_common_presets_are_the_packages_in_its_order():
    """imagecorruptions/__init__.py, corruption_tuple: 15 common, then 4 for validation."""
    names = [
        "gaussian_noise",
        "shot_noise",
        "impulse_noise",
        "defocus_blur",
        "glass_blur",
        "motion_blur",
        "zoom_blur",
        "snow",
        "frost",
        "fog",
        "brightness",
        "contrast",
        "elastic_transform",
        "pixelate",
        "jpeg_compression",
        "speckle_noise",
        "gaussian_blur",
        "spatter",
        "saturate",
    ]
    assert [item.name for item in PRESETS["common19"]] == names
    assert [item.name for item in PRESETS["common15"]] == names[:15]


def test_strengths_go_from_mild_to_strong(suite):
    """A JPEG quality falls, a severity rises, a contrast moves away from 1."""
    sweeps = suite(
        "perturbations: [{name: jpeg, strengths: [10, 90, 50]}, {name: fog, strengths: [5, 1.5, 3]},"
        " {name: contrast_decrease, strengths: [0.2, 0.9]}]"
    ).sweeps
    assert [s.strengths for s in sweeps] == [(90, 50, 10), (1.5, 3, 5), (0.9, 0.2)]


def test_a_condition_without_new_options_keeps_its_old_key(suite):
    """Cells made before chains, backends and occluded pixels existed still match."""
    one = suite("seed: 7\nperturbations: [{name: additive_noise, strengths: [4]}]")
    rounding = {"rounding": "nearest", "channels": "independent"}
    assert condition_identity(one, one.sweeps[0], 4.0) == ["additive_noise", 1, rounding, 4.0, 7]
    assert condition_identity(one, None, 0.0) == ["clean"]


CHANGES = {
    "a chain": "perturbations: [{name: occlusion, then: [{name: fog, strength: 2}]}]",
    "another chain": "perturbations: [{name: occlusion, then: [{name: fog, strength: 3}]}]",
    "ignored pixels": "perturbations: [{name: occlusion, occluded: ignore}]",
    "fresh randomness": "fresh_per_strength: true\nperturbations: [{name: occlusion}]",
    "plain": "perturbations: [{name: occlusion}]",
}


def test_what_changes_the_pixels_changes_the_key(suite):
    """Each of the options gives cells of its own."""
    identities = []
    for text in CHANGES.values():
        one = suite(text)
        identities.append(str(condition_identity(one, one.sweeps[0], 20.0)))
    assert len(set(identities)) == len(CHANGES)


def test_what_a_texture_is_made_of_is_in_the_key(suite):
    """Frost differs with the textures that are installed."""
    one = suite("perturbations: [{name: frost, textures: procedural}]")
    assert "procedural" in str(condition_identity(one, one.sweeps[0], 1.0)[5:])
