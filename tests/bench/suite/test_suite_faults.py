"""A suite file is strict: every fault at once, each with its line, key path and a way out."""

import re
from pathlib import Path

import pytest

from bench.suite import find_suite, load_suite, shipped_suites
from bench.suite.faults import Faults, SuiteError, dotted
from bench.suite.members import typed
from registry.errors import BenchError

GOOD = """\
name: tiny
seed: 3
datasets:
  - {name: shapes, trainval: 8, test: 4}
models:
  - {name: background}
  - {name: unet, width: 4, size: 32, train: {epochs: 1}}
perturbations:
  - {name: additive_noise, strengths: [0, 50]}
metric_sets: [standard, edinburgh_000]
"""


def load(tmp_path, text):
    (tmp_path / "suite.yaml").write_text(text)
    return load_suite(Path("suite.yaml"))  # as it is given from that folder


def faults(tmp_path, text):
    with pytest.raises(SuiteError) as caught:
        load(tmp_path, text)
    return caught.value.lines


def test_a_good_suite_is_resolved(tmp_path):
    """Names are looked up, parameters typed, the identity strength absorbed by the clean condition."""
    suite = load(tmp_path, GOOD)
    assert [m.label for m in suite.models] == ["background", "unet (width=4, size=32)"]
    assert suite.models[1].recipe.epochs == 1
    assert suite.models[1].recipe.class_weights == (0.1, 1.0)
    assert suite.sweeps[0].strengths == (50.0,)
    assert [m.name for m in suite.metric_sets] == ["standard", "edinburgh_000"]
    assert (suite.apply_at, suite.precision) == ("native", "auto")


CASES = {
    "misspelt top key": (GOOD + "metric_set: x\n", "suite.yaml:11: metric_set: unknown key 'metric_set'; did you mean 'metric_sets'?"),
    "misspelt model key": (GOOD.replace("width:", "widht:"), "suite.yaml:7: models[1].widht: unknown key 'widht'; did you mean 'width'?"),
    "misspelt recipe key": (GOOD.replace("epochs:", "epocs:"), "suite.yaml:7: models[1].train.epocs: unknown key 'epocs'; did you mean 'epochs'?"),
    "unknown model": (GOOD.replace("name: unet", "name: unett"), "suite.yaml:7: models[1].name: no model named 'unett'; did you mean 'unet'? (one of your own needs --plugins DIR)"),
    "unknown data set": (GOOD.replace("shapes", "shape"), "suite.yaml:4: datasets[0].name: no dataset named 'shape'; did you mean 'shapes'? (one of your own needs --plugins DIR)"),
    "unknown perturbation": (
        GOOD.replace("additive_noise", "aditive_noise"),
        "suite.yaml:9: perturbations[0].name: no perturbation named 'aditive_noise'; did you mean 'additive_noise'? (one of your own needs --plugins DIR)",
    ),
    "unknown preset": (
        GOOD.replace("{name: additive_noise, strengths: [0, 50]}", "{preset: edinburg_2025}"),
        "suite.yaml:9: perturbations[0].preset: no preset named 'edinburg_2025'; did you mean 'edinburgh_2025'?",
    ),
    "unknown metric set": (GOOD.replace("standard,", "standrad,"), "suite.yaml:10: metric_sets[0]: no metric set named 'standrad'; did you mean 'standard'?"),
    "wrong type": (
        GOOD.replace("width: 4", "width: wide"),
        "suite.yaml:7: models[1].width: give a whole number, at least 1 (given: 'wide')",
    ),
    "number as text": (
        GOOD.replace("width: 4", 'width: "4"'),
        "suite.yaml:7: models[1].width: give a whole number, at least 1 (given: '4')",
    ),
    "out of range": (
        GOOD.replace("width: 4", "width: 0"),
        "suite.yaml:7: models[1].width: give a whole number, at least 1 (given: 0)",
    ),
    "no models": ("name: a\ndatasets: [{name: shapes}]\nmodels: []\n", "suite.yaml:3: models: give a list of at least 1, each a mapping (given: [])"),
    "missing key": ("name: a\nmodels: [{name: background}]\n", "suite.yaml:1: datasets: this key is required; give a list of at least 1, each a mapping"),
    "misspelt word": (
        GOOD.replace("epochs: 1", "optimizer: adma"),
        "suite.yaml:7: models[1].train.optimizer: give one of adam, adamw, sgd (given: 'adma'); did you mean 'adam'?",
    ),
    "one of two types": (
        GOOD.replace("epochs: 1", "class_weights: even"),
        "suite.yaml:7: models[1].train.class_weights: give inverse_frequency; or a list of at least 1, each a number, at least 0 (given: 'even')",
    ),
    "inside one of two types": (
        GOOD.replace("epochs: 1", "class_weights: [1, -1]"),
        "suite.yaml:7: models[1].train.class_weights[1]: give a number, at least 0 (given: -1)",
    ),
    "a list that is too short": (
        GOOD.replace("unet, width: 4, size: 32", "onnx, file: a.onnx, size: [3]").replace(", train: {epochs: 1}", ""),
        "suite.yaml:7: models[1].size: give a whole number, at least 1; or a list of 2, each a whole number, at least 1; or null (given: [3])",
    ),
    "neither a mapping nor a list": (
        GOOD.replace("unet, width: 4, size: 32", "onnx, file: a.onnx, label_map: 3").replace(", train: {epochs: 1}", ""),
        "suite.yaml:7: models[1].label_map: give a mapping, each value text; or a list, each text; or null (given: 3)",
    ),
    "inside a nested mapping": (
        GOOD.replace("epochs: 1", "augmentation: {flip: often}"),
        "suite.yaml:7: models[1].train.augmentation.flip: give a number, 0 to 1 (given: 'often')",
    ),
    "a label that no file could have": (
        GOOD.replace("width: 4", "label: a/b"),
        "suite.yaml:7: models[1].label: give a label of 1 to 80 characters, not beginning with = + - or @ (a spreadsheet would run it), without slashes, backslashes and control characters; or null (given: 'a/b')",
    ),
    "same key twice in a list": (GOOD.replace("width: 4", "width: 4, width: 5"), "suite.yaml:7: models[1].width: this key stands twice; keep one"),
    "same key twice": (GOOD + "seed: 4\n", "suite.yaml:11: seed: this key stands twice; keep one"),
    "train without a recipe": (
        GOOD.replace("{name: background}", "{name: background, train: {epochs: 1}}"),
        "suite.yaml:6: models[0].train: 'background' takes no train: it has nothing to train",
    ),
    "train beside a checkpoint": (
        GOOD.replace("train: {epochs: 1}", "train: {epochs: 1}, checkpoint: a.safetensors"),
        "suite.yaml:7: models[1].train: 'unet' takes no train: a checkpoint is given, so it is never trained",
    ),
    "minutes with a fixed schedule": (
        GOOD.replace("epochs: 1", "epochs: 1, schedule: one_cycle, minutes: 2"),
        "suite.yaml:7: models[1].train: the schedule one_cycle needs a number of epochs, and minutes ends a training after any number; give epochs instead of minutes, or add schedule: constant",
    ),
    "minutes with a model's own fixed schedule": (
        GOOD.replace("unet, width: 4, size: 32, train: {epochs: 1}", "smp, size: 32, train: {minutes: 1}"),
        "suite.yaml:7: models[1].train: the schedule one_cycle needs a number of epochs, and minutes ends a training after any number; give epochs instead of minutes, or add schedule: constant",
    ),
    "train on an unknown data set": (
        GOOD.replace("epochs: 1", "dataset: pets"),
        "suite.yaml:7: models[1].train.dataset: no data set labelled 'pets' in this suite; known: shapes (trainval=8, test=4)",
    ),
    "metric set twice": (GOOD.replace("edinburgh_000]", "standard]"), "suite.yaml:10: metric_sets[1]: 'standard' stands twice; keep one"),
    "unknown architecture": (
        GOOD.replace("unet, width: 4, size: 32", "smp, arch: unett"),
        "suite.yaml:7: models[1].arch: smp has no architecture 'unett'; did you mean 'unet'?",
    ),
    "member without a name": (GOOD.replace("{name: background}", "{}"), "suite.yaml:6: models[0].name: this key is required; give text"),
    "member that is no mapping": (
        GOOD.replace("{name: background}", "background"),
        "suite.yaml:6: models[0]: give a mapping (given: 'background')",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line"), CASES.values(), ids=CASES)
def test_one_fault_is_one_line(tmp_path, text, line):
    """File and line, key path, what was given, what to do."""
    assert faults(tmp_path, text) == [line]


def test_strengths_out_of_range_are_named_one_by_one(tmp_path):
    """Each bad strength has its own line."""
    text = GOOD.replace("[0, 50]", "[-1, 10, .5e9]")
    found = faults(tmp_path, text)
    assert [f.split(": ")[1] for f in found] == ["perturbations[0].strengths[0]", "perturbations[0].strengths[2]"]


def test_all_faults_come_at_once(tmp_path):
    """Nobody mends a file ten times."""
    text = GOOD.replace("seed:", "sead:").replace("width: 4", "width: x").replace("standard,", "standart,")
    assert [f.split(":")[1] for f in faults(tmp_path, text)] == ["2", "7", "10"]


def test_two_members_with_one_label_are_refused(tmp_path):
    """A label names one curve."""
    text = GOOD.replace("{name: background}", "{name: background}\n  - {name: background}")
    assert faults(tmp_path, text) == [
        "suite.yaml:6: models[0]: two models are labelled 'background'; give each a label: of its own",
        "suite.yaml:7: models[1]: two models are labelled 'background'; give each a label: of its own",
    ]


def test_a_perturbation_named_twice_is_one_curve(tmp_path):
    """The preset's 9 strengths and two more join, from weak to strong."""
    text = GOOD.replace(
        "- {name: additive_noise, strengths: [0, 50]}",
        "- {preset: edinburgh_2025}\n  - {name: additive_noise, strengths: [50, 25]}",
    )
    suite = load(tmp_path, text)
    assert len(suite.sweeps) == 8
    assert suite.sweeps[0].strengths == (2, 4, 6, 8, 10, 12, 14, 16, 18, 25, 50)
    # 8 x 9 conditions and the clean one: the 73 of the assignment sheet; with the two more: 75.
    assert 1 + sum(len(s.strengths) for s in suite.sweeps) == 75


def test_a_perturbation_with_other_parameters_is_another_curve(tmp_path):
    """Its default label names what differs."""
    text = GOOD.replace(
        "strengths: [0, 50]}", "strengths: [50]}\n  - {name: additive_noise, rounding: truncate, strengths: [50]}"
    )
    assert [s.label for s in load(tmp_path, text).sweeps] == ["additive_noise", "additive_noise (rounding=truncate)"]


def test_clean_is_a_reserved_label(tmp_path):
    """The unperturbed condition keeps its name."""
    text = GOOD.replace("{name: additive_noise,", "{name: additive_noise, label: clean,")
    assert "'clean' is the name of the unperturbed condition" in faults(tmp_path, text)[0]


@pytest.mark.parametrize("name", shipped_suites())
def test_the_shipped_suites_are_good(name):
    """`bench check` passes on what we ship, and a suite's name is its file's."""
    assert load_suite(find_suite(name)).name == name


def test_the_main_suite_has_the_sheets_conditions():
    """Oxford-IIIT Pet, the coursework's eight perturbations: 73 distinct conditions."""
    suite = load_suite(find_suite("robustness"))
    assert 1 + sum(len(s.strengths) for s in suite.sweeps) == 73
    assert {m.name for m in suite.models} >= {"unet", "smp"}


def test_a_path_wins_over_a_name(tmp_path):
    """A file called like a shipped suite is the file."""
    (tmp_path / "robustness").write_text(GOOD)
    assert find_suite("robustness") == Path("robustness")


def test_an_unknown_suite_gets_a_suggestion():
    """One line."""
    with pytest.raises(BenchError, match="no suite 'robustnes'.*did you mean 'robustness'"):
        find_suite("robustnes")


def test_a_folder_is_no_suite(tmp_path):
    """The message names what to give."""
    with pytest.raises(BenchError, match="is a folder; give a suite file"):
        find_suite(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "s.yaml: empty; a suite needs"),
        ("hello\n", "s.yaml: no keys and values; a suite needs"),
        ("- name: x\n", "s.yaml: no keys and values; a suite needs"),
        ("name: x\ndatasets:\n\t- {name: shapes}\n", "s.yaml:3: not valid YAML: a tab cannot stand here; use spaces"),
    ],
)
def test_what_is_no_suite_at_all_is_said_in_plain_words(text, message):
    """A file with one word is not empty, and a tab looks like spaces."""
    Path("s.yaml").write_text(text)
    with pytest.raises(BenchError) as caught:
        load_suite(Path("s.yaml"))
    assert str(caught.value).startswith(message)


def test_the_other_ending_of_a_suite_is_suggested():
    """A user types .yml where the file is .yaml."""
    Path("mine.yaml").write_text("")
    with pytest.raises(BenchError, match=r"no suite 'mine.yml': no such file, but there is mine.yaml; give that"):
        find_suite("mine.yml")


def test_key_paths_are_written_as_people_write_them():
    """Lists by index, keys by dots."""
    assert dotted(("models", 0, "train", "epochs")) == "models[0].train.epochs"


def test_the_file_is_named_as_it_was_given(tmp_path):
    """Of several files called 1.yaml, a reader knows which: faults, clever YAML, broken YAML and an empty file."""
    (tmp_path / "sub").mkdir()
    file = Path("sub/1.yaml")
    for text in (GOOD.replace("width: 4", "width: 0"), "a: !x 1\n", "a: [1\n", ""):
        file.write_text(text)
        with pytest.raises(BenchError) as caught:
            load_suite(file)
        assert str(caught.value).startswith("sub/1.yaml:")


PYDANTIC = re.compile(r"input should|valid (integer|number|string|boolean|list|array|tuple|dict|object)|after validation|"
                      r"field required|extra inputs|value error|unable to|assertion failed|at least \d+ items? after", re.I)  # fmt: skip
WRONG = [None, True, -1, 0, 2**70, 1.5, -0.5, 1e300, "", "x", "a/b", "x" * 100, [], [1], ["x"], [[]], [None] * 9, {}, {"x": 1}, {"flip": [0]}, [{}]]  # fmt: skip


def schemas():
    from bench.data import DATASETS
    from bench.perturb import PERTURBATIONS
    from bench.suite import schema
    from registry import MODELS
    from registry.recipe import Augmentation, Recipe

    entries = [kind[name].parameters for kind in (MODELS, DATASETS, PERTURBATIONS) for name in kind.names()]
    keys = [
        schema.SuiteKeys,
        schema.ModelKeys,
        schema.DatasetKeys,
        schema.SweepKeys,
        schema.StepKeys,
        schema.PresetKeys,
    ]
    return [*dict.fromkeys(entries), *keys, Recipe, Augmentation]


def test_no_wrong_value_of_any_key_gets_pydantics_words():
    """Each value that a key refuses gets one of our sentences: what is allowed, and what was given."""
    seen = set()
    for kind in schemas():
        for key in kind.model_fields:
            for value in WRONG:
                found = Faults("a.yaml", {})
                if typed(kind, {key: value}, (), found) is None:
                    for _, path, message in found.found:
                        assert not PYDANTIC.search(message), (kind, key, value, message)
                        seen.add((kind, path.split(".")[0].split("[")[0]))
                        if "give " in message and path.startswith(key) and "required" not in message:
                            assert "given: " in message or "'" in message, message
    assert len(seen) > 150


def test_a_missing_key_says_what_to_give():
    """Every key that an entry must have."""
    for kind in schemas():
        found = Faults("a.yaml", {})
        required = {name for name, one in kind.model_fields.items() if one.is_required()}
        typed(kind, {}, (), found)
        assert {
            path for _, path, message in found.found if message.startswith("this key is required; give ")
        } == required
