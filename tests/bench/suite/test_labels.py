"""Default labels: short, unique, and not changed by what else a suite has; finished cells are found whatever the label."""

import re

import pytest
import yaml

from bench.perturb import PRESETS
from bench.suite import shipped_suites, suite_from
from bench.suite.labels import MODEL, SWEEP, default_label
from registry.parameters import Parameters


class Given(Parameters):
    """Parameters of every kind."""

    arch: str = "unet"
    encoder: str = ""
    file: str = ""
    mean: tuple[float, ...] = ()
    size: int = 0
    frozen: bool = False


LABELS = [
    ("net", {}, (), "net"),
    ("net", {"size": 32}, (), "net (size=32)"),
    ("net", {"arch": "fpn", "size": 32}, (), "net (arch=fpn, size=32)"),
    ("smp", {"arch": "fpn", "encoder": "resnet34", "size": 512}, (), "smp fpn resnet34 size=512"),
    ("smp", {"arch": "fpn", "encoder": "tu-tf_efficientnet_lite0"}, (), "smp fpn tu-tf_effi… #...."),
    ("smp", {"arch": "fpn", "encoder": "resnet34", "size": 1024}, (), "smp fpn resnet34 #...."),
    ("onnx", {"file": "a/long/way/to/mine.onnx", "mean": (0.485, 0.456, 0.406)}, (), "onnx mine.onnx #...."),
    ("smp", {"frozen": True, "size": 512}, (), "smp size=512 frozen=True"),
    ("smp", {"frozen": True}, ("then jpeg 50 (border=zero)",), "smp frozen=True #...."),
    ("a_name_that_is_longer_than_allowed", {"size": 1}, (), "a_name_that_is_longer_than_allowed #...."),
    ("a_name_that_is_longer_than_allowed", {}, (), "a_name_that_is_longer_than_allowed #...."),
]


@pytest.mark.parametrize(("name", "values", "more", "label"), LABELS)
def test_a_label_says_as_much_as_fits(name, values, more, label):
    """The whole where there is room, else values, else as many as fit and a hash; the name is never cut."""
    found = default_label(name, Given(**values), MODEL, more)
    pattern = re.escape(label).replace(re.escape("#...."), "#[0-9a-f]{4}")
    assert re.fullmatch(pattern, found), found
    assert len(found) <= max(MODEL, len(name) + 6)


def test_labels_that_are_shortened_alike_stay_apart():
    """Two files of one name in two folders, and two sizes that no longer fit."""
    files = [default_label("onnx", Given(file=f"{place}/mine.onnx", mean=(0.5,)), MODEL) for place in ("here", "there")]
    sizes = [default_label("smp", Given(encoder="tf_efficientnet_lite0", size=n), MODEL) for n in range(32, 3200, 32)]
    assert len(set(files)) == 2
    assert len(set(sizes)) == 99


def suite(*models, perturbations=()):
    source = {
        "name": "s",
        "datasets": [{"name": "shapes"}],
        "models": list(models),
        "perturbations": list(perturbations),
    }
    return suite_from(source, "s")


SMP = {"name": "smp", "arch": "unetplusplus", "encoder": "mobilenet_v2", "size": 512}


def test_other_models_do_not_change_a_label():
    """It is a function of the model alone; only two equal ones are refused."""
    alone = suite(SMP).models[0].label
    assert re.fullmatch("smp unetplusplus … #[0-9a-f]{4}|smp unetplusplus #[0-9a-f]{4}", alone)
    many = suite(*({**SMP, "size": size} for size in (512, 256, 224)), {"name": "background"})
    assert many.models[0].label == alone
    assert len({model.label for model in many.models}) == 4


def test_shipped_labels_are_short():
    """Every model and perturbation of every shipped suite and preset."""
    for file in shipped_suites().values():
        loaded = suite_from(yaml.safe_load(file.read_text(encoding="utf-8")), file.name)
        assert all(len(model.label.removesuffix(f" [{model.prompt}]")) <= 40 for model in loaded.models)
    for backend in ("segbench", "imagecorruptions"):
        found = suite({"name": "background"}, perturbations=[{"preset": "common19", "backend": backend}])
        assert len({sweep.label for sweep in found.sweeps}) == len(PRESETS["common19"])
        assert max(len(sweep.label) for sweep in found.sweeps) <= SWEEP


def test_a_chain_with_a_backend_is_short():
    """Also where the package of the first step stands in its label."""
    item = {
        "name": "elastic_transform",
        "backend": "imagecorruptions",
        "then": [{"name": "jpeg", "strength": 50}],
    }
    (sweep,) = suite({"name": "background"}, perturbations=[item]).sweeps
    assert re.fullmatch(r"elastic_transform \(imagecorruptions\) #[0-9a-f]{4}", sweep.label)


def test_another_label_finds_the_same_cells(go):
    """Cells are found by their keys: what a version or a user calls a model or a perturbation is not in them."""
    assert go().evaluated == 8
    renamed = go(("label: net, train", "label: another, train"), ("strengths: [50]}", "strengths: [50], label: grain}"))
    assert (renamed.done, renamed.evaluated) == (8, 0)
